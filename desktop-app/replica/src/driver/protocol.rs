//! What is said over HTTP, and what its problems mean to a person.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared_model::host::{HostError, SessionUser};
use shared_model::ids::{CommandId, DeviceId, FeedId, OrganizationId, PlantId, UserId};
use shared_model::people::Role;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;

use super::Response;

pub const ENROLL: &str = "/api/v1/devices/enroll";
pub const TOKEN: &str = "/api/v1/devices/token";
pub const SIGN_IN: &str = "/api/v1/devices/sign-in";
pub const UNSENT: &str = "/api/v1/devices/unsent";
pub const WIPED: &str = "/api/v1/devices/wiped";

#[derive(Serialize)]
pub struct EnrollRequest {
    pub code: String,
    pub name: String,
    /// Ed25519, base64.
    pub public_key: String,
}

#[derive(Deserialize)]
pub struct EnrollReply {
    pub device_id: DeviceId,
    pub organization: NamedOrganization,
    pub plant: NamedPlant,
    pub organization_feed: FeedId,
    pub plant_feed: FeedId,
    pub server_time: Timestamp,
}

#[derive(Deserialize)]
pub struct NamedOrganization {
    pub id: OrganizationId,
    pub name: String,
}

#[derive(Deserialize)]
pub struct NamedPlant {
    pub id: PlantId,
    pub name: String,
    pub zone: String,
    pub currency: String,
}

#[derive(Serialize)]
pub struct TokenRequest {
    pub device_id: DeviceId,
    pub at: Timestamp,
    /// Over [`token_text`], base64.
    pub signature: String,
}

#[derive(Deserialize)]
pub struct TokenReply {
    pub token: String,
    pub expires_at: Timestamp,
}

#[derive(Serialize)]
pub struct UnsentRequest {
    pub device_id: DeviceId,
    pub at: Timestamp,
    /// A packed push, base64.
    pub frame: String,
    /// Over [`shared_model::sync::unsent::signed_text`], base64.
    pub signature: String,
}

#[derive(Deserialize)]
pub struct HandedIn {
    pub verdicts: Vec<(CommandId, Verdict)>,
    /// This device is to be emptied, once all of its work is handed in.
    #[serde(default)]
    pub wipe: bool,
}

#[derive(Serialize)]
pub struct WipedRequest {
    pub device_id: DeviceId,
    pub at: Timestamp,
    /// Over [`shared_model::sync::unsent::wiped_text`], base64.
    pub signature: String,
}

#[derive(Serialize)]
pub struct SignInRequest {
    pub email: String,
    pub password: String,
}

#[derive(Deserialize)]
pub struct SignInReply {
    pub user_id: UserId,
    pub name: String,
    pub roles: Vec<Role>,
}

impl From<SignInReply> for SessionUser {
    fn from(reply: SignInReply) -> Self {
        Self { id: reply.user_id, name: reply.name, roles: reply.roles }
    }
}

/// What a device signs to get a token.
pub fn token_text(device: DeviceId, at: Timestamp) -> String {
    format!("unison-device-token:{device}:{}", at.as_millis())
}

/// Why a request failed, by what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    Unreachable,
    /// This device's clock is wrong.
    ClockSkew { server_time: Timestamp },
    /// Get a new token.
    StaleToken { message: String },
    /// The device was turned away for good.
    Revoked { message: String },
    /// Anything else, in words for a person.
    Refused { message: String },
}

