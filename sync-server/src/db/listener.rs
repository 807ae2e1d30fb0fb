//! Hears what all processes append to the feeds.

use std::time::Duration;

use shared_model::ids::FeedId;
use sqlx::postgres::PgListener;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use uuid::Uuid;

use super::nats::Ear;
use super::{Error, Pools, Wake, feed};

/// How often PostgreSQL is asked whether it is still there: a connection whose other end has vanished
/// says nothing, which is what a quiet one says.
const HEARTBEAT: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(10);

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A feed moved, and goes so far now.
    Moved(FeedId, u64),
    /// Something may have moved: nobody may have said so.
    Perhaps,
}

/// What all processes say that they appended, by whatever way they say it.
pub struct Listener(Way);

enum Way {
    Notify(Notified),
    Nats(Ear),
}

/// By PostgreSQL, on a connection of its own.
struct Notified(PgListener);

impl Listener {
    /// From now on everything is heard.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start(pools: &Pools) -> Result<Self, Error> {
        Ok(Self(match &pools.wake {
            Wake::Notify => {
                let mut listener = PgListener::connect_with(&pools.app).await?;
                listener.listen(feed::CHANNEL).await?;
                Way::Notify(Notified(listener))
            }
            Wake::Nats(nats) => Way::Nats(nats.listen().await?),
        }))
    }

    /// # Errors
    /// When the connection is lost: then something may be missed.
    pub async fn next(&mut self) -> Result<Heard, Error> {
        match &mut self.0 {
            Way::Notify(notified) => notified.next().await,
            Way::Nats(ear) => Ok(ear.next().await?),
        }
    }
}

impl Notified {
    async fn next(&mut self) -> Result<Heard, Error> {
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = self.0.try_recv() => {
                    let notification = heard?.ok_or(sqlx::Error::WorkerCrashed)?;
                    if let Some((feed, head)) = parse(notification.payload()) {
                        return Ok(Heard::Moved(feed, head));
                    }
                }
                _ = heartbeat.tick() => self.ask().await?,
            }
        }
    }

    async fn ask(&mut self) -> Result<(), Error> {
        let asked = sqlx::query!("select 1 as one").fetch_one(&mut self.0);
        timeout(ANSWER, asked).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(())
    }
}

pub(super) fn parse(payload: &str) -> Option<(FeedId, u64)> {
    let (feed, head) = payload.split_once(' ')?;
    Some((Uuid::parse_str(feed).ok()?.into(), head.parse().ok()?))
}
