//! What can go wrong, by what the caller can do about it.

use rusqlite::{ErrorCode, ffi};
use shared_model::host::HostError;
use shared_model::ids::FeedId;
use shared_model::work_order::document::DocumentError;

use crate::outbox::OutboxError;

/// Why the files could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Show "update the app"; touch nothing.
    #[error("this app is older than its data; update it")]
    Newer,
    /// Drop the replica file and open again: it is rebuilt from the server, the outbox is kept.
    #[error("the replica is damaged: {0}")]
    ReplicaDamaged(String),
    /// Unsent work may be lost: keep the file, and tell the person.
    #[error("the outbox is damaged: {0}")]
    OutboxDamaged(String),
    /// There is no key, or it does not fit. A sentence for the person; nothing was removed.
    #[error("{0}")]
    Locked(String),
    #[error("the files of this device cannot be used")]
    Storage(#[source] rusqlite::Error),
    #[error(transparent)]
    Other(Error),
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this device has not joined a plant yet")]
    NotEnrolled,
    /// The batch does not follow on what is here; ask for it again from the cursor.
    #[error("the batch of feed {feed} starts after {after}, but this device has it up to {here}")]
    Gap { feed: FeedId, after: u64, here: u64 },
    #[error("feed {0} is not one of this device's")]
    WrongFeed(FeedId),
    /// The snapshot is none of the history in which it was begun. Connect again: [`crate::History::Replaced`]
    /// is what comes of it.
    #[error("the snapshot of feed {0} was begun before the server was set back")]
    OtherHistory(FeedId),
    /// Drop the replica file and open again: it is rebuilt from the server, the outbox is kept.
    #[error("the replica is damaged: {0}")]
    ReplicaDamaged(String),
    /// Unsent work may be lost: keep the file, and tell the person.
    #[error("the outbox is damaged: {0}")]
    OutboxDamaged(String),
    #[error("the outbox cannot be written")]
    Outbox(#[source] rusqlite::Error),
    #[error("the replica cannot be written")]
    Replica(#[source] rusqlite::Error),
    #[error("a work order cannot be read")]
    Document(#[from] DocumentError),
}

impl Error {
    /// Whether there is no room for what was to be written.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Outbox(error) | Self::Replica(error) if is_full(error))
    }

    /// Whether the way out is to drop the replica file.
    #[must_use]
    pub const fn is_replica_damaged(&self) -> bool {
        matches!(self, Self::ReplicaDamaged(_))
    }
}

impl OpenError {
    /// Whether there is no room for the files.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Storage(error) => is_full(error),
            Self::Other(error) => error.is_full(),
            _ => false,
        }
    }
}

/// SQLite's word for a file that is not what it was.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// SQLite's words for a disk without room: the index of a log has one of its own. The browser's file system has none:
/// there a write fails for a reason that SQLite is not told, which is room, as the files are open for nobody else.
fn is_full(error: &rusqlite::Error) -> bool {
    const NO_REASON: i32 = 10; // SQLITE_IOERR alone: others say what failed.
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            failure.code == ErrorCode::DiskFull
                || failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE
                || cfg!(target_arch = "wasm32") && failure.extended_code == NO_REASON
        }
        _ => false,
    }
}

/// Errors of plain SQL are those of the replica; the outbox wraps its own. A replica whose tables contradict each
/// other, so that something cannot be stored, is damaged too: a part of its log was lost.
impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let is_contradiction = error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
        if is_contradiction || is_damage(&error) {
            Self::ReplicaDamaged(error.to_string())
        } else {
            Self::Replica(error)
        }
    }
}

impl From<OutboxError> for Error {
    fn from(OutboxError(error): OutboxError) -> Self {
        if is_damage(&error) { Self::OutboxDamaged(error.to_string()) } else { Self::Outbox(error) }
    }
}

impl From<Error> for HostError {
    fn from(error: Error) -> Self {
        match error {
            error if error.is_full() => Self::StorageFull,
            Error::NotEnrolled => Self::NotEnrolled,
            Error::Document(error) if error.newer().is_some() => Self::UpdateNeeded,
            Error::ReplicaDamaged(_)
            | Error::OutboxDamaged(_)
            | Error::Outbox(_)
            | Error::Replica(_)
            | Error::Document(_) => Self::Storage { message: with_source(&error) },
            Error::Gap { .. } | Error::WrongFeed(_) | Error::OtherHistory(_) => {
                Self::Internal { message: error.to_string() }
            }
        }
    }
}

/// The message with what it comes from, which a person can read to whoever helps them.
fn with_source(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error} ({source})"))
}
