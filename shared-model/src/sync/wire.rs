//! What a device and the server tell each other: the only owner of the format. How it is packed: [`frame`].
//!
//! Fields may be added with a default; a change that an old peer would misread is a new [`VERSION`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::Envelope;
use crate::fact::Fact;
use crate::ids::{CommandId, FeedId, PlantId, WorkOrderId};
use crate::number::NumberLease;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::time::Timestamp;

pub mod frame;
pub mod snapshot;
pub mod stored;

pub use frame::{MAX_FRAME_BYTES, VERSION, WireError, decode, encode, pack};
pub use snapshot::{ArchivedOrder, Begun, Chunk, Item, Offer, ReceivedFact, Sums, WholeOrder};

/// How many batches the server may send ahead of what the device has committed.
pub const CREDIT_BATCHES: usize = 4;
/// The most commands in one push.
pub const MAX_PUSH: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientFrame {
    Hello(Hello),
    /// Commands in the order in which they were made.
    Push {
        commands: Vec<Envelope>,
    },
    /// A batch is committed: the server may send another.
    Applied {
        feed: FeedId,
        seq: u64,
    },
    /// Asks for work order numbers.
    LeaseNumbers,
    Ping {
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerFrame {
    Welcome {
        server_time: Timestamp,
        plant: PlantId,
        /// Changes when the server's history was replaced (restored from a backup).
        history: Uuid,
        /// Whether the device's cursors or checks are none that this history has or had.
        #[serde(default)]
        is_other_history: bool,
        /// How far the device's feeds go.
        heads: Vec<Cursor>,
        /// What the device has to fetch of a feed before its batches: those come when all chunks are
        /// placed, which [`ClientFrame::Applied`] says. Only for devices that know snapshots.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        snapshots: Vec<Offer>,
    },
    Batch(Batch),
    Verdicts(Vec<(CommandId, Verdict)>),
    Numbers(NumberLease),
    Pong {
        at: Timestamp,
        server_time: Timestamp,
    },
    /// The last frame: the server closes the connection.
    Problem {
        code: ProblemCode,
        message: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The token is not valid: get a new one.
    Unauthorized,
    /// The device was revoked: stop.
    Revoked,
    /// The frame is not understood, or too large.
    BadFrame,
    /// The server cannot work now: come back later.
    Unavailable,
    #[serde(other)]
    Unknown,
}

/// The first frame: who, and what is here already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub token: String,
    pub app: String,
    pub cursors: Vec<Cursor>,
    /// The snapshots that the device began to fetch; none from a device that does not know snapshots.
    #[serde(default)]
    pub begun: Option<Vec<Begun>>,
    /// What the server said of the feeds at the cursors, where it said something.
    #[serde(default)]
    pub checks: Vec<Check>,
}

/// What all entries of a feed come to, up to a place that is said elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub feed: FeedId,
    pub value: i64,
}

/// How far a device has a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub feed: FeedId,
    /// The sequence number of the last entry; 0 for none.
    pub seq: u64,
}

/// Entries of one feed, without a gap: from `after + 1` to `until`. It ends where a transaction
/// ended, and is applied whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub feed: FeedId,
    pub after: u64,
    pub until: u64,
    /// The feed's last sequence number when the batch was read.
    pub head: u64,
    /// What the feed's entries come to up to `until`; for [`Hello::checks`].
    #[serde(default)]
    pub check: Option<i64>,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: u64,
    /// When the server committed it.
    pub received_at: Timestamp,
    #[serde(default)]
    pub command: Option<CommandId>,
    pub change: EntryChange,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryChange {
    /// A record's new version, whole.
    Record(#[serde(with = "super::json_text")] Record),
    Fact(#[serde(with = "super::json_text")] Fact),
    /// One Automerge change of a work order.
    Document {
        id: WorkOrderId,
        #[serde(with = "serde_bytes")]
        change: Vec<u8>,
    },
    /// Orders that were closed long ago and rested since: devices let go of their documents and facts, and
    /// keep their rows and what the facts sum to. Whatever happens to one of them afterwards brings it
    /// back: the device then fetches it ([`WholeOrder`]).
    Archived(#[serde(with = "super::json_text")] Vec<WorkOrderId>),
}

/// The server's word on a command. It is given after the commit, and once: the same command gets
/// the same word again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Its entries are in the plant's feed up to `seq`.
    Accepted { seq: u64 },
    /// Nothing of it was applied, and nothing ever will be.
    Refused(#[serde(with = "super::json_text")] Refusal),
    /// It stands on a change that the server does not have. Nothing is decided: decide it again on
    /// the confirmed state and send it again. `epoch` is that of the command as it was sent.
    Rebase { epoch: u32 },
}
