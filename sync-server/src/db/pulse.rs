//! Whether PostgreSQL answers at all. One that hangs (its processes are stopped, its machine swaps, somebody
//! pulled a cable) keeps its connections open and says nothing, which no query can tell from one that takes
//! its time. So somebody asks every second for nothing, on a connection that nobody else uses.
//!
//! Who waits for PostgreSQL where people wait for an answer waits for [`Pulse::stops`] as well.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

const EVERY: Duration = Duration::from_secs(1);
/// For an answer to nothing, and once more for a new connection, before it counts as hanging: a busy machine
/// is no reason to turn anybody away.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is known of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pulse(watch::Sender<bool>);

impl Default for Pulse {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Pulse {
    /// Whether PostgreSQL was seen to hang. While nobody watches: no.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when PostgreSQL hangs.
    pub async fn stops(&self) {
        // It cannot fail: the sender is ours.
        let _ = self.0.subscribe().wait_for(|has_stopped| *has_stopped).await;
    }

    /// Watches for ever.
    pub(super) async fn watch(&self, login: &PgConnectOptions) {
        loop {
            match timeout(PATIENCE, login.connect()).await {
                Ok(Ok(connection)) => {
                    self.set(false);
                    listen(connection).await;
                }
                // It is away and says so: everybody who asks is told that at once.
                Ok(Err(_)) => {
                    self.set(false);
                    sleep(EVERY).await;
                }
                Err(_) => self.set(true),
            }
        }
    }

    fn set(&self, has_stopped: bool) {
        let is_news = self.0.send_if_modified(|before| std::mem::replace(before, has_stopped) != has_stopped);
        match has_stopped {
            true if is_news => {
                tracing::error!("PostgreSQL does not answer; everybody is told to come back later");
            }
            false if is_news => tracing::info!("PostgreSQL answers again"),
            _ => {}
        }
    }
}

/// Comes back when there is no answer.
async fn listen(mut connection: sqlx::PgConnection) {
    loop {
        sleep(EVERY).await;
        match timeout(PATIENCE, connection.ping()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
