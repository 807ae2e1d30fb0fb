//! What holds for every request: it has an id and a log line, and it ends.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::ApiError;
use crate::app::App;
use crate::edge;

/// Longer than the database waits for a lock.
const TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ends a request that takes too long.
pub(super) async fn timeout(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "this took too long; try again in a moment";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL does not answer")]
struct Hangs;

/// Does not let anybody wait for a PostgreSQL that hangs.
pub(super) async fn pulse(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_concerned = path.starts_with("/api/") || ["/ready", "/startup"].contains(&path);
    if !is_concerned {
        return next.run(request).await;
    }
    let pulse = app.pools().pulse();
    if pulse.has_stopped() {
        return ApiError::unavailable(Hangs).into_response();
    }
    tokio::select! {
        response = next.run(request) => response,
        () = pulse.stops() => ApiError::unavailable(Hangs).into_response(),
    }
}

/// Gives a request an id, which the answer carries and every log line about it. The address is
/// logged by its pattern and without the query: both may hold personal data.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|given| is_id(given)).cloned();
    let id = id.or_else(|| HeaderValue::try_from(edge::ids().draw::<uuid::Uuid>().to_string()).ok());
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        id = id.as_ref().and_then(|id| id.to_str().ok()),
        method = %request.method(),
        path,
    );
    async move {
        let begun = tokio::time::Instant::now();
        let mut response = next.run(request).await;
        let millis = begun.elapsed().as_millis();
        tracing::debug!(status = response.status().as_u16(), millis, "answered");
        if let Some(id) = id {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

fn is_id(given: &HeaderValue) -> bool {
    let given = given.as_bytes();
    (8..=64).contains(&given.len()) && given.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
