//! The two files behind a replica, as a driver needs them.

use rusqlite::Connection;
use shared_model::host::{HostError, Storage, Wiped};

use super::Closed;
use crate::{OpenError, Replica};

/// Where the files are: a directory, a browser's private file system, or memory in the simulation.
pub trait Files {
    /// Makes encrypted files ready to be opened; where nothing is encrypted, there is nothing to do.
    ///
    /// # Errors
    /// When there is no key, or it does not fit, or what an older version left cannot be taken over.
    fn unlock(&mut self) -> Result<(), OpenError> {
        Ok(())
    }

    /// # Errors
    /// When it cannot be opened or made.
    fn open_outbox(&mut self) -> rusqlite::Result<Connection>;

    /// # Errors
    /// When it cannot be opened or made.
    fn open_replica(&mut self) -> rusqlite::Result<Connection>;

    /// Puts the replica's file out of the way, so that the next opening makes an empty one. Both
    /// files are closed.
    ///
    /// # Errors
    /// When it is still there.
    fn set_replica_aside(&mut self) -> std::io::Result<()>;

    /// Removes what was put aside, because there is no room for another replica beside it.
    fn make_room(&mut self) {}

    /// Removes everything for good: the key first, without which no copy of the files can be read, then the
    /// files. Whatever a crash leaves of it is removed before the files are opened again. Both files are
    /// closed.
    ///
    /// # Errors
    /// When something is still there; the next opening goes on.
    fn wipe(&mut self, _note: &Wiped) -> std::io::Result<Gone> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// What the last wipe left to be told.
    fn wiped(&self) -> Option<Wiped> {
        None
    }
}

/// How far a wipe has come when its call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Nothing is left; the files can be opened anew.
    Now,
    /// The platform goes on with it, and starts another driver when nothing is left.
    Later,
}

/// Opens the replica. A damaged replica file is replaced; a damaged outbox is left as it is.
pub fn open(files: &mut dyn Files, storage: Storage) -> Result<Replica, Closed> {
    let mut replica = match connect(files) {
        Err(OpenError::ReplicaDamaged(error)) => {
            tracing::warn!(%error, "the replica is damaged; it is rebuilt from the server");
            files.set_replica_aside().map_err(|error| Closed::still_there(&error))?;
            connect(files)
        }
        other => other,
    }
    .map_err(|error| closed(&error))?;
    replica.set_storage(storage);
    Ok(replica)
}

fn connect(files: &mut dyn Files) -> Result<Replica, OpenError> {
    files.unlock()?;
    let outbox = files.open_outbox().map_err(OpenError::Storage)?;
    let replica = files.open_replica().map_err(OpenError::Storage)?;
    Replica::open(outbox, replica)
}

fn closed(error: &OpenError) -> Closed {
    tracing::error!(error = error as &dyn std::error::Error, "the replica cannot be opened");
    match error {
        error if error.is_full() => Closed::full(),
        OpenError::Newer => {
            Closed { storage: Storage::default(), error: HostError::UpdateNeeded, ..Closed::default() }
        }
        OpenError::OutboxDamaged(source) => Closed::storage(&format!(
            "the file with the unsent entries is damaged and was left as it is ({source}); ask whoever looks after this device"
        )),
        OpenError::ReplicaDamaged(problem) => Closed::storage(&format!("its files are damaged ({problem})")),
        OpenError::Locked(problem) => Closed::locked(problem),
        OpenError::Storage(source) => Closed::storage(&format!("its files cannot be opened ({source})")),
        OpenError::Other(error) => Closed::storage(&format!("its files cannot be read ({error})")),
    }
}
