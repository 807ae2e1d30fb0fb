//! How much is here, and how current it is.

use rusqlite::Connection;
use shared_model::host::{SyncReport, SyncStatus};

use super::{NoAnswer, View};
use crate::error::Error;
use crate::outbox::OutboxError;
use crate::tables::{record, work_order};

pub(super) fn report(view: &View<'_>, status: SyncStatus) -> Result<SyncReport, NoAnswer> {
    let facts = "select count(*) from fact";
    Ok(SyncReport {
        status,
        order_count: work_order::count(view.replica)?,
        fact_count: view.replica.query_row(facts, [], |row| row.get(0))?,
        record_count: record::count(view.replica)?,
        replica_bytes: bytes(view.replica)?,
        outbox_bytes: bytes(view.outbox).map_err(|error| Error::from(OutboxError(error)))?,
    })
}

fn bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "select page_count * page_size from pragma_page_count, pragma_page_size";
    connection.query_row(sql, [], |row| row.get(0))
}
