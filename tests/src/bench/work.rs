//! What an operator does at a machine, as far as it goes to the server.

use shared_model::command::Command;
use shared_model::ids::WorkOrderId;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;

use super::plant::OPERATION;

/// The `n`th of `count` commands on one order: a start, then two reports, a pause and a resumption
/// again and again, and at the end a finish. `count` is two more than a multiple of four.
pub fn step(order: WorkOrderId, n: usize, count: usize) -> Command {
    let operation = OPERATION;
    if n == 0 {
        return Command::StartOperation { order, operation };
    }
    if n + 1 == count {
        return Command::FinishOperation { order, operation };
    }
    match n % 4 {
        1 | 2 => report(order),
        3 => Command::PauseOperation { order, operation, reason: None, note: String::new() },
        _ => Command::ResumeOperation { order, operation },
    }
}

/// Three good pieces, which use up material.
pub fn report(order: WorkOrderId) -> Command {
    let report = ProductionReport {
        operation: Some(OPERATION),
        good: Amount::whole(3),
        ..ProductionReport::default()
    };
    Command::ReportProduction { order, report }
}

/// So many steps on each order, one order after the other and round again, as many people work.
pub fn round_robin(orders: &[WorkOrderId], steps: usize) -> impl Iterator<Item = Command> + '_ {
    (0..steps).flat_map(move |n| orders.iter().map(move |order| step(*order, n, steps)))
}
