//! The beginning of a connection: who is there, and what do they have?

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use shared_model::sync::wire::stored::ReceivedFrame;
use shared_model::sync::wire::{Cursor, MAX_FRAME_BYTES, ProblemCode, ServerFrame, WireError, decode};
use tokio::time::timeout;

use super::outbox::Outbox;
use super::streams::Streams;
use crate::app::App;
use crate::auth::{DeviceClaims, verify_device};
use crate::db::{self, TenantTx, feed};
use crate::sync::queue::error_chain;

const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a connection ends.
pub(super) enum End {
    /// The peer went, or says nothing any more.
    Silence,
    Problem(ProblemCode, String),
}

impl End {
    pub(super) fn bad_frame(problem: impl Into<String>) -> Self {
        Self::Problem(ProblemCode::BadFrame, problem.into())
    }

    pub(super) fn stopping() -> Self {
        Self::Problem(ProblemCode::Unavailable, "the server is stopping".to_owned())
    }

    /// A fault on this side: the device comes back later.
    pub(super) fn unavailable(fault: &dyn std::error::Error) -> Self {
        tracing::warn!(error = %error_chain(fault), "a device is told to come back later");
        Self::Problem(
            ProblemCode::Unavailable,
            "the server cannot work now; try again a little later".to_owned(),
        )
    }
}

impl From<db::Error> for End {
    fn from(error: db::Error) -> Self {
        Self::unavailable(&error)
    }
}

/// The next frame of the device.
pub(super) async fn next_frame(socket: &mut SplitStream<WebSocket>) -> Result<ReceivedFrame, End> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) if bytes.len() > MAX_FRAME_BYTES => {
                return Err(End::bad_frame(WireError::TooLarge.to_string()));
            }
            Some(Ok(Message::Binary(bytes))) => {
                return decode(&bytes).map_err(|error| End::bad_frame(error.to_string()));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Text(_))) => return Err(End::bad_frame("frames are binary, this one is text")),
            Some(Ok(Message::Close(_))) | None => return Err(End::Silence),
            Some(Err(error)) => return Err(unreadable(&error)),
        }
    }
}

/// What the WebSocket itself could not read: cut off, too large, or not a WebSocket's.
fn unreadable(error: &axum::Error) -> End {
    let text = error_chain(error);
    tracing::debug!(error = %text, "a message cannot be read");
    End::bad_frame(text)
}

/// Waits for the first frame and answers it.
pub(super) async fn greet(
    app: &App,
    socket: &mut SplitStream<WebSocket>,
    outbox: &Outbox,
) -> Result<(DeviceClaims, Streams), End> {
    let frame = timeout(HELLO_TIMEOUT, next_frame(socket)).await;
    let Ok(frame) = frame else { return Err(End::bad_frame("nothing was said within ten seconds")) };
    let ReceivedFrame::Hello { token, app: version, cursors } = frame? else {
        return Err(End::bad_frame("the first frame has to be a hello"));
    };
    let claims = verify_device(app, &token).await.map_err(|error| refused(&error))?;
    tracing::debug!(device = %claims.device, %version, "a device connected");
    let (streams, welcome) = welcome(app, claims, &cursors).await?;
    outbox.send(&welcome).await.map_err(|_| End::Silence)?;
    Ok((claims, streams))
}

fn refused(error: &crate::http::ApiError) -> End {
    let code = match error.code() {
        "device_revoked" => ProblemCode::Revoked,
        _ if error.is_unavailable() => ProblemCode::Unavailable,
        _ => ProblemCode::Unauthorized,
    };
    End::Problem(code, error.to_string())
}

async fn welcome(app: &App, claims: DeviceClaims, cursors: &[Cursor]) -> Result<(Streams, ServerFrame), End> {
    let feeds = [claims.organization.into(), claims.plant.into()];
    // Opened before the heads are read: what moves in between is heard.
    let _heard = feeds.map(|feed| app.sync().feed(claims.organization, feed, 0));
    let mut tx = TenantTx::begin(app.pools(), claims.organization, None).await?;
    let history = feed::history(&mut tx).await?;
    let heads = feed::heads(&mut tx, &feeds).await?;
    tx.rollback().await?;
    let [organization, plant] = feeds.map(|feed| {
        let head = heads.iter().find(|head| head.feed == feed).map_or(0, |head| head.seq);
        app.sync().feed(claims.organization, feed, head)
    });
    let welcome = ServerFrame::Welcome { server_time: app.now(), plant: claims.plant, history, heads };
    Ok((Streams::new(organization, plant, cursors), welcome))
}
