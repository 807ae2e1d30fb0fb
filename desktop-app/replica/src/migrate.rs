//! Schema versions of the two files. The version is the length of the array: nothing to drift.

use rusqlite::Connection;

const OUTBOX: &[&str] = &[
    include_str!("../migrations/outbox/0001_outbox.sql"),
    include_str!("../migrations/outbox/0002_server_time.sql"),
    include_str!("../migrations/outbox/0003_press.sql"),
    include_str!("../migrations/outbox/0004_kept.sql"),
    include_str!("../migrations/outbox/0005_stand.sql"),
    include_str!("../migrations/outbox/0006_kept_seq.sql"),
    include_str!("../migrations/outbox/0007_kept_by_sequence.sql"),
    include_str!("../migrations/outbox/0008_waits.sql"),
    include_str!("../migrations/outbox/0009_replaced.sql"),
];
const REPLICA: &[&str] = &[
    include_str!("../migrations/replica/0001_replica.sql"),
    include_str!("../migrations/replica/0002_begun.sql"),
    include_str!("../migrations/replica/0003_cursor_check.sql"),
    include_str!("../migrations/replica/0004_newer.sql"),
    include_str!("../migrations/replica/0005_archived.sql"),
    include_str!("../migrations/replica/0006_begun_check.sql"),
    include_str!("../migrations/replica/0007_archived_touched.sql"),
];

#[derive(Debug)]
pub(crate) enum MigrateError {
    /// The file was written by a newer version of the app.
    Newer,
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

pub(crate) fn outbox(connection: &mut Connection) -> Result<(), MigrateError> {
    migrate(connection, OUTBOX)
}

pub(crate) fn replica(connection: &mut Connection) -> Result<(), MigrateError> {
    migrate(connection, REPLICA)
}

fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), MigrateError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > steps.len() {
        return Err(MigrateError::Newer);
    }
    for (step, number) in steps.iter().zip(1usize..).skip(version) {
        let tx = connection.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