impl From<&Failure> for HostError {
    fn from(failure: &Failure) -> Self {
        let rejected = |message: &str| Self::Rejected { message: message.to_owned() };
        match failure {
            Failure::Unreachable => Self::Offline,
            Failure::ClockSkew { .. } => rejected("this device's clock is wrong; set it and try again"),
            Failure::StaleToken { message } | Failure::Revoked { message } | Failure::Refused { message } => {
                rejected(message)
            }
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    server_time: Option<Timestamp>,
}

pub fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    if (200..300).contains(&response.status) {
        return serde_json::from_str(&response.body).map_err(|error| {
            tracing::error!(%error, "the server's answer is not understood");
            Failure::Refused {
                message: "the server's answer is not understood; app and server are of different versions"
                    .to_owned(),
            }
        });
    }
    let problem = serde_json::from_str::<Problem>(&response.body);
    let Ok(problem) = problem.map_err(|error| tracing::debug!(%error, "not a problem document")) else {
        // A proxy on the way, or something else that listens there.
        return Err(Failure::Refused { message: unexplained(response.status) });
    };
    Err(understood(response.status, problem))
}

fn understood(status: u16, problem: Problem) -> Failure {
    // The server says what happened in words for people.
    let said = [problem.detail, problem.title].into_iter().find(|it| !it.is_empty());
    let message = said.unwrap_or_else(|| unexplained(status));
    match (problem.code.as_str(), problem.server_time) {
        ("clock_skew", Some(server_time)) => Failure::ClockSkew { server_time },
        ("device_revoked", _) => Failure::Revoked { message },
        ("invalid_token", _) => Failure::StaleToken { message },
        _ => Failure::Refused { message },
    }
}

fn unexplained(status: u16) -> String {
    match status {
        429 => "too many attempts; wait a minute and try again".to_owned(),
        500.. => "the server cannot work now; try again in a moment".to_owned(),
        _ => format!("what answers there is not a Unison server (HTTP {status})"),
    }
}

/// The address that somebody typed, as a URL without a slash at its end.
pub fn server_url(typed: &str, home: Option<&str>) -> Result<String, HostError> {
    let typed = typed.trim().trim_end_matches('/');
    let rejected = |message: &str| HostError::Rejected { message: message.to_owned() };
    match (typed, home) {
        ("", Some(home)) => Ok(home.trim_end_matches('/').to_owned()),
        ("", None) => Err(rejected("enter the address of the server, as https://unison.example.com")),
        (typed, _) if typed.contains(char::is_whitespace) => {
            Err(rejected("an address has no spaces; write it as https://unison.example.com"))
        }
        (typed, _) if typed.starts_with("https://") || typed.starts_with("http://") => Ok(typed.to_owned()),
        (typed, _) if typed.contains("://") => {
            Err(rejected("the address starts with https://, or with http:// inside a plant"))
        }
        (typed, _) => Ok(format!("https://{typed}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        let response = Response { status, body: body.to_owned() };
        read::<TokenReply>(&response).err().expect("a failure")
    }

    fn refused(message: &str) -> Failure {
        Failure::Refused { message: message.to_owned() }
    }

    #[test]
    fn what_goes_wrong_is_said_in_a_sentence() {
        assert_eq!(
            failure(401, r#"{"code":"wrong_credentials","title":"Unauthorized","status":401}"#),
            refused("Unauthorized")
        );
        assert_eq!(
            failure(409, r#"{"code":"something_new","title":"Conflict","detail":"the plant is closed"}"#),
            refused("the plant is closed")
        );
        assert_eq!(failure(503, "<html>"), refused("the server cannot work now; try again in a moment"));
        assert_eq!(failure(404, ""), refused("what answers there is not a Unison server (HTTP 404)"));
        assert!(matches!(failure(200, "{}"), Failure::Refused { .. }));
    }

    #[test]
    fn a_wrong_clock_is_told_from_a_wrong_key() {
        let skew = r#"{"code":"clock_skew","title":"x","server_time":1790000000000}"#;
        assert_eq!(
            failure(401, skew),
            Failure::ClockSkew { server_time: Timestamp::from_millis(1_790_000_000_000) }
        );
        assert!(matches!(failure(403, r#"{"code":"device_revoked"}"#), Failure::Revoked { .. }));
        assert!(matches!(failure(401, r#"{"code":"invalid_token"}"#), Failure::StaleToken { .. }));
    }

    #[test]
    fn an_address_is_taken_as_people_type_it() {
        assert_eq!(server_url(" unison.example.com/ ", None).as_deref(), Ok("https://unison.example.com"));
        assert_eq!(server_url("http://10.0.0.5:8080", None).as_deref(), Ok("http://10.0.0.5:8080"));
        assert_eq!(server_url("", Some("http://127.0.0.1:8080/")).as_deref(), Ok("http://127.0.0.1:8080"));
        assert!(server_url("", None).is_err());
        assert!(server_url("ftp://x", None).is_err());
        assert!(server_url("my server", None).is_err());
    }
}
