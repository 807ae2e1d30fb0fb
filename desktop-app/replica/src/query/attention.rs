//! What was refused, with everything that helps to decide what becomes of it.

use shared_model::host::{AttentionRow, OutboxItem, TimelineEvent, TimelineRow};
use shared_model::ledger::OrderLedger;
use shared_model::people::Role;

use super::reports::Story;
use super::{NoAnswer, View, outbox, timeline};
use crate::error::Error;
use crate::outbox::{CommandState, Entry, command};

/// The oldest first.
pub(super) fn all(view: &View<'_>) -> Result<Vec<AttentionRow>, NoAnswer> {
    let mut rows = Vec::new();
    for entry in command::all(view.outbox).map_err(Error::from)? {
        if let CommandState::Refused(refusal) = &entry.state
            && let Some(item) = outbox::item(view.outbox, view.replica, &entry)?
        {
            let decides = refusal.decider();
            rows.push(row(view, entry, item, decides)?);
        }
    }
    Ok(rows)
}

fn row(view: &View<'_>, entry: Entry, item: OutboxItem, decides: Role) -> Result<AttentionRow, NoAnswer> {
    let story = match entry.order().map(|order| Story::of(view, order)) {
        None | Some(Err(NoAnswer::NotHere(_))) => None,
        // One of a newer version cannot be read before the update; the others are shown.
        Some(Err(NoAnswer::Failed(Error::Document(error)))) if error.newer().is_some() => None,
        Some(story) => Some(story?),
    };
    let entered = entry.envelope.command;
    let (meanwhile, refused_again) = match story {
        Some(mut story) => {
            let mut rows = timeline::of(view, &mut story)?;
            rows.retain(|row| is_meanwhile(row, &item));
            (rows, view.refusal(entered.clone(), Some(&story.order), &story.ledger))
        }
        None => (Vec::new(), view.refusal(entered.clone(), None, &OrderLedger::default())),
    };
    Ok(AttentionRow { item, entered, decides, meanwhile, refused_again })
}

/// What came after it; and how the order ended, which may have been before it on a device that was
/// away.
fn is_meanwhile(row: &TimelineRow, item: &OutboxItem) -> bool {
    row.at > item.at || matches!(row.what, TimelineEvent::Ended { .. })
}
