//! Errors of the API: RFC 9457 problem documents with a stable `code`.
//!
//! What is the server's fault is logged here, once, and its cause is kept from the client.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use shared_model::refusal::Refusal;
use shared_model::time::Timestamp;
use utoipa::ToSchema;

use crate::auth::TokenError;
use crate::auth::password::PasswordError;
use crate::db;

/// How long a client waits before it tries again when the database does not answer.
const RETRY_AFTER_SECS: u32 = 2;

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:unison:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    status: u16,
    /// What happened, for programs. Never changes its meaning.
    code: String,
    /// What happened, for people.
    detail: String,
    /// More, depending on the code.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Why a request failed.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    more: Map<String, Value>,
    retry_after_secs: Option<u32>,
    /// Set where it is the server's fault.
    fault: Option<Box<dyn StdError + Send + Sync>>,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            more: Map::new(),
            retry_after_secs: None,
            fault: None,
        }
    }

    pub(crate) fn unauthorized(code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    pub(crate) fn forbidden(code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    pub(crate) fn not_found(code: &'static str, detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// Understood, but not acceptable.
    pub(crate) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// A device whose clock is too far off. It corrects its clock by `server_time` and tries again.
    pub(crate) fn clock_skew(server_time: Timestamp) -> Self {
        let detail = "the clock of this device is wrong";
        Self::unauthorized("clock_skew", detail).with("server_time", server_time.as_millis())
    }

    pub(crate) fn too_many_attempts(wait_secs: u32) -> Self {
        let detail = format!("too many attempts; try again in {wait_secs} seconds");
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail);
        Self { retry_after_secs: Some(wait_secs), ..error }
    }

    pub(crate) fn unavailable(cause: impl StdError + Send + Sync + 'static) -> Self {
        let detail = "the server cannot work now; try again in a moment";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after_secs: Some(RETRY_AFTER_SECS), fault: Some(Box::new(cause)), ..error }
    }

    pub(crate) fn fault(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "something went wrong in the server; it was logged";
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        Self { fault: Some(cause.into()), ..error }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Whether the same request may well succeed a little later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    fn log(&self) {
        let (code, status) = (&*self.code, self.status.as_u16());
        match &self.fault {
            Some(fault) => {
                let cause = fault.source().map(ToString::to_string).unwrap_or_default();
                tracing::error!(code, status, %cause, "{fault}");
            }
            None => tracing::debug!(code, status, "{}", self.detail),
        }
    }
}

/// In words for a person.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let problem = Problem {
            kind: format!("urn:unison:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code.into_owned(),
            detail: self.detail,
            more: self.more,
        };
        let mut response = (self.status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, secs.into());
        }
        response
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Unavailable(_) => Self::unavailable(error),
            db::Error::Inconsistent { .. } | db::Error::Sql(_) => Self::fault(error),
        }
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        Self::unauthorized("invalid_token", &error.to_string())
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort | PasswordError::TooLong => {
                Self::invalid("unacceptable_password", error.to_string())
            }
            PasswordError::Hash(_) | PasswordError::Interrupted(_) => Self::fault(error),
        }
    }
}

/// The server's word on a command, as a problem: the refusal's own code and sentence.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let body = serde_json::to_value(&refusal).unwrap_or_default();
        Self::new(status_of(&refusal), refusal.code(), refusal.to_string()).with("refusal", body)
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    use Refusal as R;
    match refusal {
        R::NotPermitted { .. }
        | R::OtherDepartment { .. }
        | R::TooLateToUndo
        | R::DeviceRevoked
        | R::HandedInElsewhere
        | R::NotSignedIn => StatusCode::FORBIDDEN,
        R::UnknownOrder
        | R::UnknownMaterial
        | R::UnknownLocation
        | R::UnknownOperation { .. }
        | R::UnknownFact
        | R::OtherPlant => StatusCode::NOT_FOUND,
        R::SameLocation
        | R::QuantityNotPositive
        | R::QuantityTooLarge
        | R::PriorityOutOfRange { .. }
        | R::NothingReported
        | R::NegativeQuantity
        | R::ScrapWithoutReason
        | R::ReasonMissing
        | R::NotVoidable
        | R::SerialQuantity
        | R::UnverifiedChange
        | R::Malformed { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        R::WrongState { .. }
        | R::OrderExists
        | R::NumberTaken { .. }
        | R::NoNumberLeft
        | R::MaterialInactive { .. }
        | R::OperationFinished { .. }
        | R::OperationNotStarted { .. }
        | R::OperationOpen { .. }
        | R::AlreadyWorking
        | R::NotWorking
        | R::QuantityLocked
        | R::NotEnoughMade { .. }
        | R::AlreadyVoided
        | R::ExceptionClosed
        | R::BrokenBom { .. }
        | R::BomChanged
        | R::DependsOnRefused { .. }
        | R::Unknown => StatusCode::CONFLICT,
    }
}

pub(super) async fn method_not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this cannot be done to this address")
}

/// An address of the API that is none.
pub(super) fn no_such_address() -> ApiError {
    ApiError::not_found("unknown_address", "there is nothing at this address")
}
