//! What reached the servers of a history and changed what they have, in its order: so that another server can be
//! given the same, and be held to the same.

use std::collections::BTreeMap;

use shared_model::command::Envelope;
use shared_model::ids::{CommandId, DeviceId, FeedId};
use shared_model::record::Record;
use shared_model::sync::wire::{Cursor, Entry, Verdict};

#[derive(Clone, Debug)]
pub enum Taped {
    /// An administrator wrote it.
    Record(Record),
    /// A device with so much of each feed was welcomed on a connection, by one of the two processes.
    Greeted {
        connection: u64,
        device: DeviceId,
        cursors: Vec<Cursor>,
        process: usize,
    },
    Pushed {
        connection: u64,
        commands: Vec<Envelope>,
        verdicts: Vec<(CommandId, Verdict)>,
    },
    /// A revoked device gave up what it had not sent.
    HandedIn {
        device: DeviceId,
        commands: Vec<Envelope>,
        verdicts: Vec<(CommandId, Verdict)>,
    },
    /// Somebody entered it at the console, and it was accepted.
    Entered {
        envelope: Envelope,
        verdict: Verdict,
    },
    Revoked(DeviceId),
    /// A process ended at once.
    Killed {
        process: usize,
    },
    /// What only a month, or another version of the server, brings.
    NotReplayable,
}

/// A history as its servers saw it, and what it came to. Where they were set back, it is the one that stayed.
#[derive(Clone, Debug)]
pub struct Recording {
    pub tape: Vec<Taped>,
    /// All entries of each feed, in their order.
    pub feeds: BTreeMap<FeedId, Vec<Entry>>,
}

impl Recording {
    /// Whether nothing is in it that takes a month or another version.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !self.tape.iter().any(|taped| matches!(taped, Taped::NotReplayable))
    }
}
