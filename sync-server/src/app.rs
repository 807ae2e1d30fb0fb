//! What the handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use shared_model::time::Timestamp;
use tokio::sync::watch;

use crate::auth::{Guard, Keys, KeysError};
use crate::db::Pools;
use crate::edge;
use crate::sync::Sync;

/// The state of the process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pools: Pools,
    keys: Keys,
    guard: Guard,
    sync: Sync,
    stopping: watch::Sender<bool>,
    /// How far tests set the clock ahead.
    ahead_millis: AtomicI64,
}

impl App {
    /// # Errors
    /// When the database does not answer or was not migrated.
    pub async fn start(pools: Pools) -> Result<Self, KeysError> {
        let keys = Keys::load(&pools).await?;
        let sync = Sync::start(pools.clone());
        let guard = Guard::default();
        let stopping = watch::Sender::new(false);
        tokio::spawn(watch_over(pools.clone(), stopping.subscribe()));
        Ok(Self(Arc::new(Inner { pools, keys, guard, sync, stopping, ahead_millis: AtomicI64::new(0) })))
    }

    #[must_use]
    pub fn pools(&self) -> &Pools {
        &self.0.pools
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.0.guard
    }

    #[must_use]
    pub fn sync(&self) -> &Sync {
        &self.0.sync
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        edge::now().plus_millis(self.0.ahead_millis.load(Ordering::Relaxed))
    }

    /// Tells everybody who waits in [`App::stopping`].
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Waits until the process is to stop. Connections that stay open watch this.
    pub async fn stopping(&self) {
        // It cannot fail: the sender is ours.
        let _ = self.0.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Sets the clock of this process ahead. For tests of what expires.
    #[doc(hidden)]
    pub fn advance_clock(&self, millis: i64) {
        self.0.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

async fn watch_over(pools: Pools, mut stopping: watch::Receiver<bool>) {
    tokio::select! {
        // Either it stops, or nobody has the state any more.
        _ = stopping.wait_for(|stopping| *stopping) => {}
        () = pools.watch() => {}
    }
}
