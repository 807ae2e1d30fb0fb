//! How the server judges a pushed command: verify its change, decide it again, say what to commit.
//!
//! The caller loads what [`Command::stock_keys`](crate::command::Command::stock_keys) and the order
//! ask for, calls [`judge`], and commits the judgement. `judge` carries the loaded state on, so that
//! the next command of the same batch is judged on top.

use automerge::{AutomergeError, Change};

use crate::actor::{Actor, automerge_actor};
use crate::command::{Effects, Envelope, Scene, decide, document_after};
use crate::fact::{Fact, FactBody};
use crate::ledger::OrderLedger;
use crate::refusal::Refusal;
use crate::stock::StockLevels;
use crate::sync::clock;
use crate::time::Timestamp;
use crate::work_order::WorkOrder;
use crate::work_order::document::{Document, DocumentError, decode_change};
use crate::work_order::note::Note;

/// An order as the server has it.
#[derive(Clone, Default)]
pub struct OrderState {
    pub document: Document,
    pub ledger: OrderLedger,
}

/// What to commit, or why not.
pub enum Judgement {
    Accepted(Box<Accepted>),
    Refused(Refusal),
    /// The change stands on one that is not here; see [`super::wire::Verdict::Rebase`].
    Rebase,
}

pub struct Accepted {
    /// The Automerge change to append to the order's document.
    pub change: Option<Vec<u8>>,
    /// The order as it is after.
    pub order: Option<WorkOrder>,
    pub facts: Vec<Fact>,
}

/// # Errors
/// When the stored document is damaged: a fault of the server, not of the command.
pub fn judge(
    envelope: &Envelope,
    state: &mut OrderState,
    stock: &mut StockLevels,
    actor: &Actor,
    received_at: Timestamp,
) -> Result<Judgement, DocumentError> {
    if envelope.plant != actor.plant {
        return Ok(Judgement::Refused(Refusal::OtherPlant));
    }
    // Read before it is copied, so that the copy knows it too.
    let order = state.document.order()?;
    let change = match verified(envelope, state)? {
        Ok(change) => change,
        Err(Unverified::Rebase) => return Ok(Judgement::Rebase),
        Err(Unverified::Refused(refusal)) => return Ok(Judgement::Refused(refusal)),
    };
    let scene =
        Scene { order: order.as_ref(), ledger: &state.ledger, stock, actor, now: envelope.occurred_at };
    let mut effects = match decide(envelope, &scene) {
        Ok(effects) => effects,
        Err(refusal) => return Ok(Judgement::Refused(refusal)),
    };
    let Some(change) = written(envelope, state, order.as_ref(), &effects, change)? else {
        return Ok(Judgement::Rebase);
    };
    let is_off = |fact: &Fact| clock::skew_millis(fact.occurred_at, received_at).is_some();
    let before = effects.facts.iter().any(is_off).then(|| state.ledger.last_at()).flatten();
    for fact in &mut effects.facts {
        fact.occurred_at = clock::corrected(fact.occurred_at, received_at, before);
        if let FactBody::StockMoved(movement) = &fact.body {
            stock.add(&movement.key, movement.amount);
        }
        if fact.order.is_some() {
            state.ledger.apply(fact.clone());
        }
    }
    let order = state.document.order()?;
    Ok(Judgement::Accepted(Box::new(Accepted { change, order, facts: effects.facts })))
}

enum Unverified {
    Rebase,
    Refused(Refusal),
}

/// A pushed change, and the document that the device saw with it.
struct Verified {
    change: Change,
    seen: Document,
}

