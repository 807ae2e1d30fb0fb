//! Files that only this device can read: SQLite encrypts every page, of the files and of their logs. Natively
//! that is SQLCipher, in the browser SQLite3 Multiple Ciphers; the key comes from the platform (`native/key.rs`,
//! `web/key.rs`) and is 32 random bytes, so nothing is derived from it.
//!
//! A file of an older version, which was not encrypted, is taken over: copied into an encrypted one of
//! another name, compared, and only then removed.
//!
//! **Invariant:** as long as the old file is there it is what counts, unless the encrypted one says of
//! itself that it is complete, which it does in the commit that brings the copy. A crash at any step
//! leaves one of the two whole.

use rusqlite::Connection;

use crate::error::{OpenError, is_damage};
use crate::migrate::MigrateError;
use crate::{connection, migrate};

/// In the header of a file that is complete; `Unis` in ASCII.
const COMPLETE: i32 = 0x556E_6973;

/// What the files of a device are encrypted with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DataKey([u8; 32]);

/// It is not printed.
impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// To be done first of all with a connection. Whether the key fits shows when something is read.
    pub fn unlock(&self, connection: &Connection) -> rusqlite::Result<()> {
        if cfg!(not(target_arch = "wasm32")) {
            // It would write to standard error what is said in words of our own.
            connection.execute_batch("pragma cipher_log_level = none")?;
        }
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        connection.execute_batch(&format!("pragma key = \"x'{hex}'\""))
    }
}

/// One of the two databases, by its name today and its name when it was not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Outbox,
    Replica,
}

impl Database {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox.sealed.db",
            Self::Replica => "replica.sealed.db",
        }
    }

    pub const fn old_name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox.db",
            Self::Replica => "replica.db",
        }
    }

    fn prepare(self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Outbox => connection::prepare_outbox(connection),
            Self::Replica => connection::prepare_replica(connection),
        }
    }

    fn migrate(self, connection: &mut Connection) -> Result<(), MigrateError> {
        match self {
            Self::Outbox => migrate::outbox(connection),
            Self::Replica => migrate::replica(connection),
        }
    }

    fn damaged(self, error: &rusqlite::Error) -> OpenError {
        match self {
            Self::Outbox => OpenError::OutboxDamaged(error.to_string()),
            Self::Replica => OpenError::ReplicaDamaged(error.to_string()),
        }
    }

    fn failed(self, error: MigrateError) -> OpenError {
        match error {
            MigrateError::Newer => OpenError::Newer,
            MigrateError::Sql(error) if is_damage(&error) => self.damaged(&error),
            MigrateError::Sql(error) => OpenError::Storage(error),
        }
    }
}

/// Where files are, by their names.
pub(crate) trait Place {
    fn has(&self, name: &str) -> bool;
    /// Opens or makes it.
    fn open(&self, name: &str) -> rusqlite::Result<Connection>;
    /// What `attach` finds it by.
    fn address(&self, name: &str) -> String;
    /// Removes it with its log, for good.
    fn remove(&self, name: &str) -> std::io::Result<()>;
}

/// Opens an encrypted database; what is in it is not looked at yet.
pub(crate) fn open(place: &impl Place, database: Database, key: &DataKey) -> rusqlite::Result<Connection> {
    let connection = place.open(database.name())?;
    key.unlock(&connection)?;
    Ok(connection)
}

/// Makes a database ready to be opened: takes an old one over, and marks a new one as complete.
///
/// # Errors
/// [`OpenError::Locked`] when the key does not fit; otherwise as when a replica is opened. Nothing that
/// people entered is removed in any case.
pub(crate) fn make_ready(place: &impl Place, database: Database, key: &DataKey) -> Result<(), OpenError> {
    let is_old_there = place.has(database.old_name());
    let sealed = open(place, database, key).map_err(OpenError::Storage)?;
    let is_complete = match is_complete(database, &sealed) {
        Ok(is_complete) => is_complete,
        // The other database was read with the key, or is about to be: this one is damaged, which is for
        // whoever opens it to say.
        Err(error) if is_damage(&error) && database == Database::Replica => return Ok(()),
        Err(error) if is_damage(&error) => return Err(OpenError::Locked(WRONG_KEY.to_owned())),
        Err(error) => return Err(OpenError::Storage(error)),
    };
    match (is_old_there, is_complete) {
        (false, true) => Ok(()),
        (false, false) => mark(&sealed).map_err(OpenError::Storage),
        (true, _) => match take_over(place, database, sealed, is_complete) {
            // What cannot be read is fetched again, and is not left for others to read.
            Err(OpenError::ReplicaDamaged(error)) => {
                tracing::warn!(
                    error,
                    "the replica of an older version is damaged; it is rebuilt from the server"
                );
                remove(place, database)?;
                let sealed = open(place, database, key).map_err(OpenError::Storage)?;
                mark(&sealed).map_err(OpenError::Storage)
            }
            other => other,
        },
    }
}

