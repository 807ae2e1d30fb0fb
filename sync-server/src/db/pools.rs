//! The connections of the process: one pool per PostgreSQL role.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::{Error, Pulse, Wake};
use crate::postgres::Access;

/// How long a request waits for a connection before it is told to come back later. When a thousand
/// devices come back at once, a few seconds pass until a connection that was given back is there.
const APP_PATIENCE: Duration = Duration::from_secs(10);
/// Whether the server can work is asked by those who do not wait long.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(3);
/// A connection that rested longer is tried before it is used: PostgreSQL may have restarted.
const FRESH: Duration = Duration::from_secs(1);
const APP_CONNECTIONS: u32 = 24;
const SYSTEM_CONNECTIONS: u32 = 4;

/// Connections as `unison_app` and as `unison_system`, which only [`super::tx`] hands out; and the way on
/// which processes hear of each other's commits.
#[derive(Clone, Debug)]
pub struct Pools {
    pub(super) app: PgPool,
    pub(super) system: PgPool,
    pub(super) wake: Wake,
    pulse: Pulse,
}

impl Pools {
    /// Connects when the first connection is needed.
    #[must_use]
    pub fn new(access: &Access) -> Self {
        Self {
            app: pool(&access.app, APP_CONNECTIONS, APP_PATIENCE),
            system: pool(&access.system, SYSTEM_CONNECTIONS, SYSTEM_PATIENCE),
            wake: Wake::default(),
            pulse: Pulse::default(),
        }
    }

    /// The same, with another way to hear of commits. All processes on a database have to use the same.
    #[must_use]
    pub fn waking_by(self, wake: Wake) -> Self {
        Self { wake, ..self }
    }

    /// Whether PostgreSQL hangs, as far as [`Self::watch`] has seen.
    #[must_use]
    pub const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Watches for ever whether PostgreSQL hangs.
    pub async fn watch(&self) {
        self.pulse.watch(&self.system.connect_options()).await;
    }

    /// Whether the database answers and has the schema that this program was built for.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn is_migrated(&self) -> Result<bool, Error> {
        super::migrate::is_current(&self.system).await
    }

    /// Waits for the connections that are in use and closes all.
    pub async fn close(&self) {
        self.wake.close().await;
        self.app.close().await;
        self.system.close().await;
    }
}

fn pool(login: &PgConnectOptions, connections: u32, patience: Duration) -> PgPool {
    let login = login.clone().options([
        ("statement_timeout", "60s"),
        ("lock_timeout", "20s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(patience)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                use sqlx::Connection as _;
                Ok(about.idle_for < FRESH || connection.ping().await.is_ok())
            })
        })
        .connect_lazy_with(login)
}
