//! Whether the replica file is still what it should be.

use crate::{Error, Replica};

/// Reads the whole file, which takes a while: for when something has gone wrong already.
///
/// # Errors
/// [`Error::ReplicaDamaged`] when it is not.
pub(crate) fn replica(replica: &Replica) -> Result<(), Error> {
    let found: String = replica.replica.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Error::ReplicaDamaged(found)) }
}
