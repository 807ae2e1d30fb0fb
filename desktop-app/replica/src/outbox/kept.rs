//! Commands that the server has accepted, for as long as it might lose them again.

use rusqlite::Transaction;
use shared_model::ids::CommandId;
use shared_model::time::Timestamp;

use super::{Result, stand};

/// A server is set back to a backup of yesterday, or of last week; hardly to an older one.
const DAYS: i64 = 30;
const DAY_MILLIS: i64 = 86_400_000;
/// What a busy device enters in weeks.
const ROWS: u32 = 10_000;

const COLUMNS: &str = "id, sequence, plant_id, device_id, user_id, order_id, occurred_at, body, epoch, facts";

/// Keeps a command that is about to leave the outbox because the server has it: the plant's feed is here up
/// to `seq`, and so is the command.
pub(crate) fn keep(tx: &Transaction<'_>, id: CommandId, seq: u64) -> Result<()> {
    let sql = format!(
        "insert or replace into kept ({COLUMNS}, seq) select {COLUMNS}, ?2 from command
         where id = ?1 and (state <> 'refused' or waits_until is not null)"
    );
    tx.prepare_cached(&sql)?.execute((id.uuid(), seq))?;
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

/// Puts everything that a server has, or may have lost, among what is to be sent: it was set back. `seen` is
/// how far the plant's feed has to be here before anything is decided on it.
pub(crate) fn send_all_again(tx: &Transaction<'_>, seen: u64) -> Result<()> {
    send_again(tx, 0)?;
    // What was never sent was decided on the same history.
    let sql = "update command set state = 'queued', waits_until = iif(order_id is null, null, 0)
               where state in ('queued', 'sent')";
    tx.execute(sql, [])?;
    stand::all_on(tx, seen)
}

/// The same with what a server may have lost of which the replica cannot tell, because it has the plant's
/// feed up to `here` only: what was accepted beyond that. Whether there was any.
pub(crate) fn send_beyond_again(tx: &Transaction<'_>, here: u64, seen: u64) -> Result<bool> {
    // What stands beyond the end of the feed was decided on another one.
    let sql = "update command set waits_until = 0 where state in ('queued', 'sent')
                   and order_id in (select order_id from stand where seen > ?1)";
    let is_beyond = tx.execute(sql, [seen])? > 0;
    let is_any = send_again(tx, here)? || is_beyond;
    if is_any {
        stand::all_on(tx, seen)?;
    }
    Ok(is_any)
}

/// Without the changes of what was kept, which may stand on a history that is gone. What was done on an order may
/// come before what it stands on.
fn send_again(tx: &Transaction<'_>, here: u64) -> Result<bool> {
    let sql = format!(
        "insert into command ({COLUMNS}, state, waits_until)
         select {COLUMNS}, 'queued', iif(order_id is null, null, 0) from kept where seq > ?1
         on conflict do nothing"
    );
    let kept = tx.prepare_cached(&sql)?.execute([here])?;
    tx.prepare_cached("delete from kept where seq > ?1")?.execute([here])?;
    let sql = "update command set state = 'queued', accepted_seq = null,
                   waits_until = iif(order_id is null, null, 0) where state = 'accepted'";
    let accepted = tx.prepare_cached(sql)?.execute([])?;
    Ok(kept + accepted > 0)
}
