//! Whose clock runs on an operation. Clocks do not add up like amounts: who works now is read from
//! all clock events of the order, in the order in which they were pressed.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, Transaction};
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

/// Somebody whose clock runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub user: UserId,
    pub name: String,
    pub since: Timestamp,
}

const COLUMNS: &str = "user_id, coalesce(label, ''), since, order_id, operation
                       from shown_clock left join label on label.id = user_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Running> {
    Ok(Running {
        user: row.get::<_, Uuid>(0)?.into(),
        name: row.get(1)?,
        since: Timestamp::from_millis(row.get(2)?),
    })
}

/// Who works on an operation, the longest first.
pub(crate) fn running(
    replica: &Connection,
    order: WorkOrderId,
    operation: u32,
) -> rusqlite::Result<Vec<Running>> {
    let sql = format!("select {COLUMNS} where order_id = ?1 and operation = ?2 order by since, user_id");
    replica.prepare_cached(&sql)?.query_map((order.uuid(), operation), from_row)?.collect()
}

/// Who works on anything, by order and operation; the longest first.
pub(crate) fn all(replica: &Connection) -> rusqlite::Result<BTreeMap<(WorkOrderId, u32), Vec<Running>>> {
    let mut statement = replica.prepare_cached(&format!("select {COLUMNS} order by since, user_id"))?;
    let mut rows = statement.query([])?;
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let at = (row.get::<_, Uuid>(3)?.into(), row.get(4)?);
        all.entry(at).or_default().push(from_row(row)?);
    }
    Ok(all)
}
