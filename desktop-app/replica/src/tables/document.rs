//! The confirmed documents.
//!
//! Stored as a saved document with the changes that came since behind it, which Automerge reads as
//! one: appending is cheaper than saving anew. After [`MAX_APPENDED`] changes it is saved anew.

use automerge::Change;
use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::ids::WorkOrderId;
use shared_model::work_order::document::Document;

use crate::error::Error;

const MAX_APPENDED: usize = 16;

/// The confirmed document of an order; empty where there is none.
pub(crate) fn load(replica: &Connection, order: WorkOrderId) -> Result<Document, Error> {
    let sql = "select bytes from document where id = ?1";
    let bytes: Option<Vec<u8>> =
        replica.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()?;
    Ok(bytes.map_or_else(|| Ok(Document::empty()), |bytes| Document::load(&bytes))?)
}

/// Keeps a saved document unread, in place of what is here.
pub(crate) fn put(tx: &Transaction<'_>, order: WorkOrderId, bytes: &[u8]) -> rusqlite::Result<()> {
    let sql = "insert into document (id, bytes, appended) values (?1, ?2, 0)
               on conflict do update set bytes = excluded.bytes, appended = excluded.appended";
    tx.prepare_cached(sql)?.execute((order.uuid(), bytes)).map(drop)
}

pub(crate) fn remove(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from document where id = ?1")?.execute([order.uuid()]).map(drop)
}

/// Takes changes into an order's confirmed document, and gives the document as it is then.
pub(crate) fn merge(
    tx: &Transaction<'_>,
    order: WorkOrderId,
    changes: Vec<Change>,
) -> Result<Document, Error> {
    let sql = "select bytes, appended from document where id = ?1";
    let stored: Option<(Vec<u8>, usize)> =
        tx.prepare_cached(sql)?.query_row([order.uuid()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (mut bytes, mut appended) = stored.unwrap_or_default();
    let mut document = Document::load(&bytes)?;
    for change in changes {
        if document.has(&change.hash()) {
            continue;
        }
        bytes.extend_from_slice(change.raw_bytes());
        appended += 1;
        document.merge(change)?;
    }
    if appended > MAX_APPENDED {
        bytes = document.save()?;
        appended = 0;
    }
    let sql = "insert into document (id, bytes, appended) values (?1, ?2, ?3)
               on conflict do update set bytes = excluded.bytes, appended = excluded.appended";
    tx.prepare_cached(sql)?.execute((order.uuid(), bytes, appended))?;
    Ok(document)
}
