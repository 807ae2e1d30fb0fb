//! How far each feed is here, or a snapshot of it, and which own commands it brought back.

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared_model::ids::{CommandId, FeedId};
use shared_model::sync::wire::{Begun, Check};
use uuid::Uuid;

/// 0 for a feed of which nothing is here.
pub(crate) fn of(replica: &Connection, feed: FeedId) -> rusqlite::Result<u64> {
    let sql = "select seq from cursor where feed = ?1";
    let seq = replica.prepare_cached(sql)?.query_row([feed.uuid()], |row| row.get(0)).optional()?;
    Ok(seq.unwrap_or_default())
}

/// `check` is what the server says that the entries up to there come to.
pub(crate) fn set(tx: &Transaction<'_>, feed: FeedId, seq: u64, check: Option<i64>) -> rusqlite::Result<()> {
    let sql = "insert or replace into cursor (feed, seq, check_value) values (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((feed.uuid(), seq, check)).map(drop)
}

pub(crate) fn checks(replica: &Connection) -> rusqlite::Result<Vec<Check>> {
    let sql = "select feed, check_value from cursor where check_value is not null";
    let mut statement = replica.prepare_cached(sql)?;
    let rows = statement
        .query_map([], |row| Ok(Check { feed: row.get::<_, Uuid>(0)?.into(), value: row.get(1)? }))?;
    rows.collect()
}

/// The snapshots that are being fetched.
pub(crate) fn begun(replica: &Connection) -> rusqlite::Result<Vec<Begun>> {
    let mut statement = replica.prepare_cached("select feed, seq, next from begun")?;
    let rows = statement.query_map([], |row| {
        Ok(Begun { feed: row.get::<_, Uuid>(0)?.into(), seq: row.get(1)?, next: row.get(2)? })
    })?;
    rows.collect()
}

/// `check` is what the server says that the entries up to the snapshot come to.
pub(crate) fn set_begun(tx: &Transaction<'_>, begun: Begun, check: Option<i64>) -> rusqlite::Result<()> {
    let sql = "insert or replace into begun (feed, seq, next, check_value) values (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute((begun.feed.uuid(), begun.seq, begun.next, check)).map(drop)
}

/// See [`set_begun`].
pub(crate) fn begun_check(replica: &Connection, begun: Begun) -> rusqlite::Result<Option<i64>> {
    let sql = "select check_value from begun where feed = ?1 and seq = ?2";
    replica.prepare_cached(sql)?.query_row((begun.feed.uuid(), begun.seq), |row| row.get(0))
}

pub(crate) fn forget_begun(tx: &Transaction<'_>, feed: FeedId) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from begun where feed = ?1")?.execute([feed.uuid()]).map(drop)
}

/// Remembers that a command is confirmed, until the outbox has let go of it: the two files commit
/// one after the other.
pub(crate) fn contain(tx: &Transaction<'_>, command: CommandId) -> rusqlite::Result<()> {
    let sql = "insert into contained (command) values (?1) on conflict do nothing";
    tx.prepare_cached(sql)?.execute([command.uuid()]).map(drop)
}

pub(crate) fn contains(replica: &Connection, command: CommandId) -> rusqlite::Result<bool> {
    replica.prepare_cached("select 1 from contained where command = ?1")?.exists([command.uuid()])
}

/// The outbox has let go of them.
pub(crate) fn forget_contained(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from contained")?.execute([]).map(drop)
}
