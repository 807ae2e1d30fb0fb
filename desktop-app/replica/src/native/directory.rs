//! A directory with the files of one device, used by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::driver::Files;

const OUTBOX: &str = "outbox.db";
const REPLICA: &str = "replica.db";
/// The last replica that was damaged, for whoever wants to know how.
const DAMAGED: &str = "replica-damaged.db";
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
    /// The operating system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl Directory {
    /// # Errors
    /// When it cannot be made, or another process has it.
    pub fn open(path: &Path) -> Result<Self, DirectoryError> {
        let io = |source| DirectoryError::Io { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(io)?;
        keep_private(path).map_err(io)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

impl Files for Directory {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        Connection::open(self.path.join(OUTBOX))
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        Connection::open(self.path.join(REPLICA))
    }

    fn set_replica_aside(&mut self) -> io::Result<()> {
        let replica = self.path.join(REPLICA);
        if replica.exists() {
            fs::rename(&replica, self.path.join(DAMAGED))?;
        }
        // The log belongs to the old file; SQLite would play it into the new one.
        for suffix in ["-wal", "-shm", "-journal"] {
            match fs::remove_file(self.path.join(format!("{REPLICA}{suffix}"))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
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
