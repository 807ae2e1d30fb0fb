//! What was refused, with everything that helps to decide what becomes of it.

use shared_model::host::{AttentionRow, OutboxItem, TimelineEvent, TimelineRow};
use shared_model::ledger::OrderLedger;
use shared_model::people::Role;
use shared_model::refusal::Refusal;

use super::reports::Story;
use super::{NoAnswer, View, outbox, timeline};
use crate::outbox::{CommandState, Entry, command};

/// The oldest first.
pub(super) fn all(view: &View<'_>) -> Result<Vec<AttentionRow>, NoAnswer> {
    let items = outbox::items(view.outbox, view.replica)?;
    let mut rows = Vec::new();
    for entry in command::all(view.outbox).map_err(crate::error::Error::from)? {
        if matches!(entry.state, CommandState::Refused(_))
            && let Some(item) = items.iter().find(|item| item.command == entry.id())
        {
            rows.push(row(view, entry, item.clone())?);
        }
    }
    Ok(rows)
}

fn row(view: &View<'_>, entry: Entry, item: OutboxItem) -> Result<AttentionRow, NoAnswer> {
    let story = match entry.order().map(|order| Story::of(view, order)) {
        None | Some(Err(NoAnswer::NotHere(_))) => None,
        Some(story) => Some(story?),
    };
    let entered = entry.envelope.command;
    let decides = item.refusal.as_ref().map_or(Role::Supervisor, Refusal::decider);
    let (meanwhile, refused_again) = match &story {
        Some(story) => {
            let mut rows = timeline::of(view, story)?;
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
