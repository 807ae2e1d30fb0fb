//! One connection of a device, from its hello to its end.
//!
//! It reads, pushes and streams at the same time; everything that waits is bounded: pushes by not
//! reading on, batches by the device's credit, frames by the outbox.

use std::time::Duration;

use axum::extract::ws::WebSocket;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, SplitStream};
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::stored::ReceivedFrame;
use shared_model::sync::wire::{MAX_PUSH, ProblemCode, ServerFrame, Verdict};
use tokio::time::{Instant, sleep_until};

use super::hello::{End, greet, next_frame};
use super::outbox::{Gone, Outbox};
use super::streams::{SendError, Streams};
use crate::app::App;
use crate::auth::DeviceClaims;
use crate::db::{TenantTx, number};
use crate::sync::attendance::Present;
use crate::sync::batch::Connection;
use crate::sync::{Fault, Sender};

/// A device says something every ten seconds.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Pushes that may wait for their verdicts.
const MAX_PUSHES: usize = 4;
/// How long its feeds wait for a device that hands in a long queue. What a test hands in takes seconds.
const FEEDS_WAIT: Duration = Duration::from_secs(if cfg!(test) { 5 } else { 2 });
/// How many numbers a device gets at once.
const LEASED_NUMBERS: u32 = 50;

type Verdicts = Result<Vec<(CommandId, Verdict)>, Fault>;

pub(super) async fn run(app: App, socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let outbox = Outbox::new(sink);
    let pools = app.pools().clone();
    let end = tokio::select! {
        end = converse(app, &mut stream, &outbox) => end,
        () = pools.pulse().stops() => End::unavailable(&Fault::Unavailable),
    };
    match end {
        End::Silence => outbox.close().await,
        End::Problem(code, message) => outbox.close_with(code, message).await,
    }
}

async fn converse(app: App, stream: &mut SplitStream<WebSocket>, outbox: &Outbox) -> End {
    let (claims, streams) = match greet(&app, stream, outbox).await {
        Ok(greeted) => greeted,
        Err(end) => return end,
    };
    let session = Session {
        present: app.sync().enter(claims.organization, claims.device),
        app,
        claims,
        outbox,
        streams,
        connection: Connection::default(),
        pushes: FuturesOrdered::new(),
        feeds_wait_until: None,
    };
    session.run(stream).await
}

struct Session<'a> {
    app: App,
    claims: DeviceClaims,
    outbox: &'a Outbox,
    streams: Streams,
    present: Present,
    connection: Connection,
    pushes: FuturesOrdered<BoxFuture<'static, Verdicts>>,
    /// The device has more to hand in. What its feeds would bring it meanwhile is mostly its own work, and taking
    /// that in would keep it from handing in the rest.
    feeds_wait_until: Option<Instant>,
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Silence
    }
}

impl Session<'_> {
    async fn run(mut self, socket: &mut SplitStream<WebSocket>) -> End {
        let mut silent_at = Instant::now() + IDLE_TIMEOUT;
        loop {
            self.feeds_wait_until.take_if(|until| *until <= Instant::now());
            if self.feeds_wait_until.is_none()
                && let Err(end) = self.stream().await
            {
                return end;
            }
            let feeds_wait_until = self.feeds_wait_until;
            let may_read = self.pushes.len() < MAX_PUSHES;
            let done = tokio::select! {
                frame = next_frame(socket), if may_read => match frame {
                    Ok(frame) => {
                        silent_at = Instant::now() + IDLE_TIMEOUT;
                        self.heard(frame).await
                    }
                    Err(end) => Err(end),
                },
                Some(verdicts) = self.pushes.next() => self.settled(verdicts).await,
                () = self.streams.moved(), if feeds_wait_until.is_none() => Ok(()),
                () = sleep_until(feeds_wait_until.unwrap_or(silent_at)), if feeds_wait_until.is_some() => Ok(()),
                () = self.present.revoked() => Err(revoked()),
                () = sleep_until(silent_at), if may_read => Err(End::Silence),
                () = self.app.stopping() => Err(End::stopping()),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn stream(&mut self) -> Result<(), End> {
        match self.streams.send(self.app.sync(), self.outbox).await {
            Ok(()) => Ok(()),
            Err(SendError::Gone(_)) => Err(End::Silence),
            Err(SendError::Read(error)) => Err(End::unavailable(&error)),
        }
    }

    async fn heard(&mut self, frame: ReceivedFrame) -> Result<(), End> {
        match frame {
            ReceivedFrame::Hello { .. } => return Err(End::bad_frame("a second hello")),
            ReceivedFrame::Push { commands } if commands.len() > MAX_PUSH => {
                return Err(End::bad_frame(format!("a push has at most {MAX_PUSH} commands")));
            }
            ReceivedFrame::Push { commands } => {
                self.more_follows(commands.len() == MAX_PUSH);
                let DeviceClaims { organization, plant, device } = self.claims;
                let sender = Sender::Device(device);
                let verdicts =
                    self.app.sync().enqueue(organization, plant, sender, &self.connection, commands);
                self.pushes.push_back(Box::pin(verdicts));
            }
            ReceivedFrame::Applied { feed, seq } => self.streams.applied(feed, seq),
            ReceivedFrame::LeaseNumbers => self.lease().await?,
            ReceivedFrame::Ping { at } => {
                self.outbox.send(&ServerFrame::Pong { at, server_time: self.app.now() }).await?;
            }
        }
        Ok(())
    }

    /// A full push says that there is more; the first one that is not ends the waiting.
    fn more_follows(&mut self, does: bool) {
        self.feeds_wait_until =
            does.then(|| self.feeds_wait_until.unwrap_or_else(|| Instant::now() + FEEDS_WAIT));
    }

    async fn settled(&mut self, verdicts: Verdicts) -> Result<(), End> {
        let verdicts = verdicts.map_err(|fault| End::unavailable(&fault))?;
        // A command that is to be made anew needs what it lost against: as far as the credit goes,
        // that is there first.
        if verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Rebase { .. })) {
            self.feeds_wait_until = None;
        }
        if self.feeds_wait_until.is_none() {
            self.stream().await?;
        }
        let is_revoked =
            verdicts.iter().any(|(_, verdict)| *verdict == Verdict::Refused(Refusal::DeviceRevoked));
        self.outbox.send(&ServerFrame::Verdicts(verdicts)).await?;
        if is_revoked { Err(revoked()) } else { Ok(()) }
    }

    async fn lease(&mut self) -> Result<(), End> {
        let DeviceClaims { organization, plant, device } = self.claims;
        let mut tx = TenantTx::begin(self.app.pools(), organization, None).await?;
        let lease = number::lease(&mut tx, plant, device, LEASED_NUMBERS, self.app.now()).await?;
        tx.commit().await?;
        self.outbox.send(&ServerFrame::Numbers(lease)).await?;
        Ok(())
    }
}

fn revoked() -> End {
    End::Problem(ProblemCode::Revoked, Refusal::DeviceRevoked.to_string())
}
