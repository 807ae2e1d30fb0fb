//! What the server has not accepted yet.

use rusqlite::Connection;
use shared_model::host::OutboxItem;

use super::{NoAnswer, View, words};
use crate::error::Error;
use crate::outbox::{CommandState, command};
use crate::tables::record;

/// The list behind the sync pill, the oldest first.
pub(super) fn waiting(view: &View<'_>) -> Result<Vec<OutboxItem>, NoAnswer> {
    Ok(items(view.outbox, view.replica)?)
}

pub(crate) fn items(outbox: &Connection, replica: &Connection) -> Result<Vec<OutboxItem>, Error> {
    let mut items = Vec::new();
    for entry in command::all(outbox)? {
        let mark = entry.state.mark();
        let refusal = match entry.state {
            CommandState::Accepted { .. } => continue,
            CommandState::Refused(refusal) => Some(refusal),
            CommandState::Queued | CommandState::Sent => None,
        };
        let envelope = entry.envelope;
        let order = envelope.command.order();
        items.push(OutboxItem {
            command: envelope.id,
            code: envelope.command.code().to_owned(),
            order,
            order_number: words::order_number(outbox, replica, order)?,
            summary: words::summary(replica, &envelope.command)?,
            at: envelope.occurred_at,
            user_name: record::label_of(replica, Some(envelope.user.uuid()))?,
            mark,
            refusal,
        });
    }
    Ok(items)
}
