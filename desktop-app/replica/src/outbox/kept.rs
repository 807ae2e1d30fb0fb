//! Commands that the server has accepted, for as long as it might lose them again.

use rusqlite::{Connection, Transaction};
use shared_model::ids::CommandId;
use shared_model::time::Timestamp;

use super::{Result, stand};

/// A server is set back to a backup of yesterday, or of last week; hardly to an older one.
const DAYS: i64 = 30;
const DAY_MILLIS: i64 = 86_400_000;
/// What a busy device enters in weeks.
const ROWS: u32 = 10_000;

const COLUMNS: &str = "id, sequence, plant_id, device_id, user_id, order_id, occurred_at, body, epoch, facts";

/// Keeps a command that is about to leave the outbox because the server has it.
pub(crate) fn keep(tx: &Transaction<'_>, id: CommandId) -> Result<()> {
    let sql = format!(
        "insert or replace into kept ({COLUMNS}) select {COLUMNS} from command
         where id = ?1 and state <> 'refused'"
    );
    tx.prepare_cached(&sql)?.execute([id.uuid()])?;
    Ok(())
}

/// Forgets what no server will ask for.
pub(crate) fn trim(tx: &Transaction<'_>, now: Timestamp) -> Result<()> {
    let oldest = now.plus_millis(-DAYS * DAY_MILLIS).as_millis();
    tx.prepare_cached("delete from kept where occurred_at < ?1")?.execute([oldest])?;
    let sql = "delete from kept where id in (
                   select id from kept order by occurred_at desc limit -1 offset ?1
               )";
    tx.prepare_cached(sql)?.execute([ROWS])?;
    Ok(())
}

pub(crate) fn is_any(outbox: &Connection) -> Result<bool> {
    Ok(outbox.prepare_cached("select 1 from kept")?.exists([])?)
}

/// Puts everything that a server has, or may have lost, among what is to be sent. Without the changes,
/// which stood on a history that is gone: the server makes them. `seen` is how far the plant's feed has
/// to be here before anything is decided on it.
pub(crate) fn send_again(tx: &Transaction<'_>, seen: u64) -> Result<()> {
    let sql = format!(
        "insert into command ({COLUMNS}, state) select {COLUMNS}, 'queued' from kept where true
         on conflict do nothing"
    );
    tx.execute(&sql, [])?;
    tx.execute("delete from kept", [])?;
    let sql = "update command set state = 'queued', accepted_seq = null
               where state in ('sent', 'accepted')";
    tx.execute(sql, [])?;
    stand::all_on(tx, seen)
}
