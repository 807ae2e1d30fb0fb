//! HTTP: joining a plant, signing in. Everything else goes over the connection.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared_model::host::{HostError, Reply};
use shared_model::ids::WorkOrderId;
use shared_model::sync::client::Input as News;
use shared_model::time::Timestamp;

use super::link::Part;
use super::protocol::{self, EnrollReply, EnrollRequest, Failure, SignInReply, SignInRequest};
use super::token::{Purpose, SignIn, public_key};
use super::{ConnectionId, Driver, Effect, Fetched, Post, PostId, Response};
use crate::Enrollment;

/// What a request is about.
#[derive(Debug)]
pub enum Errand {
    Enroll {
        call: u64,
        server_url: String,
        device_name: String,
    },
    Token,
    SignIn(SignIn),
    /// A part of what a revoked device hands in: up to this sequence, so many commands. None of them asks
    /// whether the device is to be wiped.
    Unsent {
        until: u64,
        count: usize,
    },
    /// The last word of a device that is wiped.
    LastWord,
    /// A chunk of a snapshot, for a connection.
    Chunk(ConnectionId, Part),
    /// An archived order.
    Order(WorkOrderId),
    /// Something to compare with, for the comparison of this number.
    Compare(u64),
}

#[derive(Debug, Default)]
pub struct Errands {
    last: u64,
    open: BTreeMap<PostId, Errand>,
}

impl Errands {
    /// None, and none that is answered with what was asked before.
    pub(super) fn after(before: &Self) -> Self {
        Self { last: before.last, open: BTreeMap::new() }
    }
}

impl Driver {
    pub(super) fn enroll(&mut self, call: u64, server: &str, code: &str, name: &str) {
        match self.enroll_request(server, code, name) {
            Ok((server_url, request)) => {
                let url = server_url.clone();
                let errand = Errand::Enroll { call, server_url, device_name: request.name.clone() };
                self.post(&url, protocol::ENROLL, None, &request, errand);
            }
            Err(error) => self.answer(call, Err(error)),
        }
    }

    fn enroll_request(
        &mut self,
        server: &str,
        code: &str,
        name: &str,
    ) -> Result<(String, EnrollRequest), HostError> {
        let home = self.setup.home.clone();
        let server_url = protocol::server_url(server, home.as_deref())?;
        let seed: [u8; 32] = self.random();
        let replica = self.replica.as_mut().map_err(|closed| closed.error.clone())?;
        if let Some(enrollment) = replica.enrollment() {
            let message = format!("this device has joined {} already", enrollment.plant_name);
            return Err(HostError::Rejected { message });
        }
        // The key is on disk before the server hears of it: an answer that gets lost costs a code,
        // not a device that nobody can speak for.
        let seed = match replica.device_key() {
            Some(seed) => seed,
            None => {
                replica.new_device_key(seed)?;
                seed
            }
        };
        let name = match name.trim() {
            "" => "Unnamed device",
            name => name,
        };
        let request = EnrollRequest {
            code: code.trim().to_owned(),
            name: name.to_owned(),
            public_key: public_key(&seed),
        };
        Ok((server_url, request))
    }

    pub(super) fn ask_to_sign_in(&mut self, now: Timestamp, call: u64, email: &str, password: String) {
        match &self.replica {
            Err(closed) => self.answer(call, Err(closed.error.clone())),
            Ok(replica) if replica.credentials().is_none() => self.answer(call, Err(HostError::NotEnrolled)),
            Ok(_) => {
                let email = email.trim().to_owned();
                self.with_token(now, Purpose::SignIn(SignIn { call, email, password, is_retry: false }));
            }
        }
    }

    pub(super) fn sign_in(&mut self, sign_in: SignIn, token: String) {
        let Some(server) = self.server_url() else {
            return self.answer(sign_in.call, Err(HostError::NotEnrolled));
        };
        let body = SignInRequest { email: sign_in.email.clone(), password: sign_in.password.clone() };
        self.post(&server, protocol::SIGN_IN, Some(token), &body, Errand::SignIn(sign_in));
    }

