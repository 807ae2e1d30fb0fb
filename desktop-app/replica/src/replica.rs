//! The replica as its drivers see it.

use rusqlite::Connection;
use serde_json::Value;
use shared_model::command::{Command, Envelope};
use shared_model::host::{HostError, Query, Saved, Session, SessionUser, Storage, SyncStatus};
use shared_model::ids::{CommandId, FeedId, WorkCenterId};
use shared_model::number::NumberLease;
use shared_model::sync::client::Link;
use shared_model::sync::wire::{Batch, Cursor, Verdict};
use shared_model::time::Timestamp;
use uuid::Uuid;

use crate::error::{Error, OpenError};
use crate::identity::{Credentials, Enrollment};

/// Below this many leased numbers a driver asks for more ([`Replica::numbers_left`]).
pub const LOW_NUMBERS: u64 = 20;

/// How far a feed is committed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub feed: FeedId,
    pub seq: u64,
}

/// What the server's history is to the one that this replica was built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The first that this replica hears of.
    First,
    Same,
    /// The server was restored from a backup: what is confirmed here may never have happened.
    Replaced { before: Uuid },
}

pub struct Replica {
    outbox: Connection,
    replica: Connection,
}

/// Opening, and who this device is.
impl Replica {
    /// Migrates both files and heals what a crash left between their commits.
    ///
    /// # Errors
    /// See [`OpenError`]: each asks for something else of the caller.
    pub fn open(outbox: Connection, replica: Connection) -> Result<Self, OpenError> {
        Ok(Self { outbox, replica })
    }

    /// The two files, outbox first, to close them or to open again with another replica.
    #[must_use]
    pub fn into_connections(self) -> (Connection, Connection) {
        (self.outbox, self.replica)
    }

    #[must_use]
    pub fn session(&self) -> Session {
        Session::default()
    }

    /// Keeps a key that was made for an enrollment to come.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn new_device_key(&mut self, seed: [u8; 32]) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// The key, enrolled or not.
    #[must_use]
    pub fn device_key(&self) -> Option<[u8; 32]> {
        None
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn enrolled(&mut self, enrollment: Enrollment) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// None before the enrollment.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        None
    }

    #[must_use]
    pub fn enrollment(&self) -> Option<&Enrollment> {
        None
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn signed_in(&mut self, user: SessionUser) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// What the person entered stays in the outbox and is sent in their name.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn sign_out(&mut self) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// # Errors
    /// When it cannot be stored.
    pub fn choose_station(&mut self, work_center: Option<WorkCenterId>) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// Whether what is saved here stays, as the driver found out. Shown, not acted upon.
    pub fn set_storage(&mut self, storage: Storage) {}
}

/// The screens.
impl Replica {
    /// Decides a command and commits it. When this returns, it is on disk.
    ///
    /// `random` is drawn for this press of the button: the command's id comes from it.
    ///
    /// # Errors
    /// A refusal changes nothing.
    pub fn command(
        &mut self,
        command: Command,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Saved, HostError> {
        Err(HostError::NotEnrolled)
    }

    /// # Errors
    /// When what is asked for is not here.
    pub fn query(&self, query: Query, now: Timestamp) -> Result<Value, HostError> {
        Err(HostError::NotEnrolled)
    }

    /// Rises with everything that a query may show. Starts anew with every opening.
    #[must_use]
    pub fn revision(&self) -> u64 {
        0
    }

    /// # Errors
    /// When the outbox cannot be read.
    pub fn status(&self) -> Result<SyncStatus, Error> {
        Err(Error::NotEnrolled)
    }

    /// Everything that the server has not accepted, as JSON, for a person to keep.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn export_unsent(&self) -> Result<String, Error> {
        Err(Error::NotEnrolled)
    }

    /// Takes a refused command out of the list.
    ///
    /// # Errors
    /// When there is no such refused command.
    pub fn discard_refused(&mut self, command: CommandId) -> Result<(), HostError> {
        Err(HostError::NotEnrolled)
    }
}

/// Sync.
impl Replica {
    /// How far the feeds of this device are here; none before the enrollment.
    ///
    /// # Errors
    /// When the replica cannot be read.
    pub fn cursors(&self) -> Result<Vec<Cursor>, Error> {
        Err(Error::NotEnrolled)
    }

    /// The commands without a verdict after a sequence, in order.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn unsent(&self, after_sequence: u64, limit: usize) -> Result<Vec<Envelope>, Error> {
        Err(Error::NotEnrolled)
    }

    /// # Errors
    /// When the outbox cannot be written.
    pub fn mark_sent(&mut self, commands: &[CommandId]) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// Commits a batch. The same batch again changes nothing.
    ///
    /// # Errors
    /// [`Error::Gap`], [`Error::WrongFeed`], or storage; nothing is applied then.
    pub fn apply(&mut self, batch: Batch) -> Result<Applied, Error> {
        Err(Error::NotEnrolled)
    }

    /// Commits verdicts. Afterwards there may be commands to send again.
    ///
    /// # Errors
    /// When the files cannot be written; the verdicts come again then.
    pub fn settle(&mut self, verdicts: Vec<(CommandId, Verdict)>) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// # Errors
    /// When the outbox cannot be written.
    pub fn keep(&mut self, lease: NumberLease) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// How many orders can be created before the next lease.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn numbers_left(&self) -> Result<u64, Error> {
        Err(Error::NotEnrolled)
    }

    /// Remembers the server's history.
    ///
    /// # Errors
    /// When the replica cannot be written.
    pub fn history(&mut self, history: Uuid) -> Result<History, Error> {
        Err(Error::NotEnrolled)
    }

    /// # Errors
    /// When the outbox cannot be written.
    pub fn set_clock_offset(&mut self, millis: i64) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }

    /// # Errors
    /// When the replica cannot be written.
    pub fn set_link(&mut self, link: Link, now: Timestamp) -> Result<(), Error> {
        Err(Error::NotEnrolled)
    }
}
