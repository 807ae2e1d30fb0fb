//! A command on its way through a batch.

use shared_model::command::{Command, Envelope};
use shared_model::refusal::Refusal;
use shared_model::sync::clock;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::time::Timestamp;
use shared_model::work_order::document::decode_change;

use crate::db::command::{Outcome, Settled};
use crate::sync::{Sender, check};

pub(super) struct Item<'a> {
    pub sender: Sender,
    /// The place of its connection in the batch.
    pub connection: usize,
    pub received: &'a ReceivedEnvelope,
    pub read: Result<Envelope, Refusal>,
    /// Of its change, where that is one.
    pub hash: Option<Vec<u8>>,
}

impl<'a> Item<'a> {
    pub(super) fn new(sender: Sender, connection: usize, received: &'a ReceivedEnvelope) -> Self {
        let change = received.change.as_deref().and_then(|bytes| decode_change(bytes).ok());
        let hash = change.map(|change| change.hash().0.to_vec());
        Self { sender, connection, received, read: check::read(received), hash }
    }

    pub(super) fn command(&self) -> Option<&Command> {
        self.read.as_ref().ok().map(|envelope| &envelope.command)
    }

    pub(super) fn accepted(&self, seq: u64, now: Timestamp) -> Settled {
        self.settled(Outcome::Accepted { seq }, now)
    }

    pub(super) fn refused(&self, refusal: Refusal, now: Timestamp) -> Settled {
        let outcome = Outcome::Refused {
            refusal,
            body: self.received.storable_command(),
            change: self.received.change.clone(),
            hash: self.hash.clone(),
        };
        self.settled(outcome, now)
    }

    fn settled(&self, outcome: Outcome, now: Timestamp) -> Settled {
        let received = self.received;
        Settled {
            id: received.id,
            code: self.command().map_or("unknown", Command::code),
            device: received.device,
            user: received.user,
            occurred_at: received.occurred_at,
            clock_skew_ms: clock::skew_millis(received.occurred_at, now),
            outcome,
        }
    }
}
