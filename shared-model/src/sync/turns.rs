//! Whose turn it is: a device's commands on one work order are judged in the order in which they were
//! entered, also across a command that has to be made anew.
//!
//! Without this, "start" is answered with a rebase, "pause" behind it is judged on an operation that
//! nobody started, and is refused: for a person, for no reason. So whatever the device sent behind
//! a command that it has to make anew is to be made anew with it.

use std::collections::BTreeMap;

use crate::command::Envelope;
use crate::ids::{CommandId, WorkOrderId};

/// The commands of one connection that were answered with
/// [`Rebase`](super::wire::Verdict::Rebase) and have not come again. A new connection begins without:
/// there the device sends everything again, in its order.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    waiting: BTreeMap<WorkOrderId, BTreeMap<CommandId, Waiting>>,
    answered: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    sequence: u64,
    /// When it was answered, counted in answers.
    at: u64,
}

impl Turns {
    /// Whether a command is to be answered with a rebase, without judging it, because it was sent
    /// before the device knew that one before it has to be made anew.
    pub fn must_wait(&mut self, envelope: &Envelope) -> bool {
        let Some(order) = envelope.command.order() else { return false };
        let Some(waiting) = self.waiting.get_mut(&order) else { return false };
        if let Some(came_again) = waiting.remove(&envelope.id) {
            // The device has read the answer to it, and so the answers before that one. Of those
            // commands, the ones that do not come again were refused on the device itself.
            waiting.retain(|_, other| other.at > came_again.at || other.sequence > envelope.sequence);
        }
        let waits = waiting.values().any(|other| other.sequence < envelope.sequence);
        if waiting.is_empty() {
            self.waiting.remove(&order);
        }
        waits
    }

    /// Notes that a command was answered with a rebase.
    pub fn rebased(&mut self, envelope: &Envelope) {
        let Some(order) = envelope.command.order() else { return };
        self.answered += 1;
        let waiting = Waiting { sequence: envelope.sequence, at: self.answered };
        self.waiting.entry(order).or_default().insert(envelope.id, waiting);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::actor::ActorEpoch;
    use crate::command::Command;
    use crate::time::Timestamp;

    fn entered(sequence: u64, order: u128) -> Envelope {
        Envelope {
            id: Uuid::from_u128(100 + u128::from(sequence)).into(),
            plant: Uuid::from_u128(1).into(),
            device: Uuid::from_u128(2).into(),
            user: Uuid::from_u128(3).into(),
            occurred_at: Timestamp::default(),
            sequence,
            command: Command::resume(Uuid::from_u128(order).into()),
            change: None,
            epoch: ActorEpoch(0),
        }
    }

    /// Start (1) is to be made anew, and pause (2) was behind it.
    fn after_a_rebase() -> Turns {
        let mut turns = Turns::default();
        assert!(!turns.must_wait(&entered(1, 7)));
        turns.rebased(&entered(1, 7));
        assert!(turns.must_wait(&entered(2, 7)));
        turns.rebased(&entered(2, 7));
        turns
    }

    #[test]
    fn what_was_sent_behind_a_command_that_is_made_anew_waits_for_it() {
        let mut turns = after_a_rebase();
        assert!(!turns.must_wait(&entered(3, 8)), "another order waits for nothing");
        assert!(!turns.must_wait(&entered(1, 7)), "it has come again");
        assert!(!turns.must_wait(&entered(2, 7)));
        assert!(!turns.must_wait(&entered(4, 7)));
    }

    #[test]
    fn a_command_that_the_device_refused_itself_keeps_nobody_waiting() {
        let mut turns = after_a_rebase();
        assert!(!turns.must_wait(&entered(2, 7)), "1 does not come again, or it would have come before");
        assert!(!turns.must_wait(&entered(3, 7)));
    }

    #[test]
    fn a_command_that_was_sent_before_the_answer_was_read_waits_once() {
        let mut turns = after_a_rebase();
        let late = entered(5, 7);
        assert!(turns.must_wait(&late));
        turns.rebased(&late);
        assert!(!turns.must_wait(&late));
    }

    #[test]
    fn a_command_that_has_to_be_made_anew_a_second_time_is_waited_for_again() {
        let mut turns = after_a_rebase();
        assert!(!turns.must_wait(&entered(1, 7)));
        turns.rebased(&entered(1, 7));
        assert!(turns.must_wait(&entered(2, 7)), "sent before the device knew of the second answer");
    }
}
