//! NATS, beside PostgreSQL's `NOTIFY`: servers tell each other which feed moved.
//!
//! **Invariant:** nothing waits for NATS and nothing depends on it. A commit does not: what cannot be told
//! now is not told. What was missed is found by asking PostgreSQL, often while NATS is away and seldom
//! while it is there ([`Ear::next`]).

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use futures_util::StreamExt as _;
use shared_model::ids::FeedId;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::listener::{Heard, parse};

/// Where servers hear of new entries. The payload is that of the notifications: the feed's id and its head.
const SUBJECT: &str = "unison.feed";
/// A server that stopped in the middle may have committed and told nobody.
const ASK_SELDOM: Duration = Duration::from_secs(10);
const ASK_OFTEN: Duration = Duration::from_secs(1);
/// A command that ends waits no longer for NATS.
const FAREWELL: Duration = Duration::from_secs(2);
const RECONNECT_MAX: Duration = Duration::from_secs(2);
/// Feeds that moved and were not told yet. More are not told: NATS is away.
const UNTOLD_MAX: usize = 1024;

#[derive(Debug, thiserror::Error)]
#[error("NATS_URL is not the address of a NATS server, as nats://127.0.0.1:4222 or tls://host: {0}")]
pub struct BadAddress(String);

/// The connection of the process. Cheap to clone.
#[derive(Clone)]
pub struct Nats(Arc<Inner>);

struct Inner {
    client: Client,
    outbox: mpsc::Sender<Word>,
    /// What this process committed itself, for its own connections.
    here: broadcast::Sender<(FeedId, u64)>,
    /// Counts how often the connection went or came.
    turns: watch::Sender<u64>,
}

enum Word {
    Moved(FeedId, u64),
    /// To be answered when everything before it was sent.
    Farewell(oneshot::Sender<()>),
}

impl std::fmt::Debug for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nats")
    }
}

impl Nats {
    /// Connects in the background, now and whenever the connection was lost.
    ///
    /// # Errors
    /// When the address is none.
    pub async fn connect(url: &str) -> Result<Self, BadAddress> {
        let bad = |error: &dyn std::error::Error| BadAddress(error.to_string());
        let servers: Result<Vec<ServerAddr>, _> = url.split(',').map(|one| one.trim().parse()).collect();
        let servers = servers.map_err(|error| bad(&error))?;
        if servers
            .iter()
            .any(|server| !["nats", "tls"].contains(&server.scheme()) || server.host().is_empty())
        {
            return Err(BadAddress("it is to be nats:// or tls:// and a host".to_owned()));
        }
        let turns = watch::Sender::new(0);
        let turning = turns.clone();
        let client = ConnectOptions::new()
            .name("unison-server")
            .no_echo()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempt| {
                let tenths = u64::try_from(attempt).unwrap_or(u64::MAX).saturating_mul(100);
                RECONNECT_MAX.min(Duration::from_millis(tenths))
            })
            .event_callback(move |event| {
                note(&event);
                turning.send_modify(|turns| *turns += 1);
                std::future::ready(())
            })
            .connect(servers)
            .await
            .map_err(|error| bad(&error))?;
        let (outbox, words) = mpsc::channel(UNTOLD_MAX);
        tokio::spawn(tell(client.clone(), words));
        let here = broadcast::Sender::new(UNTOLD_MAX);
        Ok(Self(Arc::new(Inner { client, outbox, here, turns })))
    }

    /// Tells the others, some time soon.
    pub(super) fn tell(&self, moved: impl IntoIterator<Item = (FeedId, u64)>) {
        for (feed, head) in moved {
            // Nobody listens, or the others are told by PostgreSQL when they ask.
            let _ = self.0.here.send((feed, head));
            let _ = self.0.outbox.try_send(Word::Moved(feed, head));
        }
    }

    /// Waits a little until everything was told.
    pub(super) async fn close(&self) {
        let (said, done) = oneshot::channel();
        let farewell = async {
            if self.0.outbox.send(Word::Farewell(said)).await.is_ok() {
                let _ = done.await;
            }
        };
        if timeout(FAREWELL, farewell).await.is_err() {
            tracing::debug!("NATS was not told everything");
        }
    }

    /// # Errors
    /// When the connection is gone for good.
    pub(super) async fn listen(&self) -> Result<Ear, sqlx::Error> {
        let subscriber = self.0.client.subscribe(SUBJECT).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        Ok(Ear {
            subscriber,
            here: self.0.here.subscribe(),
            turns: self.0.turns.subscribe(),
            asked_at: Instant::now(),
            nats: self.clone(),
        })
    }
}

async fn tell(client: Client, mut words: mpsc::Receiver<Word>) {
    while let Some(word) = words.recv().await {
        match word {
            Word::Moved(feed, head) => {
                // Waits while NATS is away and the client's own buffer is full.
                let _ = client.publish(SUBJECT, format!("{feed} {head}").into()).await;
            }
            Word::Farewell(done) => {
                let _ = client.flush().await;
                let _ = done.send(());
            }
        }
    }
}

fn note(event: &Event) {
    match event {
        Event::Connected => tracing::info!("NATS: connected"),
        Event::Disconnected => tracing::warn!("NATS: lost; asking PostgreSQL every second until it is back"),
        Event::ServerError(error) => tracing::warn!(%error, "NATS: refused"),
        other => tracing::debug!("NATS: {other}"),
    }
}

/// Hears what other processes and this one append.
pub(super) struct Ear {
    nats: Nats,
    subscriber: Subscriber,
    here: broadcast::Receiver<(FeedId, u64)>,
    turns: watch::Receiver<u64>,
    asked_at: Instant,
}

impl Ear {
    /// # Errors
    /// When the connection is gone for good.
    pub(super) async fn next(&mut self) -> Result<Heard, sqlx::Error> {
        loop {
            let pause = match self.nats.0.client.connection_state() {
                State::Connected => ASK_SELDOM,
                State::Pending | State::Disconnected => ASK_OFTEN,
            };
            tokio::select! {
                message = self.subscriber.next() => {
                    let message = message.ok_or(sqlx::Error::WorkerCrashed)?;
                    let moved = std::str::from_utf8(&message.payload).ok().and_then(parse);
                    if let Some((feed, head)) = moved {
                        return Ok(Heard::Moved(feed, head));
                    }
                }
                moved = self.here.recv() => match moved {
                    Ok((feed, head)) => return Ok(Heard::Moved(feed, head)),
                    Err(_) => return Ok(self.perhaps()),
                },
                // The sender is ours. What was said before it was back may be lost.
                _ = self.turns.changed() => return Ok(self.perhaps()),
                () = sleep_until(self.asked_at + pause) => return Ok(self.perhaps()),
            }
        }
    }

    fn perhaps(&mut self) -> Heard {
        self.asked_at = Instant::now();
        Heard::Perhaps
    }
}
