//! What operations made, as sums of reports less voids.

use rusqlite::{Connection, Transaction};
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
    let Output { good, scrap, rework } = output;
    let (good, scrap, rework) = (good.micros(), scrap.micros(), rework.micros());
    let (order, operation) = (order.uuid(), column(operation));
    match layer {
        Layer::Confirmed => {
            let sql = "insert into output (order_id, operation, good, scrap, rework)
                       values (?1, ?2, ?3, ?4, ?5)
                       on conflict do update set good = good + excluded.good,
                           scrap = scrap + excluded.scrap, rework = rework + excluded.rework";
            tx.prepare_cached(sql)?.execute((order, operation, good, scrap, rework)).map(drop)
        }
        Layer::Pending => {
            let sql = "insert into pending_output
                           (fact_id, command, order_id, operation, good, scrap, rework)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (fact, command) = (fact.id.uuid(), fact.command.uuid());
            tx.prepare_cached(sql)?.execute((fact, command, order, operation, good, scrap, rework)).map(drop)
        }
    }
}

/// What an operation made, pending reports included.
pub(crate) fn shown(
    replica: &Connection,
    order: WorkOrderId,
    operation: Option<u32>,
) -> rusqlite::Result<Output> {
    let sql = "select coalesce(sum(good), 0), coalesce(sum(scrap), 0), coalesce(sum(rework), 0)
               from shown_output where order_id = ?1 and operation = ?2";
    replica.prepare_cached(sql)?.query_row((order.uuid(), column(operation)), |row| {
        Ok(Output {
            good: Amount::from_micros(row.get(0)?),
            scrap: Amount::from_micros(row.get(1)?),
            rework: Amount::from_micros(row.get(2)?),
        })
    })
}
