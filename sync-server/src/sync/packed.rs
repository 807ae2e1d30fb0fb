//! What a device gets over HTTP, in the frames of the wire.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared_model::sync::wire::pack;

use crate::http::ApiError;

/// # Errors
/// When it is larger than a device takes.
pub(super) fn packed(answer: &impl Serialize) -> Result<Response, ApiError> {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // The replica keeps it, encrypted, and nothing else does.
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, pack(answer).map_err(ApiError::fault)?).into_response())
}