/// The pushed change, if it is exactly what the command makes of the document that the device saw.
fn verified(
    envelope: &Envelope,
    state: &mut OrderState,
) -> Result<Result<Option<Verified>, Unverified>, DocumentError> {
    let Some(bytes) = &envelope.change else { return Ok(Ok(None)) };
    let unverified = Ok(Err(Unverified::Refused(Refusal::UnverifiedChange)));
    let Ok(pushed) = decode_change(bytes) else { return unverified };
    let mut seen = match state.document.at(pushed.deps()) {
        Ok(seen) => seen,
        Err(DocumentError::MissingChanges) => return Ok(Err(Unverified::Rebase)),
        Err(error) => return Err(error),
    };
    let before = seen.order()?;
    let after = match document_after(&envelope.command, before.as_ref(), envelope.user, envelope.occurred_at)
    {
        Ok(Some(after)) => after,
        Ok(None) => return unverified,
        Err(refusal) => return Ok(Err(Unverified::Refused(refusal))),
    };
    let author = automerge_actor(envelope.device, envelope.user, envelope.epoch);
    // A device of an older version does not say who did what.
    let note = pushed.message().map(|_| Note::of(envelope));
    let made = seen.write_noted(&after, &author, envelope.occurred_at, note.as_ref())?;
    if made.is_none_or(|made| made.hash() != pushed.hash()) {
        return unverified;
    }
    Ok(Ok(Some(Verified { change: pushed, seen })))
}

/// Merges the device's change, or makes one where the command came without (from the HTTP API,
/// or from a device that did not know that one was needed). Nothing where the device has to make
/// its change again, because merging it would undo what was decided.
fn written(
    envelope: &Envelope,
    state: &mut OrderState,
    before: Option<&WorkOrder>,
    effects: &Effects,
    pushed: Option<Verified>,
) -> Result<Option<Option<Vec<u8>>>, DocumentError> {
    let made = match (pushed, &effects.order) {
        (Some(Verified { change, seen }), after) => {
            let decided = after.as_ref().or(before);
            let Some(merged) = merged(&mut state.document, &change, seen, decided)? else { return Ok(None) };
            state.document = merged;
            Some(change)
        }
        (None, Some(after)) => {
            let author = server_actor(envelope);
            state.document.write_noted(after, &author, envelope.occurred_at, Some(&Note::of(envelope)))?
        }
        (None, None) => None,
    };
    Ok(Some(made.map(|change| change.raw_bytes().to_vec())))
}

/// The document with a change, unless the change was made beside others and merging it gives other
/// states, or another plan, than were decided: those are decided, never merged. (An order that was
/// cancelled while somebody started it offline stays cancelled; of two people to whom it was assigned,
/// the one who was decided last has it.)
fn merged(
    document: &mut Document,
    change: &Change,
    seen: Document,
    decided: Option<&WorkOrder>,
) -> Result<Option<Document>, DocumentError> {
    let mut deps = change.deps().to_vec();
    deps.sort_unstable();
    if deps == document.heads() {
        return Ok(Some(seen));
    }
    let mut merged = document.clone();
    match merged.merge(change.clone()) {
        // The device lost a change that it had sent, and made another one in its place.
        Err(DocumentError::Damaged(AutomergeError::DuplicateSeqNumber(..))) => return Ok(None),
        outcome => outcome?,
    }
    let is_as_decided = same_where_decided(merged.order()?.as_ref(), decided);
    Ok(is_as_decided.then_some(merged))
}

fn same_where_decided(one: Option<&WorkOrder>, other: Option<&WorkOrder>) -> bool {
    let decided = |order: &WorkOrder| {
        let operations: Vec<_> = order.operations.values().map(|it| (it.number, it.state)).collect();
        // What was planned for another quantity than the order has is planned anew.
        let planned: Vec<_> = order.materials.values().map(|it| it.planned).collect();
        (order.state.clone(), operations, planned, order.quantity, order.due_on, order.assignee)
    };
    one.map(decided) == other.map(decided)
}

/// The server writes for a person in its own name, never in that of their device, which numbers
/// its changes itself.
fn server_actor(envelope: &Envelope) -> automerge::ActorId {
    automerge_actor(uuid::Uuid::nil().into(), envelope.user, crate::actor::ActorEpoch::default())
}

#[cfg(test)]
mod tests;
