//! Sync: the server's side of what devices and the server tell each other.
//!
//! A command's way: [`socket`] (or [`Sync::execute`], from the HTTP API) → [`queue`], one per plant
//! → [`batch`], one transaction: load ([`held`]), check against reference data ([`check`]), judge
//! (`shared_model::sync::judge`), write ([`draft`]) → verdicts. What was written goes out through
//! [`feeds`], which wakes the connections of the plant.
//!
//! **Invariant:** a verdict leaves after the commit, and a command has one verdict for ever.
//! **Invariant:** decisions on one plant are made one after the other, under the lock of its feed.

mod admission;
mod attendance;
mod batch;
mod catalog;
mod check;
mod draft;
mod execute;
mod feeds;
mod fingerprints;
mod held;
mod packed;
mod people;
mod queue;
mod release;
pub(crate) mod snapshot;
mod socket;
#[cfg(test)]
pub(crate) mod tests;
mod whole_order;

use std::sync::Arc;

use shared_model::ids::{CommandId, DeviceId, FeedId, OrganizationId, PlantId};
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::work_order::document::DocumentError;

pub(crate) use catalog::Catalogs;
pub(crate) use draft::Draft;
pub use execute::Order;
pub use socket::router;

use self::batch::Connection;
use crate::db::{self, Pools};

/// Why nothing can be said about commands.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Passes by itself; it is logged where it was met.
    #[error("the server cannot commit now; try again a little later")]
    Unavailable,
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("a work order's document is damaged")]
    Document(#[from] DocumentError),
}

impl Fault {
    /// Whether it passes by itself.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Db(db::Error::Unavailable(_)))
    }

    /// Whether it lies in what was sent, and will be the same for ever.
    #[must_use]
    pub fn is_of_the_command(&self) -> bool {
        matches!(self, Self::Db(error) if error.is_of_the_data())
    }
}

/// Who sends commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A device, which says in each command who pressed the button.
    Device(DeviceId),
    /// The server itself, for a person that it knows to be signed in.
    Server,
    /// The same, for a person who decided on this version of the order: where it is another one by
    /// now, they are to look again, which [`Verdict::Rebase`] says.
    ServerAt { version: u64 },
}

/// The sync of this process. Cheap to clone.
#[derive(Clone)]
pub struct Sync(Arc<Inner>);

struct Inner {
    pools: Pools,
    queues: queue::Queues,
    orders: held::Cache,
    catalogs: Catalogs,
    feeds: feeds::Feeds,
    /// Held by who makes a snapshot.
    snapshots: tokio::sync::Mutex<()>,
    admission: admission::Admission,
    attendance: attendance::Attendance,
}

impl std::fmt::Debug for Sync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sync")
    }
}

impl Sync {
    /// Begins to listen for what other processes write. Needs a Tokio runtime.
    #[must_use]
    pub fn start(pools: Pools) -> Self {
        let inner = Arc::new(Inner {
            pools,
            queues: queue::Queues::default(),
            orders: held::Cache::default(),
            catalogs: Catalogs::default(),
            feeds: feeds::Feeds::default(),
            snapshots: tokio::sync::Mutex::default(),
            admission: admission::Admission::default(),
            attendance: attendance::Attendance::default(),
        });
        feeds::listen(&inner);
        attendance::watch_over(&inner);
        Self(inner)
    }

    #[must_use]
    pub fn pools(&self) -> &Pools {
        &self.0.pools
    }

    /// Waits until a hello may be answered.
    async fn admit(&self) -> admission::Turn {
        self.0.admission.hello().await
    }

    /// Waits until a device may be told what to compare with.
    async fn admit_comparison(&self) -> admission::Turn {
        self.0.admission.comparison().await
    }

    /// Notes that a device is connected.
    fn enter(&self, organization: OrganizationId, device: DeviceId) -> attendance::Present {
        self.0.attendance.enter(organization, device)
    }

    /// What otherwise happens once a minute.
    #[cfg(test)]
    pub(crate) async fn look_around(&self) -> Result<(), db::Error> {
        attendance::look_around(&self.0).await
    }

    /// A view of a feed for one connection, with its head as far as the caller knows it.
    fn feed(&self, organization: OrganizationId, feed: FeedId, head: u64) -> feeds::Feed {
        self.0.feeds.open(organization, feed, head)
    }

    /// Judges commands in their order and commits them. The answer comes after the commit, with one
    /// verdict per command; a command on a damaged document gets none.
    ///
    /// # Errors
    /// When nothing was committed, or nobody knows: then the same commands are to be sent again.
    pub async fn submit(
        &self,
        organization: OrganizationId,
        plant: PlantId,
        sender: Sender,
        commands: Vec<ReceivedEnvelope>,
    ) -> Result<Vec<(CommandId, Verdict)>, Fault> {
        self.enqueue(organization, plant, sender, &Connection::default(), commands).await
    }
}
