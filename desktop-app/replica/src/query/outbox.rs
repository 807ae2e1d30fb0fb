//! What the server has not accepted yet.

use rusqlite::Connection;
use shared_model::host::OutboxItem;
use shared_model::ids::WorkOrderId;

use super::{NoAnswer, View, words};
use crate::error::Error;
use crate::outbox::{CommandState, Entry, command};
use crate::tables::record;

/// The list behind the sync pill, the oldest first.
pub(super) fn waiting(view: &View<'_>) -> Result<Vec<OutboxItem>, NoAnswer> {
    Ok(shown(view.outbox, view.replica, &command::all(view.outbox).map_err(Error::from)?)?)
}

/// What the server has not accepted of one order.
pub(super) fn of_order(view: &View<'_>, order: WorkOrderId) -> Result<Vec<OutboxItem>, Error> {
    shown(view.outbox, view.replica, &command::of_order(view.outbox, order)?)
}

fn shown(outbox: &Connection, replica: &Connection, entries: &[Entry]) -> Result<Vec<OutboxItem>, Error> {
    entries.iter().filter_map(|entry| item(outbox, replica, entry).transpose()).collect()
}

/// An entry as people read it; none when the server has accepted it.
pub(crate) fn item(
    outbox: &Connection,
    replica: &Connection,
    entry: &Entry,
) -> Result<Option<OutboxItem>, Error> {
    let refusal = match &entry.state {
        CommandState::Accepted { .. } => return Ok(None),
        CommandState::Refused(refusal) => Some(refusal.clone()),
        CommandState::Queued | CommandState::Sent | CommandState::Early(_) => None,
    };
    let (envelope, order) = (&entry.envelope, entry.order());
    Ok(Some(OutboxItem {
        command: envelope.id,
        code: envelope.command.code().to_owned(),
        order,
        order_number: words::order_number(outbox, replica, order)?,
        summary: words::summary(replica, &envelope.command)?,
        at: envelope.occurred_at,
        user_name: record::label_of(replica, Some(envelope.user.uuid()))?,
        mark: entry.state.mark(),
        refusal,
    }))
}
