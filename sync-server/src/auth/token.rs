//! Access tokens: short-lived JWTs (EdDSA). What they say is checked against the database where it
//! may have changed since.

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use shared_model::ids::{OrganizationId, PlantId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::Keys;

/// How long an access token is good for.
pub const TOKEN_MILLIS: i64 = 30 * 60 * 1000;
const ISSUER: &str = "unison";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the access token has expired; get a new one")]
    Expired,
    #[error("the access token is not valid")]
    Invalid,
}

/// Whom a token is for. A device's token is no person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Audience {
    Person,
    Device,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: Audience,
    /// The user or the device.
    pub(super) sub: Uuid,
    pub(super) org: OrganizationId,
    /// The device's plant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) plant: Option<PlantId>,
    /// The person's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<Uuid>,
    /// Seconds since 1970.
    pub(super) exp: i64,
}

impl Claims {
    pub(super) fn new(aud: Audience, sub: Uuid, org: OrganizationId, now: Timestamp) -> Self {
        let exp = now.plus_millis(TOKEN_MILLIS).as_secs();
        Self { iss: ISSUER.to_owned(), aud, sub, org, plant: None, sid: None, exp }
    }
}

impl Keys {
    pub(super) fn sign(&self, claims: &Claims) -> String {
        let header = Header { kid: Some(self.current.0.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.current.1).expect("the key was checked when it was loaded")
    }

    pub(super) fn verify(&self, token: &str, aud: Audience, now: Timestamp) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = header.kid.and_then(|id| self.known.get(&id)).ok_or(TokenError::Invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        // Time and audience are checked below: the library would read the clock.
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = decode::<Claims>(token, key, &rules).map_err(|_| TokenError::Invalid)?.claims;
        if claims.aud != aud {
            return Err(TokenError::Invalid);
        }
        if claims.exp <= now.as_secs() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }
}