const WRONG_KEY: &str = "the file with the unsent entries cannot be read with the key of this device: the key is another \
     one, or the file is damaged; it was left as it is, ask whoever looks after this device";

const TWO_OUTBOXES: &str = "an older version of Unison was used here after a newer one, and there are two files with unsent \
     entries (outbox.db and outbox.sealed.db); both were left as they are, ask whoever looks after this device";

fn is_complete(database: Database, sealed: &Connection) -> rusqlite::Result<bool> {
    database.prepare(sealed)?;
    let id: i32 = sealed.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id == COMPLETE)
}

fn mark(sealed: &Connection) -> rusqlite::Result<()> {
    sealed.pragma_update(None, "application_id", COMPLETE)
}

fn take_over(
    place: &impl Place,
    database: Database,
    mut sealed: Connection,
    is_copied: bool,
) -> Result<(), OpenError> {
    bring_up_to_date(place, database)?;
    database.migrate(&mut sealed).map_err(|error| database.failed(error))?;
    let failed = |error| database.failed(MigrateError::Sql(error));
    connection::wait_for_disk(&sealed, true).map_err(failed)?;
    // An empty key: it is not encrypted.
    let old = place.address(database.old_name());
    sealed.execute("attach database ?1 as old key ''", [old]).map_err(failed)?;
    if !is_copied {
        copy(&mut sealed).map_err(failed)?;
    }
    let is_same = is_same(&sealed).map_err(failed)?;
    sealed.execute_batch("detach database old").map_err(failed)?;
    connection::copy_log(&sealed).map_err(failed)?;
    drop(sealed);
    // The replica may have gone on; the outbox was looked at by nobody since it was copied.
    if !is_same && database == Database::Outbox {
        return Err(OpenError::Locked(TWO_OUTBOXES.to_owned()));
    }
    remove(place, database)
}

fn remove(place: &impl Place, database: Database) -> Result<(), OpenError> {
    place.remove(database.old_name()).map_err(|error| {
        OpenError::Locked(format!("a file that is not encrypted cannot be removed ({error})"))
    })
}

/// The old file has the tables that the new one has.
fn bring_up_to_date(place: &impl Place, database: Database) -> Result<(), OpenError> {
    let failed = |error| database.failed(MigrateError::Sql(error));
    let mut old = place.open(database.old_name()).map_err(failed)?;
    database.prepare(&old).map_err(failed)?;
    database.migrate(&mut old).map_err(|error| database.failed(error))
}

/// All rows, and that they are all, in one commit.
fn copy(sealed: &mut Connection) -> rusqlite::Result<()> {
    let tables = tables(sealed)?;
    let tx = sealed.transaction()?;
    for table in tables {
        tx.execute_batch(&format!(
            "delete from main.\"{table}\"; insert into main.\"{table}\" select * from old.\"{table}\""
        ))?;
    }
    mark(&tx)?;
    tx.commit()
}

/// Whether both hold the same rows.
fn is_same(sealed: &Connection) -> rusqlite::Result<bool> {
    for table in tables(sealed)? {
        for (one, other) in [("old", "main"), ("main", "old")] {
            let sql = format!(
                "select exists (select * from {one}.\"{table}\" except select * from {other}.\"{table}\")"
            );
            if sealed.query_row(&sql, [], |row| row.get(0))? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn tables(sealed: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql =
        "select name from main.sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'";
    sealed.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}
