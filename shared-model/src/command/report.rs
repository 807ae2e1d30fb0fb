//! Reporting production and taking a report back.

use super::decide::{Draft, known, work_centers};
use super::{Scene, moves};
use crate::exception::Exception;
use crate::fact::FactBody;
use crate::ids::FactId;
use crate::ledger::OrderLedger;
use crate::policy::Action;
use crate::production::{OperationEvent, ProductionReport, ReportVoid};
use crate::quantity::Amount;
use crate::refusal::Refusal;
use crate::stock::{MovementKind, StockKey, StockMovement};
use crate::time::Timestamp;
use crate::work_order::{MaterialLine, OperationState, Stage, WorkOrder};

/// How long people may undo their own reports.
const UNDO_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Good pieces of the last operation are the order's good pieces.
pub(super) fn enough(order: &WorkOrder, ledger: &OrderLedger) -> Result<(), Refusal> {
    let made = ledger.output(order.last_operation()).good;
    if made < order.quantity { Err(Refusal::NotEnoughMade { made, ordered: order.quantity }) } else { Ok(()) }
}

/// Accepts what was made, whatever the plan says: too much, or on an order that is not in
/// progress, opens an exception.
pub(super) fn report(
    effects: &mut Draft<'_>,
    scene: &Scene<'_>,
    report: &ProductionReport,
) -> Result<(), Refusal> {
    let order = known(scene.order)?;
    well_formed(order, report)?;
    if let (Some(_), Some(number)) = (started_by(order, report, scene.now), report.operation) {
        effects.log(number, OperationEvent::Started);
    }
    effects.fact(FactBody::ProductionReported(report.clone()));
    let mut stock = scene.stock.clone();
    for movement in movements(order, report) {
        moves::post(effects, &mut stock, movement)?;
    }
    if report.operation == order.last_operation() {
        let before = scene.ledger.output(report.operation).good;
        let made = before.plus(report.good);
        if before <= order.quantity && made > order.quantity {
            effects
                .fact(FactBody::ExceptionOpened(Exception::OverProduction { ordered: order.quantity, made }));
        }
    }
    if !is_on_the_floor(order) {
        let outside = Exception::ReportOutsideProgress { stage: order.stage() };
        effects.fact(FactBody::ExceptionOpened(outside));
    }
    Ok(())
}

/// A report on an operation that nobody started has started it.
pub(super) fn started_by(order: &WorkOrder, report: &ProductionReport, at: Timestamp) -> Option<WorkOrder> {
    let operation = order.operation(report.operation?)?;
    let starts = operation.state == OperationState::Pending && is_on_the_floor(order);
    if starts { order.start_operation(operation.number, at).ok() } else { None }
}

/// The stock keys that a report touches.
pub(super) fn touched(order: &WorkOrder, report: &ProductionReport) -> Vec<StockKey> {
    movements(order, report).into_iter().map(|movement| movement.key).collect()
}

pub(super) fn who_may_void(scene: &Scene<'_>, report: FactId) -> Action {
    match scene.ledger.report(report) {
        Some((fact, _)) if fact.user == scene.actor.user => Action::UndoOwnWork,
        _ => Action::UndoAnyWork,
    }
}

/// Takes a report back, with the stock that it moved.
pub(super) fn void(
    effects: &mut Draft<'_>,
    scene: &Scene<'_>,
    id: FactId,
    reason: &str,
) -> Result<(), Refusal> {
    let (fact, report) = scene.ledger.report(id).ok_or(Refusal::UnknownFact)?;
    if scene.ledger.is_voided(id) {
        return Err(Refusal::AlreadyVoided);
    }
    let is_late = scene.now.millis_since(fact.occurred_at) > UNDO_MILLIS;
    let work_centers = work_centers(scene, report.operation);
    if is_late && scene.actor.require(Action::UndoAnyWork, work_centers).is_err() {
        return Err(Refusal::TooLateToUndo);
    }
    effects.fact(FactBody::ReportVoided(ReportVoid {
        report: id,
        operation: report.operation,
        output: report.output(),
        reason: reason.to_owned(),
    }));
    let mut stock = scene.stock.clone();
    for (moved, movement) in scene.ledger.movements_of(fact.command) {
        moves::post(effects, &mut stock, movement.reversed(moved, reason))?;
    }
    Ok(())
}

fn is_on_the_floor(order: &WorkOrder) -> bool {
    matches!(order.stage(), Stage::Released | Stage::InProgress)
}

fn well_formed(order: &WorkOrder, report: &ProductionReport) -> Result<(), Refusal> {
    match report.operation {
        Some(number) if order.operation(number).is_none() => {
            return Err(Refusal::UnknownOperation { operation: number });
        }
        None if !order.operations.is_empty() => {
            return Err(Refusal::Malformed { problem: "the report names no operation".to_owned() });
        }
        _ => {}
    }
    let negative = |scrap: &crate::production::Scrap| !scrap.amount.is_positive();
    if report.good.is_negative() || report.rework.is_negative() || report.scrap.iter().any(negative) {
        return Err(Refusal::NegativeQuantity);
    }
    let total = report.output().total();
    if total.is_zero() {
        Err(Refusal::NothingReported)
    } else if total > Amount::MAX_ENTERED {
        Err(Refusal::QuantityTooLarge)
    } else {
        Ok(())
    }
}

/// The components that a report used up and the goods that it made.
fn movements(order: &WorkOrder, report: &ProductionReport) -> Vec<StockMovement> {
    let used = report.good.plus(report.scrapped());
    let reference = order.number.to_string();
    let mut movements: Vec<_> = order
        .materials
        .values()
        .filter(|line| line.is_backflush && consumes_at(order, line) == report.operation)
        .map(|line| StockMovement {
            movement: MovementKind::Backflush,
            key: StockKey::of(line.material, line.location),
            amount: line.planned.scaled(used.decimal(), order.quantity.decimal()).negated(),
            unit: line.unit.clone(),
            price: None,
            reference: reference.clone(),
            note: String::new(),
            reverses: None,
        })
        .filter(|movement| !movement.amount.is_zero())
        .collect();
    if report.operation == order.last_operation() && report.good.is_positive() {
        movements.push(StockMovement {
            movement: MovementKind::Output,
            key: StockKey { lot: report.lot.clone(), ..StockKey::of(order.material, order.output_location) },
            amount: report.good,
            unit: order.unit.clone(),
            price: None,
            reference,
            note: String::new(),
            reverses: None,
        });
    }
    movements
}

/// The operation that a line is consumed at: its own where the order has it, else the last.
fn consumes_at(order: &WorkOrder, line: &MaterialLine) -> Option<u32> {
    line.operation.filter(|number| order.operation(*number).is_some()).or_else(|| order.last_operation())
}
