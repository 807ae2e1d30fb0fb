//! What was answered to a press of a button, so that a page that did not hear it may ask again.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::host::Saved;
use shared_model::ids::PressId;

use super::Result;
use crate::stored::{from_json, json};

/// Of a browser with several tabs, one ends while another waits for its answer: the one that takes over
/// is asked at once. A page gives up long before people have pressed so many buttons.
const KEPT: i64 = 1_000;

pub(crate) fn remember(tx: &Transaction<'_>, press: PressId, saved: &Saved) -> Result<()> {
    let sql = "insert into press (id, saved) values (?1, ?2)";
    tx.prepare_cached(sql)?.execute((press.uuid(), json(saved)?))?;
    let sql = "delete from press where number <= ?1";
    tx.prepare_cached(sql)?.execute([tx.last_insert_rowid() - KEPT])?;
    Ok(())
}

pub(crate) fn find(outbox: &Connection, press: PressId) -> Result<Option<Saved>> {
    let sql = "select saved from press where id = ?1";
    let saved = |row: &rusqlite::Row<'_>| from_json(0, row.get_ref(0)?.as_str()?);
    Ok(outbox.prepare_cached(sql)?.query_row([press.uuid()], saved).optional()?)
}
