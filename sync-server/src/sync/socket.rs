//! `GET /api/v1/sync`: the WebSocket of a device, and the addresses of what goes with it.

mod hello;
mod outbox;
mod session;
mod streams;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use axum::routing::get;
use shared_model::sync::wire::MAX_FRAME_BYTES;

use super::{fingerprints, snapshot, whole_order};
use crate::app::App;

/// More than a frame may have, so that one that is a little too large is answered and not just cut.
const MAX_MESSAGE_BYTES: usize = 2 * MAX_FRAME_BYTES;
/// Each connection holds this much all the time; a longer frame gets its room when it comes.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// The routes of sync.
pub fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/sync", get(open))
        .route("/api/v1/sync/snapshots/{feed}/{seq}/{index}", get(snapshot::get))
        .route("/api/v1/sync/orders/{order}", get(whole_order::get))
        .route("/api/v1/sync/fingerprints", get(fingerprints::get))
}

async fn open(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |socket| session::run(app, socket))
}
