//! The beginning of a connection: who is there, and what do they have?

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use shared_model::ids::FeedId;
use shared_model::sync::wire::stored::ReceivedFrame;
use shared_model::sync::wire::{
    Cursor, Hello, MAX_FRAME_BYTES, Offer, ProblemCode, ServerFrame, WireError, decode,
};
use tokio::time::timeout;

use super::outbox::Outbox;
use super::streams::{Stream, Streams};
use crate::app::App;
use crate::auth::{DeviceClaims, verify_device};
use crate::db::{self, TenantTx, feed};
use crate::sync::admission::Turn;
use crate::sync::queue::error_chain;
use crate::sync::snapshot::Standing;

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
    let ReceivedFrame::Hello(hello) = frame? else {
        return Err(End::bad_frame("the first frame has to be a hello"));
    };
    let turn = app.sync().admit().await;
    let claims = verify_device(app, &hello.token).await.map_err(|error| refused(&error))?;
    tracing::debug!(device = %claims.device, version = hello.app, "a device connected");
    let (streams, welcome) = welcome(app, claims, &hello, turn).await?;
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

async fn welcome(
    app: &App,
    claims: DeviceClaims,
    hello: &Hello,
    turn: Turn,
) -> Result<(Streams, ServerFrame), End> {
    let feeds = [claims.organization.into(), claims.plant.into()];
    // Opened before the heads are read: what moves in between is heard.
    let _heard = feeds.map(|feed| app.sync().feed(claims.organization, feed, 0));
    let mut tx = TenantTx::begin(app.pools(), claims.organization, None).await?;
    let history = feed::history(&mut tx).await?;
    let mut heads = feed::heads(&mut tx, &feeds).await?;
    // The organization's first: what the plant's entries name is in it.
    heads.sort_by_key(|head| head.feed != feeds[0]);
    let is_other_history = is_other_history(&mut tx, hello, &heads).await?;
    tx.rollback().await?;
    // Making a snapshot takes long; others are greeted meanwhile.
    drop(turn);
    let snapshots = snapshots(app, claims, hello, &heads).await?;
    let streams = feeds.map(|feed| {
        let head = heads.iter().find(|head| head.feed == feed).map_or(0, |head| head.seq);
        let view = app.sync().feed(claims.organization, feed, head);
        match snapshots.iter().find(|offer| offer.feed == feed) {
            // The feed goes on when the device has the snapshot.
            Some(offer) => Stream::behind(view, offer.seq),
            None => Stream::after(view, seq_of(hello, feed)),
        }
    });
    let heads = heads.iter().map(|head| Cursor { feed: head.feed, seq: head.seq }).collect();
    let welcome = ServerFrame::Welcome {
        server_time: app.now(),
        plant: claims.plant,
        history,
        is_other_history,
        heads,
        snapshots,
    };
    Ok((Streams::new(streams), welcome))
}

/// Whether the device read feeds that are none of ours: ours were set back to an older state, and may
/// have gone on from there.
async fn is_other_history(tx: &mut TenantTx, hello: &Hello, heads: &[feed::Head]) -> Result<bool, db::Error> {
    for head in heads {
        let said = hello.checks.iter().find(|check| check.feed == head.feed).map(|check| check.value);
        if head.is_of_another(tx, seq_of(hello, head.feed), said).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn seq_of(hello: &Hello, feed: FeedId) -> u64 {
    hello.cursors.iter().find(|cursor| cursor.feed == feed).map_or(0, |cursor| cursor.seq)
}

/// What the device is to fetch first.
async fn snapshots(
    app: &App,
    claims: DeviceClaims,
    hello: &Hello,
    heads: &[feed::Head],
) -> Result<Vec<Offer>, End> {
    let mut offers = Vec::new();
    for head in heads {
        let cursor = Cursor { feed: head.feed, seq: seq_of(hello, head.feed) };
        let Some(begun) = &hello.begun else {
            if cursor.seq < head.horizon {
                let message = "this app is older than what the server keeps; update it".to_owned();
                return Err(End::Problem(ProblemCode::Unavailable, message));
            }
            continue;
        };
        let begun = begun.iter().find(|begun| begun.feed == head.feed).copied();
        let standing = Standing { cursor, head: *head, begun };
        let offer = app.sync().snapshot(claims.organization, &standing).await;
        offers.extend(offer.map_err(|fault| End::unavailable(&fault))?);
    }
    Ok(offers)
}
