//! A directory with the files of one device, used by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use shared_model::host::Wiped;

use super::{key, wipe};
use crate::OpenError;
use crate::driver::{Files, Gone};
use crate::sealed::{self, DataKey, Database, Place};

/// The last replica that was damaged, for whoever wants to know how.
pub(super) const DAMAGED: &str = "replica-damaged.db";
const LOCK: &str = "lock";

#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{} is in use by another Unison; close that one first", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used for the data of this device", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    is_keychain_wanted: bool,
    /// From [`Files::unlock`] on.
    key: Option<DataKey>,
    /// The operating system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    /// # Errors
    /// When it cannot be made, or another process has it.
    pub fn open(path: &Path, is_keychain_wanted: bool) -> Result<Self, DirectoryError> {
        let io = |source| DirectoryError::Io { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(io)?;
        keep_private(path).map_err(io)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), is_keychain_wanted, key: None, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

impl Directory {
    fn open_database(&self, database: Database) -> rusqlite::Result<Connection> {
        const LOCKED: i32 = rusqlite::ffi::SQLITE_AUTH;
        let locked = || rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(LOCKED), None);
        sealed::open(&self.path.as_path(), database, self.key.as_ref().ok_or_else(locked)?)
    }
}

impl Files for Directory {
    fn unlock(&mut self) -> Result<(), OpenError> {
        let place = self.path.as_path();
        wipe::finish(place).map_err(|error| {
            OpenError::Locked(format!(
                "an administrator has this device emptied, and not everything could be removed ({error})"
            ))
        })?;
        let key = match &self.key {
            Some(key) => key.clone(),
            None => {
                let is_needed = place.has(Database::Outbox.name());
                key::find_or_make(place, self.is_keychain_wanted, is_needed)?
            }
        };
        // Kept whatever comes: who has to ask the keychain again may find it locked.
        self.key = Some(key.clone());
        sealed::make_ready(&place, Database::Outbox, &key)?;
        sealed::make_ready(&place, Database::Replica, &key)
    }

    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        self.open_database(Database::Outbox)
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        self.open_database(Database::Replica)
    }

    fn set_replica_aside(&mut self) -> io::Result<()> {
        let replica = self.path.join(Database::Replica.name());
        if replica.exists() {
            fs::rename(&replica, self.path.join(DAMAGED))?;
        }
        // The log belongs to the old file; SQLite would play it into the new one.
        remove_log(&self.path, Database::Replica.name())
    }

    fn make_room(&mut self) {
        if let Err(error) = remove_with_log(&self.path, DAMAGED) {
            tracing::warn!(%error, "the replica that was put aside cannot be removed");
        }
    }

    fn wipe(&mut self, note: &Wiped) -> io::Result<Gone> {
        self.key = None;
        wipe::wipe(&self.path, note)?;
        Ok(Gone::Now)
    }

    fn wiped(&self) -> Option<Wiped> {
        wipe::last(&self.path)
    }
}

impl Place for &Path {
    fn has(&self, name: &str) -> bool {
        self.join(name).exists()
    }

    fn open(&self, name: &str) -> rusqlite::Result<Connection> {
        Connection::open(self.join(name))
    }

    fn address(&self, name: &str) -> String {
        self.join(name).to_string_lossy().into_owned()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.join(name))?;
        remove_log(self, name)?;
        key::sync_directory(self)
    }
}

/// Removes a database with its log, if it is there.
pub(super) fn remove_with_log(directory: &Path, name: &str) -> io::Result<()> {
    remove_if_there(&directory.join(name))?;
    remove_log(directory, name)
}

fn remove_log(directory: &Path, name: &str) -> io::Result<()> {
    let suffixes = ["-wal", "-shm", "-journal"];
    suffixes.iter().try_for_each(|suffix| remove_if_there(&directory.join(format!("{name}{suffix}"))))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// The outbox holds the device's key: nobody else on this machine reads it.
#[cfg(unix)]
fn keep_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Elsewhere a user's data directory is private already.
#[cfg(not(unix))]
fn keep_private(_path: &Path) -> io::Result<()> {
    Ok(())
}
