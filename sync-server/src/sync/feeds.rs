//! Who waits for which feed. A connection sleeps until its feed has moved, and then sends batches
//! that were read and packed once for all that stand at the same place.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::body::Bytes;
use shared_model::ids::{FeedId, OrganizationId};
use shared_model::sync::wire::stored::StoredFrame;
use shared_model::sync::wire::{WireError, encode};
use tokio::sync::watch;

use super::admission::Turn;
use super::{Fault, Inner, Sync};
use crate::db::feed::{self, Next};
use crate::db::{Heard, Listener, Pools, TenantTx};
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
    /// Its room among those that are not shared.
    _room: Option<Turn>,
}

struct State {
    organization: OrganizationId,
    /// How far it goes, as far as this process has heard.
    head: watch::Sender<u64>,
    recent: tokio::sync::Mutex<VecDeque<Arc<Packed>>>,
}

/// The feeds that somebody in this process waits for.
#[derive(Default)]
pub(super) struct Feeds(Mutex<HashMap<FeedId, Arc<State>>>);

/// One connection's view of one feed. Feeds of other organizations cannot be opened: rows are read
/// in a transaction of its own organization.
pub(super) struct Feed {
    id: FeedId,
    state: Arc<State>,
    pub(super) head: watch::Receiver<u64>,
}

impl Feeds {
    pub(super) fn open(&self, organization: OrganizationId, id: FeedId, head: u64) -> Feed {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.retain(|_, state| state.head.receiver_count() > 0);
        let new =
            || Arc::new(State { organization, head: watch::Sender::new(0), recent: Default::default() });
        let state = feeds.entry(id).or_insert_with(new).clone();
        // Subscribed under the lock, so that nobody forgets it meanwhile.
        let moved = state.head.subscribe();
        advance(&state, head);
        Feed { id, state, head: moved }
    }

    /// Wakes those who wait for a feed.
    pub(super) fn moved(&self, id: FeedId, head: u64) {
        let feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = feeds.get(&id) {
            advance(state, head);
        }
    }

    /// Asks how far all feeds go that somebody waits for: something may have been missed.
    async fn ask(&self, pools: &Pools) -> Result<(), crate::db::Error> {
        let mut open: BTreeMap<OrganizationId, Vec<FeedId>> = BTreeMap::new();
        for (id, state) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            open.entry(state.organization).or_default().push(*id);
        }
        for (organization, feeds) in open {
            let mut tx = TenantTx::begin(pools, organization, None).await?;
            let heads = feed::heads(&mut tx, &feeds).await?;
            tx.rollback().await?;
            heads.into_iter().for_each(|head| self.moved(head.feed, head.seq));
        }
        Ok(())
    }
}

fn advance(state: &State, to: u64) {
    state.head.send_if_modified(|head| {
        let is_news = to > *head;
        *head = to.max(*head);
        is_news
    });
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It says so when it connects again, and gets a snapshot.
    #[error("the feed begins behind what the device has by now")]
    Forgotten,
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

    /// The batch after a cursor; nothing when there is none. One that only this connection wants waits
    /// for its turn, and for room.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn batch(&self, sync: &Sync, after: u64) -> Result<Option<Arc<Packed>>, ReadError> {
        let head = *self.head.borrow();
        if head.saturating_sub(after) > SHARED_ENTRIES {
            let admission = &sync.0.admission;
            let _turn = admission.read().await;
            let Some(packed) = self.read(sync.pools(), after).await? else { return Ok(None) };
            let room = admission.packed(packed.frame.len()).await;
            return Ok(Some(Arc::new(Packed { _room: Some(room), ..packed })));
        }
        let mut recent = self.state.recent.lock().await;
        if let Some(found) = recent.iter().find(|packed| packed.after == after) {
            return Ok(Some(found.clone()));
        }
        let packed = self.read(sync.pools(), after).await?.map(Arc::new);
        if let Some(packed) = &packed {
            recent.push_back(packed.clone());
            if recent.len() > SHARED_BATCHES {
                recent.pop_front();
            }
        }
        Ok(packed)
    }

    async fn read(&self, pools: &Pools, after: u64) -> Result<Option<Packed>, ReadError> {
        let mut tx = TenantTx::begin(pools, self.state.organization, None).await?;
        let batch = feed::read(&mut tx, self.id, after).await?;
        tx.rollback().await?;
        let batch = match batch {
            Next::Batch(batch) => batch,
            Next::End => return Ok(None),
            Next::Forgotten => return Err(ReadError::Forgotten),
        };
        advance(&self.state, batch.head);
        let until = batch.until;
        let frame = encode(&StoredFrame::Batch(batch))?;
        Ok(Some(Packed { after, until, frame: frame.into(), _room: None }))
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
    sync.feeds.ask(pools).await?;
    drop(sync);
    loop {
        let heard = listener.next().await?;
        let Some(sync) = inner.upgrade() else { return Ok(()) };
        match heard {
            Heard::Moved(feed, head) => sync.feeds.moved(feed, head),
            Heard::Perhaps => sync.feeds.ask(pools).await?,
        }
    }
}
