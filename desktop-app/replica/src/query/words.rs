//! A command in the words of the person who entered it: "48 good, 2 scrap".

use rusqlite::{Connection, OptionalExtension};
use shared_model::command::Command;
use shared_model::fact::FactBody;
use shared_model::ids::{FactId, LocationId, MaterialId, ReasonId, WorkOrderId};
use shared_model::production::Output;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::StockKey;
use shared_model::work_order::WorkOrderEdit;

use crate::error::Error;
use crate::outbox::command;
use crate::tables::{fact, record};

type Words = rusqlite::Result<String>;

pub(super) fn summary(replica: &Connection, command: &Command) -> Words {
    let label = |id| record::label_of(replica, id);
    let operation = |order, number| operation(replica, order, number);
    Ok(match command {
        Command::CreateWorkOrder(new) => {
            let unit = new.unit.clone().unwrap_or_default();
            format!("Created an order for {}", quantity(replica, new.quantity, &unit, new.material)?)
        }
        Command::EditWorkOrder { edit, .. } => edited(edit),
        Command::AssignWorkOrder { assignee: Some(user), .. } => {
            format!("Assigned the order to {}", label(Some(user.uuid()))?)
        }
        Command::AssignWorkOrder { assignee: None, .. } => "Took the assignment away".to_owned(),
        Command::MoveOperation { order, operation: number, work_center } => {
            format!("Moved {} to {}", operation(*order, *number)?, label(Some(work_center.uuid()))?)
        }
        Command::ReleaseWorkOrder { .. } => "Released the order".to_owned(),
        Command::PauseWorkOrder { reason, .. } => because("Paused the order", reason),
        Command::ResumeWorkOrder { .. } => "Resumed the order".to_owned(),
        Command::CancelWorkOrder { reason, .. } => because("Cancelled the order", reason),
        Command::CompleteWorkOrder { .. } => "Completed the order".to_owned(),
        Command::ShortCloseWorkOrder { reason, .. } => because("Closed the order short", reason),
        Command::StartOperation { order, operation: number } => {
            format!("Started {}", operation(*order, *number)?)
        }
        Command::PauseOperation { order, operation: number, reason, note } => {
            let name = label(reason.map(ReasonId::uuid))?;
            let why = [name.as_str(), note.trim()].into_iter().filter(|text| !text.is_empty());
            let why = why.collect::<Vec<_>>().join(", ");
            because(&format!("Paused {}", operation(*order, *number)?), &why)
        }
        Command::ResumeOperation { order, operation: number } => {
            format!("Resumed {}", operation(*order, *number)?)
        }
        Command::FinishOperation { order, operation: number } => {
            format!("Finished {}", operation(*order, *number)?)
        }
        Command::ReportProduction { report, .. } => output(report.output()),
        Command::VoidReport { report, reason, .. } => {
            let what = reported(replica, *report)?.map_or_else(|| "a report".to_owned(), output);
            because(&format!("Undid {what}"), reason)
        }
        Command::ReceiveStock { key, amount, unit, .. } => {
            format!("Received {}", at(replica, key, *amount, unit, "at")?)
        }
        Command::IssueStock { key, amount, unit, .. } => {
            format!("Issued {}", at(replica, key, *amount, unit, "from")?)
        }
        Command::TransferStock { key, to, amount, unit } => {
            let moved = at(replica, key, *amount, unit, "from")?;
            format!("Moved {moved} to {}", label(Some(to.uuid()))?)
        }
        Command::AdjustStock { key, difference, unit, reason } => {
            let sign = if difference.is_positive() { "+" } else { "" };
            let corrected = at(replica, key, *difference, unit, "at")?;
            because(&format!("Corrected stock by {sign}{corrected}"), reason)
        }
        Command::CloseException { note, .. } => because("Closed an exception", note),
        Command::HandOver { work, .. } => {
            let what = summary(replica, &work.entered)?;
            because(&format!("Sent to a supervisor: {what}"), &work.note)
        }
        Command::Unknown => "An entry of a newer version of the app".to_owned(),
    })
}

/// "48 good, 2 scrap, 1 rework": what there is of it.
fn output(output: Output) -> String {
    let parts = [(output.good, "good"), (output.scrap, "scrap"), (output.rework, "rework")];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(amount, _)| !amount.is_zero())
        .map(|(amount, kind)| format!("{amount} {kind}"))
        .collect();
    parts.join(", ")
}

fn reported(replica: &Connection, report: FactId) -> rusqlite::Result<Option<Output>> {
    Ok(fact::find(replica, report)?.and_then(|fact| match fact.body {
        FactBody::ProductionReported(report) => Some(report.output()),
        _ => None,
    }))
}

fn edited(edit: &WorkOrderEdit) -> String {
    let parts = [
        (edit.title.is_some(), "title"),
        (edit.quantity.is_some(), "quantity"),
        (edit.due_on.is_some(), "due date"),
        (edit.priority.is_some(), "priority"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name).collect();
    if parts.is_empty() { "Changed nothing".to_owned() } else { format!("Changed {}", parts.join(", ")) }
}

fn because(what: &str, why: &str) -> String {
    match why.trim() {
        "" => what.to_owned(),
        why => format!("{what}: {why}"),
    }
}

/// "operation 20 Assemble".
fn operation(replica: &Connection, order: WorkOrderId, number: u32) -> Words {
    let sql = "select name from shown_operation where order_id = ?1 and number = ?2";
    let name: Option<String> =
        replica.prepare_cached(sql)?.query_row((order.uuid(), number), |row| row.get(0)).optional()?;
    Ok(format!("operation {number} {}", name.unwrap_or_default()).trim_end().to_owned())
}

/// "5 pcs of R-100".
fn quantity(replica: &Connection, amount: Amount, unit: &UnitCode, material: MaterialId) -> Words {
    let number = record::material_names(replica, material)?.0;
    let number = if number.is_empty() { "an unknown material".to_owned() } else { number };
    Ok(format!("{amount} {unit} of {number}"))
}

fn at(replica: &Connection, key: &StockKey, amount: Amount, unit: &UnitCode, how: &str) -> Words {
    let what = quantity(replica, amount, unit, key.material)?;
    let lot = key.lot.as_ref().map(|lot| format!(" lot {lot}")).unwrap_or_default();
    let place = record::label_of(replica, key.location.map(LocationId::uuid))?;
    Ok(if place.is_empty() { format!("{what}{lot}") } else { format!("{what}{lot} {how} {place}") })
}

/// The number of the order that a command is about, also where only the refused command that would
/// have made it knows that.
pub(super) fn order_number(
    outbox: &Connection,
    replica: &Connection,
    order: Option<WorkOrderId>,
) -> Result<String, Error> {
    let Some(order) = order else { return Ok(String::new()) };
    let sql = "select number from shown_work_order where id = ?1";
    let shown: Option<String> =
        replica.prepare_cached(sql)?.query_row([order.uuid()], |row| row.get(0)).optional()?;
    if let Some(number) = shown {
        return Ok(number);
    }
    let made = command::of_order(outbox, order)?.into_iter().find_map(|entry| match entry.envelope.command {
        Command::CreateWorkOrder(new) => new.number,
        _ => None,
    });
    Ok(made.map(Into::into).unwrap_or_default())
}
