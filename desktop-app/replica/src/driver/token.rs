//! The device's access token: asked for by signing with the device's key, kept in memory only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use shared_model::ids::WorkOrderId;
use shared_model::time::Timestamp;

use super::errand::Errand;
use super::protocol::{self, Failure, TokenReply, TokenRequest};
use super::{ConnectionId, Driver};
use crate::Credentials;

/// A token that ends sooner is not worth starting with.
const SPARE_MILLIS: i64 = 60_000;

/// What a token is wanted for.
#[derive(Debug)]
pub enum Purpose {
    Connect(ConnectionId),
    SignIn(SignIn),
    /// Fetching an archived order.
    Order(WorkOrderId),
    /// The comparison of this number.
    Compare(u64),
}

#[derive(Clone)]
pub struct SignIn {
    pub call: u64,
    pub email: String,
    pub password: String,
    /// A stale token was replaced once already.
    pub is_retry: bool,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("call", &self.call).finish_non_exhaustive()
    }
}

#[derive(Default)]
pub struct Tokens {
    token: Option<Token>,
    is_asking: bool,
    /// The clock was corrected by the server's once already.
    is_corrected: bool,
    waiting: Vec<Purpose>,
}

struct Token {
    text: String,
    /// By this device's clock.
    until: Timestamp,
}

impl Tokens {
    pub fn forget(&mut self) {
        self.token = None;
    }
}

impl Driver {
    pub(super) fn server_url(&self) -> Option<String> {
        Some(self.replica()?.credentials()?.server_url)
    }

    /// Goes on with a purpose when there is a token for it.
    pub(super) fn with_token(&mut self, now: Timestamp, purpose: Purpose) {
        let fresh = self.tokens.token.as_ref().filter(|token| now.plus_millis(SPARE_MILLIS) < token.until);
        if let Some(text) = fresh.map(|token| token.text.clone()) {
            return self.use_token(now, purpose, text);
        }
        self.tokens.waiting.push(purpose);
        if !self.tokens.is_asking {
            self.tokens.is_corrected = false;
            self.ask_for_token(now);
        }
    }

    fn ask_for_token(&mut self, now: Timestamp) {
        let Some(credentials) = self.replica().and_then(crate::Replica::credentials) else {
            return self.no_token(now, &Failure::Unreachable);
        };
        self.tokens.is_asking = true;
        let at = now.plus_millis(self.clock_offset_millis());
        let body = TokenRequest { device_id: credentials.device, at, signature: signature(&credentials, at) };
        self.post(&credentials.server_url, protocol::TOKEN, None, &body, Errand::Token);
    }

    pub(super) fn clock_offset_millis(&self) -> i64 {
        let status = self.replica().and_then(|replica| replica.status().ok());
        status.map(|status| status.clock_offset_millis).unwrap_or_default()
    }

    pub(super) fn token_came(&mut self, now: Timestamp, outcome: Result<TokenReply, Failure>) {
        self.tokens.is_asking = false;
        match outcome {
            Ok(reply) => {
                let until = reply.expires_at.plus_millis(-self.clock_offset_millis());
                self.tokens.token = Some(Token { text: reply.token.clone(), until });
                for purpose in std::mem::take(&mut self.tokens.waiting) {
                    self.use_token(now, purpose, reply.token.clone());
                }
            }
            Err(Failure::ClockSkew { server_time }) if !self.tokens.is_corrected => {
                self.tokens.is_corrected = true;
                if let Ok(replica) = &mut self.replica
                    && let Err(error) = replica.set_clock_offset(server_time.millis_since(now), now)
                {
                    self.break_off(now, &error);
                }
                self.ask_for_token(now);
            }
            Err(failure) => self.no_token(now, &failure),
        }
    }

    fn use_token(&mut self, now: Timestamp, purpose: Purpose, token: String) {
        match purpose {
            Purpose::Connect(id) => self.open_with(now, id, token),
            Purpose::SignIn(sign_in) => self.sign_in(sign_in, token),
            Purpose::Order(order) => self.ask_for_order(now, order, token),
            Purpose::Compare(number) => self.ask_to_compare(now, number, token),
        }
    }

    fn no_token(&mut self, now: Timestamp, failure: &Failure) {
        for purpose in std::mem::take(&mut self.tokens.waiting) {
            match purpose {
                Purpose::Connect(id) => match failure {
                    Failure::Revoked { message } => self.revoked(now, message.clone()),
                    _ => self.lost(now, id),
                },
                Purpose::SignIn(sign_in) => self.answer(sign_in.call, Err(failure.into())),
                Purpose::Order(_) => self.no_order(now),
                Purpose::Compare(number) => self.no_token_to_compare(now, number),
            }
        }
    }

    /// The server did not take the token: it is good for nothing else either.
    pub(super) fn renew_token_for(&mut self, now: Timestamp, sign_in: SignIn) {
        self.tokens.forget();
        self.with_token(now, Purpose::SignIn(SignIn { is_retry: true, ..sign_in }));
    }
}

fn signature(credentials: &Credentials, at: Timestamp) -> String {
    let text = protocol::token_text(credentials.device, at);
    signed(credentials, &text)
}

/// A text's signature with the device's key, base64.
pub fn signed(credentials: &Credentials, text: &str) -> String {
    STANDARD.encode(SigningKey::from_bytes(&credentials.seed).sign(text.as_bytes()).to_bytes())
}

/// The public half of a device key, as the server wants it.
pub fn public_key(seed: &[u8; 32]) -> String {
    STANDARD.encode(SigningKey::from_bytes(seed).verifying_key().to_bytes())
}
