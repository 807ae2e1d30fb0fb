//! What is missing because this device was refused what would have made it.

use shared_model::command::Command;
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;

use crate::error::Error;
use crate::outbox::{CommandState, Entry, command};
use crate::pending::Pending;

impl Pending<'_> {
    /// What the server says of a command, with what it does not know: that what is missing is what this device
    /// was refused before.
    pub(crate) fn explained(&self, entry: &Entry, refusal: Refusal) -> Result<Refusal, Error> {
        let (Refusal::UnknownOrder | Refusal::UnknownFact, Some(order)) = (&refusal, entry.order()) else {
            return Ok(refusal);
        };
        let missing = match entry.envelope.command {
            Command::VoidReport { report, .. } => Some(report),
            Command::CloseException { exception, .. } => Some(exception),
            _ => None,
        };
        let makes_it = |it: &Entry| match it.envelope.command {
            Command::CreateWorkOrder(_) => refusal == Refusal::UnknownOrder,
            _ => it.facts.iter().any(|fact| missing == Some(fact.id)),
        };
        let entries = command::of_order(self.outbox, order)?;
        let refused = entries.iter().find(|it| is_refused(it) && makes_it(it));
        Ok(refused.map_or(refusal, |it| Refusal::DependsOnRefused { on: it.id() }))
    }
}

/// Of the commands on an order: whether the order itself was refused.
pub(crate) fn is_never_made(entries: &[Entry]) -> bool {
    entries.iter().any(|it| is_refused(it) && matches!(it.envelope.command, Command::CreateWorkOrder(_)))
}

const fn is_refused(entry: &Entry) -> bool {
    matches!(entry.state, CommandState::Refused(_))
}

/// What is not known because the command that would have made it was refused.
pub(crate) fn blamed(refusal: Refusal, first_refused: Option<CommandId>) -> Refusal {
    match (refusal, first_refused) {
        (Refusal::UnknownOrder | Refusal::UnknownFact, Some(on)) => Refusal::DependsOnRefused { on },
        (refusal, _) => refusal,
    }
}
