//! How the two files are written: with a write-ahead log. The outbox waits for the disk at every
//! commit, because that commit is what the green tick promises; the replica does not, because the
//! server has it all. It waits only where the outbox is about to forget what the replica now holds
//! ([`wait_for_disk`], [`copy_log`]): else a power cut would take from this device what was entered on
//! it, until it meets the server again. And the outbox does not wait for a mark that something was sent.
//!
//! In the browser, too: the OPFS pool claims that somebody else always holds a lock, so SQLite would
//! never play a rollback journal back, and a tab that ends in the middle of a commit would leave a
//! damaged file. A log needs no such answer. The pool has no shared memory for its index, which
//! SQLite does without where it has the file for itself.
//!
//! A log is written into its file while nobody waits ([`copy_log`]). SQLite's own way is within the commit that
//! makes it long: one press of a button in fifty would take five milliseconds where the others take one.

use rusqlite::Connection;

/// Pages that each file keeps in memory. Reading one again costs its decryption, ten times what the copy
/// would: a device that comes back with 10,000 commands spent four tenths of its time on that with 2 MB and 8 MB.
const CACHE_KIBIBYTES: i32 = if cfg!(target_arch = "wasm32") { 8 * 1024 } else { 16 * 1024 };

/// How long a log becomes, in pages of 4 kB, where nobody ever lets go for a moment; then a commit copies it. The index
/// of a longer one would need room of its own.
const LOG_PAGES_MAX: i32 = 3_000;

pub(crate) fn prepare_outbox(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection, "full")
}

pub(crate) fn prepare_replica(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection, "normal")
}

/// Whether a file waits for the disk when it commits; to be said before the transaction begins.
pub(crate) fn wait_for_disk(connection: &Connection, waits: bool) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", if waits { "full" } else { "normal" })
}

/// Writes what is in a file's log into the file, and waits until that is on the disk; the log then begins anew. Not
/// inside a transaction.
pub(crate) fn copy_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))
}

fn prepare(connection: &Connection, synchronous: &str) -> rusqlite::Result<()> {
    if cfg!(target_arch = "wasm32") {
        connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES_MAX, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    // Each file knows some dozens of statements; reading one again costs as much as many a statement does.
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "foreign_keys", false)
}
