//! Hears what all processes append to the feeds.

use std::time::Duration;

use shared_model::ids::FeedId;
use sqlx::postgres::PgListener;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use uuid::Uuid;

use super::{Error, Pools, feed};

/// How often PostgreSQL is asked whether it is still there: a connection whose other end has vanished
/// says nothing, which is what a quiet one says.
const HEARTBEAT: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(10);

/// A connection of its own.
pub struct Listener(PgListener);

impl Listener {
    /// From now on everything is heard.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start(pools: &Pools) -> Result<Self, Error> {
        let mut listener = PgListener::connect_with(&pools.app).await?;
        listener.listen(feed::CHANNEL).await?;
        Ok(Self(listener))
    }

    /// The next feed that moved, and how far it goes now.
    ///
    /// # Errors
    /// When the connection is lost: then something may be missed.
    pub async fn next(&mut self) -> Result<(FeedId, u64), Error> {
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                heard = self.0.try_recv() => {
                    let notification = heard?.ok_or(sqlx::Error::WorkerCrashed)?;
                    if let Some(moved) = parse(notification.payload()) {
                        return Ok(moved);
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

fn parse(payload: &str) -> Option<(FeedId, u64)> {
    let (feed, head) = payload.split_once(' ')?;
    Some((Uuid::parse_str(feed).ok()?.into(), head.parse().ok()?))
}
