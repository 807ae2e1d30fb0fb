//! Facts, and what each does to the sums.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use shared_model::fact::{Fact, FactBody};
use shared_model::host::Mark;
use shared_model::ids::{FactId, WorkOrderId};
use shared_model::ledger::OrderLedger;
use shared_model::stock::StockLevels;
use shared_model::sync::fingerprint::FactSum;
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Layer, output, stock};
use crate::stored::{from_json, json, odd};

/// Adds a fact and its part of the sums. A fact that is there already adds nothing: false.
pub(crate) fn add(
    tx: &Transaction<'_>,
    layer: Layer,
    fact: &Fact,
    received_at: Option<Timestamp>,
) -> rusqlite::Result<bool> {
    let sql = format!(
        "insert into {}fact (id, command, order_id, user_id, device_id, occurred_at, received_at, kind, body)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict do nothing",
        layer.prefix()
    );
    let is_new = tx.prepare_cached(&sql)?.execute((
        fact.id.uuid(),
        fact.command.uuid(),
        fact.order.map(WorkOrderId::uuid),
        fact.user.uuid(),
        fact.device.uuid(),
        fact.occurred_at.as_millis(),
        received_at.map(Timestamp::as_millis),
        fact.body.kind(),
        json(&fact.body)?,
    ))? > 0;
    if is_new {
        count(tx, layer, fact)?;
    }
    Ok(is_new)
}

fn count(tx: &Transaction<'_>, layer: Layer, fact: &Fact) -> rusqlite::Result<()> {
    match (&fact.body, fact.order) {
        (FactBody::ProductionReported(report), Some(order)) => {
            output::add(tx, layer, fact, order, report.operation, report.output())
        }
        (FactBody::ReportVoided(void), Some(order)) => {
            let taken_back = shared_model::production::Output::default().minus(void.output);
            output::add(tx, layer, fact, order, void.operation, taken_back)
        }
        (FactBody::StockMoved(movement), _) => stock::moved(tx, layer, fact, movement),
        // Clocks are read from all of an order's at once, see `clock`; exceptions and the history
        // of operations are read from the facts themselves.
        (
            FactBody::ProductionReported(_)
            | FactBody::ReportVoided(_)
            | FactBody::OperationLogged { .. }
            | FactBody::LaborClocked { .. }
            | FactBody::ExceptionOpened(_)
            | FactBody::ExceptionClosed { .. }
            | FactBody::Unknown,
            _,
        ) => Ok(()),
    }
}

/// Takes the confirmed facts of an order away, with their part of what is on hand. What the order made stays
/// noted. Gives what its stock movements come to.
pub(crate) fn remove_of_order(tx: &Transaction<'_>, order: WorkOrderId) -> rusqlite::Result<StockLevels> {
    let moved = confirmed(tx, order)?.moved();
    for (key, amount) in moved.iter() {
        stock::add(tx, key, amount.negated())?;
    }
    let of_order = [order.uuid()];
    let sql = "delete from movement where fact_id in (select id from fact where order_id = ?1)";
    tx.prepare_cached(sql)?.execute(of_order)?;
    tx.prepare_cached("delete from fact where order_id = ?1")?.execute(of_order)?;
    Ok(moved)
}

/// The confirmed ledger of an order.
pub(crate) fn confirmed(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<OrderLedger> {
    let sql = format!("select {COLUMNS} from (select *, 0 as mark from fact) where order_id = ?1");
    let mut statement = replica.prepare_cached(&sql)?;
    statement.query_map([order.uuid()], |row| Ok(from_row(row)?.0))?.collect()
}

/// The confirmed facts that are of no order.
pub(crate) fn beside(replica: &Connection) -> rusqlite::Result<FactSum> {
    let sql = "select id from fact where order_id is null";
    let mut statement = replica.prepare_cached(sql)?;
    statement.query_map([], |row| Ok(FactId::from(row.get::<_, Uuid>(0)?)))?.collect()
}

/// The ids of the confirmed facts of an order.
pub(crate) fn ids_of_order(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<BTreeSet<FactId>> {
    let mut statement = replica.prepare_cached("select id from fact where order_id = ?1")?;
    statement.query_map([order.uuid()], |row| Ok(row.get::<_, Uuid>(0)?.into()))?.collect()
}

pub(crate) fn is_confirmed(replica: &Connection, fact: FactId) -> rusqlite::Result<bool> {
    replica.prepare_cached("select 1 from fact where id = ?1")?.exists([fact.uuid()])
}

/// The columns of a fact in `shown_fact`, for [`from_row`].
pub(crate) const COLUMNS: &str = "id, command, order_id, user_id, device_id, occurred_at, body, mark";

pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<(Fact, Mark)> {
    let id = |column| row.get::<_, Uuid>(column);
    let order: Option<Uuid> = row.get(2)?;
    let fact = Fact {
        id: id(0)?.into(),
        command: id(1)?.into(),
        order: order.map(Into::into),
        user: id(3)?.into(),
        device: id(4)?.into(),
        occurred_at: Timestamp::from_millis(row.get(5)?),
        body: from_json(6, row.get_ref(6)?.as_str()?)?,
    };
    Ok((fact, mark_of(row, 7)?))
}

pub(crate) fn mark_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Mark> {
    match row.get::<_, Option<u8>>(column)? {
        None | Some(0) => Ok(Mark::Accepted),
        Some(1) => Ok(Mark::Sent),
        Some(2) => Ok(Mark::SavedHere),
        Some(3) => Ok(Mark::NeedsYou),
        Some(_) => Err(odd(column)),
    }
}

/// A fact, pending ones included.
pub(crate) fn find(replica: &Connection, id: FactId) -> rusqlite::Result<Option<Fact>> {
    let sql = format!("select {COLUMNS} from shown_fact where id = ?1");
    let found = replica.prepare_cached(&sql)?.query_row([id.uuid()], from_row).optional()?;
    Ok(found.map(|(fact, _)| fact))
}

/// The facts of an order, pending ones included, with their marks.
pub(crate) fn of_order(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<Vec<(Fact, Mark)>> {
    let sql = format!("select {COLUMNS} from shown_fact where order_id = ?1");
    replica.prepare_cached(&sql)?.query_map([order.uuid()], from_row)?.collect()
}

/// The ledger of an order, pending facts included.
pub(crate) fn ledger(replica: &Connection, order: WorkOrderId) -> rusqlite::Result<OrderLedger> {
    Ok(of_order(replica, order)?.into_iter().map(|(fact, _)| fact).collect())
}

/// The clock events of an order: of the confirmed layer, or of both together.
pub(crate) fn clocks(
    replica: &Connection,
    layer: Layer,
    order: WorkOrderId,
) -> rusqlite::Result<OrderLedger> {
    let (table, mark) = match layer {
        Layer::Confirmed => ("fact", "0 as mark"),
        Layer::Pending => ("shown_fact", "mark"),
    };
    let sql = format!(
        "select id, command, order_id, user_id, device_id, occurred_at, body, {mark} from {table}
         where order_id = ?1 and kind = 'labor_clocked'"
    );
    let mut statement = replica.prepare_cached(&sql)?;
    statement.query_map([order.uuid()], |row| Ok(from_row(row)?.0))?.collect()
}
