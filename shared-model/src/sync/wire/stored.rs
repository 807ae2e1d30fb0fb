//! The same frames as in [`super`], with bodies that are still the text that they are kept as.
//!
//! The server sends what it stored without reading it, and reads each pushed command by itself, so
//! that one that is not understood does not take the others with it.

use serde::{Deserialize, Serialize};

use super::Hello;
use crate::actor::ActorEpoch;
use crate::command::Envelope;
use crate::ids::{CommandId, DeviceId, FeedId, PlantId, UserId, WorkOrderId};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A [`super::ServerFrame::Batch`], byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum StoredFrame {
    Batch(StoredBatch),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredBatch {
    pub feed: FeedId,
    pub after: u64,
    pub until: u64,
    pub head: u64,
    pub check: Option<i64>,
    pub entries: Vec<StoredEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredEntry {
    pub seq: u64,
    pub received_at: Timestamp,
    pub command: Option<CommandId>,
    pub change: StoredChange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum StoredChange {
    /// JSON of a [`crate::record::Record`].
    Record(String),
    /// JSON of a [`crate::fact::Fact`].
    Fact(String),
    Document {
        id: WorkOrderId,
        #[serde(with = "serde_bytes")]
        change: Vec<u8>,
    },
    /// JSON of the ids of work orders.
    Archived(String),
}

/// A [`super::ClientFrame`] of which the commands are not read yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum ReceivedFrame {
    Hello(Hello),
    Push { commands: Vec<ReceivedEnvelope> },
    Applied { feed: FeedId, seq: u64 },
    LeaseNumbers,
    Ping { at: Timestamp },
}

/// An [`Envelope`] whose command is JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReceivedEnvelope {
    pub id: CommandId,
    pub plant: PlantId,
    pub device: DeviceId,
    pub user: UserId,
    pub occurred_at: Timestamp,
    pub sequence: u64,
    pub command: String,
    #[serde(default, with = "serde_bytes")]
    pub change: Option<Vec<u8>>,
    #[serde(default)]
    pub epoch: ActorEpoch,
}

impl ReceivedEnvelope {
    /// # Errors
    /// [`Refusal::Malformed`], with what is wrong.
    pub fn read(&self) -> Result<Envelope, Refusal> {
        let command = serde_json::from_str(&self.command)
            .map_err(|error| Refusal::Malformed { problem: error.to_string().chars().take(200).collect() })?;
        Ok(Envelope {
            id: self.id,
            plant: self.plant,
            device: self.device,
            user: self.user,
            occurred_at: self.occurred_at,
            sequence: self.sequence,
            command,
            change: self.change.clone(),
            epoch: self.epoch,
        })
    }

    /// Its text without characters that databases do not keep.
    #[must_use]
    pub fn storable_command(&self) -> String {
        self.command.replace('\0', "\u{fffd}")
    }
}

impl From<&Envelope> for ReceivedEnvelope {
    fn from(envelope: &Envelope) -> Self {
        Self {
            id: envelope.id,
            plant: envelope.plant,
            device: envelope.device,
            user: envelope.user,
            occurred_at: envelope.occurred_at,
            sequence: envelope.sequence,
            command: serde_json::to_string(&envelope.command).unwrap_or_default(),
            change: envelope.change.clone(),
            epoch: envelope.epoch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, ClientFrame, Entry, EntryChange, ServerFrame, decode, encode};
    use super::*;
    use crate::command::Command;
    use crate::record::Record;
    use crate::sync::wire::{Begun, Cursor};
    use uuid::Uuid;

    fn envelope() -> Envelope {
        Envelope {
            id: Uuid::from_u128(1).into(),
            plant: Uuid::from_u128(2).into(),
            device: Uuid::from_u128(3).into(),
            user: Uuid::from_u128(4).into(),
            occurred_at: Timestamp::from_millis(1_760_000_000_000),
            sequence: 9,
            command: Command::resume(Uuid::from_u128(5).into()),
            change: Some(vec![1, 2, 3]),
            epoch: ActorEpoch(2),
        }
    }

    #[test]
    fn a_push_is_read_command_by_command() {
        let mut other = envelope();
        other.change = None;
        let push = ClientFrame::Push { commands: vec![envelope(), other.clone()] };
        let frame: ReceivedFrame = decode(&encode(&push).expect("encodes")).expect("decodes");
        let ReceivedFrame::Push { commands } = frame else { panic!("a push") };
        let read: Vec<_> = commands.iter().map(ReceivedEnvelope::read).collect();
        assert_eq!(read, [Ok(envelope()), Ok(other)]);
        let broken = ReceivedEnvelope { command: "{\"command\":1}".to_owned(), ..commands[0].clone() };
        assert!(matches!(broken.read(), Err(Refusal::Malformed { .. })));
    }

    #[test]
    fn every_client_frame_is_read_alike() {
        let feed: FeedId = Uuid::from_u128(7).into();
        let at = Timestamp::from_millis(5);
        let cursors = vec![Cursor { feed, seq: 3 }];
        let begun = Some(vec![Begun { feed, seq: 2, next: 1 }]);
        let checks = Vec::new();
        let hello = Hello { token: "t".into(), app: "1".into(), cursors, begun, checks };
        for (sent, received) in [
            (ClientFrame::Hello(hello.clone()), ReceivedFrame::Hello(hello)),
            (ClientFrame::Applied { feed, seq: 4 }, ReceivedFrame::Applied { feed, seq: 4 }),
            (ClientFrame::LeaseNumbers, ReceivedFrame::LeaseNumbers),
            (ClientFrame::Ping { at }, ReceivedFrame::Ping { at }),
        ] {
            assert_eq!(decode::<ReceivedFrame>(&encode(&sent).expect("encodes")).expect("decodes"), received);
        }
    }

    #[test]
    fn a_stored_batch_is_sent_as_a_batch() {
        let (feed, document) = (Uuid::from_u128(7).into(), Uuid::from_u128(8).into());
        let unit = crate::quantity::UnitOfMeasure {
            code: crate::quantity::UnitCode::new("pcs"),
            name: "pieces".to_owned(),
            dimension: crate::quantity::Dimension::Count,
            factor: rust_decimal::Decimal::ONE,
        };
        let record = Record::Unit(unit);
        let json = serde_json::to_string(&record).expect("serializes");
        let at = Timestamp::from_millis(5);
        let command = Some(Uuid::from_u128(1).into());
        let archived = serde_json::to_string(&[document]).expect("serializes");
        let stored = StoredFrame::Batch(StoredBatch {
            feed,
            after: 1,
            until: 4,
            head: 4,
            check: Some(7),
            entries: vec![
                StoredEntry { seq: 2, received_at: at, command: None, change: StoredChange::Record(json) },
                StoredEntry {
                    seq: 3,
                    received_at: at,
                    command,
                    change: StoredChange::Document { id: document, change: vec![9] },
                },
                StoredEntry {
                    seq: 4,
                    received_at: at,
                    command: None,
                    change: StoredChange::Archived(archived),
                },
            ],
        });
        let typed = ServerFrame::Batch(Batch {
            feed,
            after: 1,
            until: 4,
            head: 4,
            check: Some(7),
            entries: vec![
                Entry { seq: 2, received_at: at, command: None, change: EntryChange::Record(record) },
                Entry {
                    seq: 3,
                    received_at: at,
                    command,
                    change: EntryChange::Document { id: document, change: vec![9] },
                },
                Entry {
                    seq: 4,
                    received_at: at,
                    command: None,
                    change: EntryChange::Archived(vec![document]),
                },
            ],
        });
        assert_eq!(encode(&stored).expect("encodes"), encode(&typed).expect("encodes"));
    }
}
