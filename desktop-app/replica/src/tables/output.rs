//! What operations made, as sums of reports less voids.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction};
use shared_model::fact::Fact;
use shared_model::ids::WorkOrderId;
use shared_model::production::Output;
use shared_model::quantity::Amount;

use super::Layer;

/// The column's value for an operation; -1 for an order without.
pub(crate) fn column(operation: Option<u32>) -> i64 {
    operation.map_or(-1, i64::from)
}

pub(crate) fn add(
    tx: &Transaction<'_>,
    layer: Layer,
    fact: &Fact,
    order: WorkOrderId,
    operation: Option<u32>,
    output: Output,
) -> rusqlite::Result<()> {
    match layer {
        Layer::Confirmed => add_confirmed(tx, order, operation, output),
        Layer::Pending => {
            let Output { good, scrap, rework } = output;
            let (good, scrap, rework) = (good.micros(), scrap.micros(), rework.micros());
            let (order, operation) = (order.uuid(), column(operation));
            let sql = "insert into pending_output
                           (fact_id, command, order_id, operation, good, scrap, rework)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (fact, command) = (fact.id.uuid(), fact.command.uuid());
            tx.prepare_cached(sql)?.execute((fact, command, order, operation, good, scrap, rework)).map(drop)
        }
    }
}

/// Puts what an order's operations made in place of what is here.
pub(crate) fn replace(
    tx: &Transaction<'_>,
    order: WorkOrderId,
    output: &[(Option<u32>, Output)],
) -> rusqlite::Result<()> {
    tx.prepare_cached("delete from output where order_id = ?1")?.execute([order.uuid()])?;
    for (operation, made) in output {
        add_confirmed(tx, order, *operation, *made)?;
    }
    Ok(())
}

/// What an order's operations made, as the server has it.
pub(crate) fn confirmed(
    replica: &Connection,
    order: WorkOrderId,
) -> rusqlite::Result<BTreeMap<Option<u32>, Output>> {
    let sql = "select operation, good, scrap, rework from output where order_id = ?1";
    let mut statement = replica.prepare_cached(sql)?;
    let rows = statement.query_map([order.uuid()], |row| {
        let operation: i64 = row.get(0)?;
        Ok((u32::try_from(operation).ok(), read(row, 1)?))
    })?;
    rows.collect()
}

/// Three columns from one on.
fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Output> {
    Ok(Output {
        good: Amount::from_micros(row.get(first)?),
        scrap: Amount::from_micros(row.get(first + 1)?),
        rework: Amount::from_micros(row.get(first + 2)?),
    })
}

fn add_confirmed(
    tx: &Transaction<'_>,
    order: WorkOrderId,
    operation: Option<u32>,
    Output { good, scrap, rework }: Output,
) -> rusqlite::Result<()> {
    let sql = "insert into output (order_id, operation, good, scrap, rework) values (?1, ?2, ?3, ?4, ?5)
               on conflict do update set good = good + excluded.good,
                   scrap = scrap + excluded.scrap, rework = rework + excluded.rework";
    let values = (order.uuid(), column(operation), good.micros(), scrap.micros(), rework.micros());
    tx.prepare_cached(sql)?.execute(values).map(drop)
}

/// What an operation made, pending reports included.
pub(crate) fn shown(
    replica: &Connection,
    order: WorkOrderId,
    operation: Option<u32>,
) -> rusqlite::Result<Output> {
    let sql = "select coalesce(sum(good), 0), coalesce(sum(scrap), 0), coalesce(sum(rework), 0)
               from shown_output where order_id = ?1 and operation = ?2";
    replica.prepare_cached(sql)?.query_row((order.uuid(), column(operation)), |row| read(row, 0))
}