    pub(super) fn post(
        &mut self,
        server: &str,
        path: &str,
        bearer: Option<String>,
        body: &impl Serialize,
        errand: Errand,
    ) {
        self.errands.last += 1;
        let id = PostId(self.errands.last);
        self.errands.open.insert(id, errand);
        // These bodies are plain structs of text, which always have a JSON form.
        let body = serde_json::to_string(body).unwrap_or_default();
        let post = Post { url: format!("{server}{path}"), bearer, body };
        self.effects.push(Effect::Post { id, post });
    }

    /// Asks for a file; the answer comes as [`Input::Got`](super::Input::Got).
    pub(super) fn get(&mut self, url: String, bearer: String, errand: Errand) {
        self.errands.last += 1;
        let id = PostId(self.errands.last);
        self.errands.open.insert(id, errand);
        self.effects.push(Effect::Get { id, url, bearer });
    }

    pub(super) fn got(&mut self, now: Timestamp, id: PostId, fetched: Option<Fetched>) {
        match self.errands.open.remove(&id) {
            Some(Errand::Chunk(connection, asked)) => self.chunk_came(now, connection, asked, fetched),
            Some(Errand::Order(order)) => self.order_came(now, order, fetched),
            Some(Errand::Compare(number)) => self.compare_came(now, number, fetched),
            _ => {}
        }
    }

    pub(super) fn posted(&mut self, now: Timestamp, id: PostId, response: Option<Response>) {
        self.teller.touch();
        match self.errands.open.remove(&id) {
            None | Some(Errand::Chunk(..) | Errand::Order(_) | Errand::Compare(_)) => {}
            Some(Errand::Token) => self.token_came(now, read(response)),
            Some(Errand::Unsent { until, count }) => self.handed_in(now, until, count, read(response)),
            Some(Errand::LastWord) => self.wipe(now),
            Some(Errand::Enroll { call, server_url, device_name }) => {
                let reply = self.enrolled(now, read(response), server_url, device_name);
                let is_enrolled = reply.is_ok();
                self.answer(call, reply);
                if is_enrolled && self.setup.is_networked {
                    self.drive(now, News::Wake);
                }
            }
            Some(Errand::SignIn(sign_in)) => match read(response) {
                Err(Failure::StaleToken { .. }) if !sign_in.is_retry => self.renew_token_for(now, sign_in),
                outcome => {
                    let reply = self.signed_in(outcome);
                    self.answer(sign_in.call, reply);
                }
            },
        }
    }

    fn enrolled(
        &mut self,
        now: Timestamp,
        outcome: Result<EnrollReply, Failure>,
        server_url: String,
        device_name: String,
    ) -> Result<Reply, HostError> {
        let reply = outcome.map_err(|failure| match failure {
            // Here the address was just typed in, and is the first thing to look at.
            Failure::Unreachable => HostError::Rejected {
                message: format!(
                    "no Unison server answers at {server_url}; check the address and the network"
                ),
            },
            other => (&other).into(),
        })?;
        let replica = self.replica.as_mut().map_err(|closed| closed.error.clone())?;
        let offset_millis = reply.server_time.millis_since(now);
        replica.enrolled(&Enrollment {
            device: reply.device_id,
            organization: reply.organization.id,
            plant: reply.plant.id,
            server_url,
            device_name,
            organization_feed: reply.organization_feed,
            plant_feed: reply.plant_feed,
            organization_name: reply.organization.name,
            plant_name: reply.plant.name,
            zone: reply.plant.zone,
            currency: reply.plant.currency,
        })?;
        replica.set_clock_offset(offset_millis, now)?;
        Ok(Reply::Session(replica.session()))
    }

    fn signed_in(&mut self, outcome: Result<SignInReply, Failure>) -> Result<Reply, HostError> {
        let reply = outcome.map_err(|failure| HostError::from(&failure))?;
        let replica = self.replica.as_mut().map_err(|closed| closed.error.clone())?;
        replica.signed_in(&reply.into())?;
        Ok(Reply::Session(replica.session()))
    }
}

fn read<T: DeserializeOwned>(response: Option<Response>) -> Result<T, Failure> {
    let response = response.ok_or(Failure::Unreachable)?;
    protocol::read(&response)
}
