//! How large a command may be: what a database keeps and a screen shows. Checked on the device, where
//! the person can still shorten it, and on the server for truth.

use super::Command;
use crate::refusal::Refusal;
use crate::time::Date;

/// Of any text that a person enters, in characters.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Of an order.
pub const MAX_OPERATIONS: usize = 200;
/// Of an order's release, and kinds of scrap in a report.
pub const MAX_LINES: usize = 1_000;
const YEARS: std::ops::RangeInclusive<i16> = 1900..=9999;

/// # Errors
/// [`Refusal::Malformed`], with what is too large or cannot be kept.
pub fn check(command: &Command) -> Result<(), Refusal> {
    match command {
        Command::CreateWorkOrder(new) => {
            date(new.due_on)?;
            text(&new.title)?;
            at_most(MAX_OPERATIONS, new.operations.len(), "the order", "operations")?;
            for operation in &new.operations {
                text(&operation.name)?;
                text(&operation.instructions)?;
            }
            Ok(())
        }
        Command::EditWorkOrder { edit, .. } => {
            date(edit.due_on.flatten())?;
            edit.title.as_deref().map_or(Ok(()), text)
        }
        Command::ReleaseWorkOrder { materials, planned_for, .. } => {
            if planned_for.is_some_and(|quantity| !quantity.is_positive()) {
                return malformed("its materials are planned for nothing");
            }
            at_most(MAX_LINES, materials.len(), "the order", "materials")
        }
        Command::ReportProduction { report, .. } => {
            at_most(MAX_LINES, report.scrap.len(), "the report", "kinds of scrap")?;
            text(&report.note)
        }
        Command::PauseOperation { note: entered, .. }
        | Command::CloseException { note: entered, .. }
        | Command::IssueStock { note: entered, .. }
        | Command::ReceiveStock { reference: entered, .. }
        | Command::PauseWorkOrder { reason: entered, .. }
        | Command::CancelWorkOrder { reason: entered, .. }
        | Command::ShortCloseWorkOrder { reason: entered, .. }
        | Command::VoidReport { reason: entered, .. }
        | Command::AdjustStock { reason: entered, .. } => text(entered),
        Command::HandOver { work, .. } => {
            text(&work.note)?;
            check(&work.entered)
        }
        Command::AssignWorkOrder { .. }
        | Command::MoveOperation { .. }
        | Command::ResumeWorkOrder { .. }
        | Command::CompleteWorkOrder { .. }
        | Command::StartOperation { .. }
        | Command::ResumeOperation { .. }
        | Command::FinishOperation { .. }
        | Command::TransferStock { .. }
        | Command::Unknown => Ok(()),
    }
}

fn date(date: Option<Date>) -> Result<(), Refusal> {
    match date {
        Some(date) if !YEARS.contains(&date.year()) => malformed("its due date is before 1900"),
        _ => Ok(()),
    }
}

fn text(text: &str) -> Result<(), Refusal> {
    if text.chars().count() > MAX_TEXT_CHARS {
        return malformed("a text has more than 1000 characters");
    }
    if text.contains('\0') {
        return malformed("a text holds a character that cannot be kept");
    }
    Ok(())
}

fn at_most(limit: usize, count: usize, what: &str, of: &str) -> Result<(), Refusal> {
    match count > limit {
        true => malformed(&format!("{what} has more than {limit} {of}")),
        false => Ok(()),
    }
}

fn malformed(problem: &str) -> Result<(), Refusal> {
    Err(Refusal::Malformed { problem: problem.to_owned() })
}
