//! Who waits for which feed. A connection sleeps until its feed has moved, and then sends batches
//! that were read and packed once for all that stand at the same place.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::body::Bytes;
use shared_model::ids::{FeedId, OrganizationId};
use shared_model::sync::wire::stored::StoredFrame;
use shared_model::sync::wire::{WireError, encode};
use tokio::sync::watch;

use super::{Fault, Inner};
use crate::db::{Listener, Pools, TenantTx, feed};
use crate::sync::queue::error_chain;

/// Connections that are less than this behind share their batches.
const SHARED_ENTRIES: u64 = 500;
const SHARED_BATCHES: usize = 16;
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// A packed frame with a batch.
#[derive(Debug)]
pub(super) struct Packed {
    pub after: u64,
    pub until: u64,
    pub frame: Bytes,
}

/// How far a feed goes, as far as this process has heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub head: u64,
    /// Rises when something may have been missed: then the head is to be asked for.
    pub doubts: u64,
}

#[derive(Default)]
struct State {
    moved: watch::Sender<Moved>,
    recent: tokio::sync::Mutex<VecDeque<Arc<Packed>>>,
}

/// The feeds that somebody in this process waits for.
#[derive(Default)]
pub(super) struct Feeds(Mutex<HashMap<FeedId, Arc<State>>>);

/// One connection's view of one feed. Feeds of other organizations cannot be opened: rows are read
/// in a transaction of its own organization.
pub(super) struct Feed {
    organization: OrganizationId,
    id: FeedId,
    state: Arc<State>,
    pub(super) moved: watch::Receiver<Moved>,
}

impl Feeds {
    pub(super) fn open(&self, organization: OrganizationId, id: FeedId, head: u64) -> Feed {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|_, state| state.moved.receiver_count() > 0);
        let state = feeds.entry(id).or_default().clone();
        // Subscribed under the lock, so that nobody forgets it meanwhile.
        let moved = state.moved.subscribe();
        advance(&state, head);
        Feed { organization, id, state, moved }
    }

    /// Wakes those who wait for a feed.
    pub(super) fn moved(&self, id: FeedId, head: u64) {
        let feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = feeds.get(&id) {
            advance(state, head);
        }
    }

    /// Wakes everybody: something may have been missed.
    fn doubt(&self) {
        for state in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            state.moved.send_modify(|moved| moved.doubts += 1);
        }
    }
}

fn advance(state: &State, head: u64) {
    state.moved.send_if_modified(|moved| {
        let is_news = head > moved.head;
        moved.head = moved.head.max(head);
        is_news
    });
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl From<crate::db::Error> for ReadError {
    fn from(error: crate::db::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Feed {
    pub(super) const fn id(&self) -> FeedId {
        self.id
    }

    /// The batch after a cursor; nothing when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn batch(&self, pools: &Pools, after: u64) -> Result<Option<Arc<Packed>>, ReadError> {
        let head = self.moved.borrow().head;
        if head.saturating_sub(after) > SHARED_ENTRIES {
            return self.read(pools, after).await;
        }
        let mut recent = self.state.recent.lock().await;
        if let Some(found) = recent.iter().find(|packed| packed.after == after) {
            return Ok(Some(found.clone()));
        }
        let packed = self.read(pools, after).await?;
        if let Some(packed) = &packed {
            recent.push_back(packed.clone());
            if recent.len() > SHARED_BATCHES {
                recent.pop_front();
            }
        }
        Ok(packed)
    }

    async fn read(&self, pools: &Pools, after: u64) -> Result<Option<Arc<Packed>>, ReadError> {
        let mut tx = TenantTx::begin(pools, self.organization, None).await?;
        let batch = feed::read(&mut tx, self.id, after).await?;
        tx.rollback().await?;
        let Some(batch) = batch else { return Ok(None) };
        advance(&self.state, batch.head);
        let until = batch.until;
        let frame = encode(&StoredFrame::Batch(batch))?;
        Ok(Some(Arc::new(Packed { after, until, frame: frame.into() })))
    }
}

/// Hears what all processes append, as long as the sync lives.
pub(super) fn listen(inner: &Arc<Inner>) {
    let inner = Arc::downgrade(inner);
    tokio::spawn(async move {
        while let Some(pools) = inner.upgrade().map(|inner| inner.pools.clone()) {
            let Err(error) = hear(&pools, &inner).await else { return };
            tracing::warn!(error = %error_chain(&error), "not listening to other processes; trying again");
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    });
}

/// Comes back when the sync is gone.
async fn hear(pools: &Pools, inner: &Weak<Inner>) -> Result<(), crate::db::Error> {
    let mut listener = Listener::start(pools).await?;
    let Some(sync) = inner.upgrade() else { return Ok(()) };
    // From now on everything is heard; what came before may have been missed.
    sync.feeds.doubt();
    drop(sync);
    loop {
        let (feed, head) = listener.next().await?;
        let Some(sync) = inner.upgrade() else { return Ok(()) };
        sync.feeds.moved(feed, head);
    }
}
