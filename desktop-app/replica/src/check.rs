//! Whether the replica file is still what it should be.

use rusqlite::ErrorCode;

use crate::{Error, Replica};

/// Reads the whole file, which takes a while: for when something has gone wrong already.
///
/// # Errors
/// [`Error::ReplicaDamaged`] when it is not.
pub(crate) fn replica(replica: &Replica) -> Result<(), Error> {
    match replica.replica.query_row("pragma quick_check(1)", [], |row| row.get::<_, String>(0)) {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(Error::ReplicaDamaged(found)),
        // A connection that has met a page whose seal is broken says this of everything from then on.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OutOfMemory) => {
            Err(Error::ReplicaDamaged("a page was altered".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
