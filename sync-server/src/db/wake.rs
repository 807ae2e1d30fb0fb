//! How the processes on one database hear of each other's commits.

use shared_model::ids::FeedId;

use super::nats::Nats;

/// Either way the feed itself is the truth, and this says only when to look at it.
#[derive(Clone, Debug, Default)]
pub enum Wake {
    /// By PostgreSQL: the transaction itself notifies, when it commits.
    #[default]
    Notify,
    /// By NATS, after the commit.
    Nats(Nats),
}

impl Wake {
    /// Whether a transaction is to notify.
    pub(super) const fn is_notify(&self) -> bool {
        matches!(self, Self::Notify)
    }

    /// Tells which feeds a committed transaction moved, and how far they go.
    pub(super) fn tell(&self, moved: Vec<(FeedId, u64)>) {
        match self {
            Self::Notify => {}
            Self::Nats(nats) => nats.tell(moved),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Notify => {}
            Self::Nats(nats) => nats.close().await,
        }
    }
}
