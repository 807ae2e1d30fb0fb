//! Whose clock runs on an operation. Clocks do not add up like amounts: who works now is read from
//! all clock events of the order, in the order in which they were pressed.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};
use shared_model::fact::FactBody;
use shared_model::ids::{UserId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::Layer;

/// Replaces the clocks of an order by what a ledger says of them.
pub(crate) fn replace(
    tx: &Transaction<'_>,
    layer: Layer,
    order: WorkOrderId,
    ledger: &OrderLedger,
) -> rusqlite::Result<()> {
    remove(tx, layer, order)?;
    let sql = format!(
        "insert into {}clock (order_id, operation, user_id, since) values (?1, ?2, ?3, ?4)",
        layer.prefix()
    );
    let mut insert = tx.prepare_cached(&sql)?;
    for (operation, user, since) in of_ledger(ledger) {
        insert.execute((order.uuid(), operation, user.uuid(), since.as_millis()))?;
    }
    Ok(())
}

/// Who works on which operation since when.
pub(crate) type Clocks = BTreeSet<(u32, UserId, Timestamp)>;

/// The clocks that run by a ledger.
pub(crate) fn of_ledger(ledger: &OrderLedger) -> Clocks {
    let operations: BTreeSet<u32> = ledger
        .facts()
        .filter_map(|fact| match fact.body {
            FactBody::LaborClocked { operation, .. } => Some(operation),
            _ => None,
        })
        .collect();
    let working = |operation| {
        let people = ledger.working(operation).into_iter();
        people.map(move |(user, since)| (operation, user, since))
    };
    operations.into_iter().flat_map(working).collect()
}

/// The clocks of an order that run, as the server has it.
pub(crate) fn confirmed(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<Clocks> {
    let sql = "select operation, user_id, since from clock where order_id = ?1";
    let mut statement = replica.prepare_cached(sql)?;
    let rows = statement.query_map([order.uuid()], |row| {
        Ok((row.get(0)?, row.get::<_, Uuid>(1)?.into(), Timestamp::from_millis(row.get(2)?)))
    })?;
    rows.collect()
}

pub(crate) fn remove(tx: &Transaction<'_>, layer: Layer, order: WorkOrderId) -> rusqlite::Result<()> {
    let sql = format!("delete from {}clock where order_id = ?1", layer.prefix());
    tx.prepare_cached(&sql)?.execute([order.uuid()]).map(drop)
}

/// Who works on an operation, since when, by name; the longest first.
pub(crate) fn running(
    replica: &Connection,
    order: WorkOrderId,
    operation: u32,
) -> rusqlite::Result<Vec<(UserId, String, Timestamp)>> {
    let sql = "select user_id, coalesce(label, ''), since from shown_clock
               left join label on label.id = user_id
               where order_id = ?1 and operation = ?2 order by since, user_id";
    replica
        .prepare_cached(sql)?
        .query_map((order.uuid(), operation), |row| {
            let user: Uuid = row.get(0)?;
            Ok((user.into(), row.get(1)?, Timestamp::from_millis(row.get(2)?)))
        })?
        .collect()
}
