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
    let operations: BTreeSet<u32> = ledger
        .facts()
        .filter_map(|fact| match fact.body {
            FactBody::LaborClocked { operation, .. } => Some(operation),
            _ => None,
        })
        .collect();
    for operation in operations {
        for (user, since) in ledger.working(operation) {
            insert.execute((order.uuid(), operation, user.uuid(), since.as_millis()))?;
        }
    }
    Ok(())
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
