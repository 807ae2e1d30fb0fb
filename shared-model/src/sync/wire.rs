//! The frames between a device and the server: the only owner of the format.
//!
//! A frame is one WebSocket message: the version, a flag byte, and MessagePack with named fields,
//! deflated when that is worth it. Fields may be added with a default; a change that an old peer
//! would misread is a new [`VERSION`].

use std::io::{Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::command::Envelope;
use crate::fact::Fact;
use crate::ids::{CommandId, FeedId, PlantId, WorkOrderId};
use crate::number::NumberLease;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::time::Timestamp;

pub mod snapshot;
pub mod stored;

pub use snapshot::{ArchivedOrder, Begun, Chunk, Item, Offer, ReceivedFact, Sums, WholeOrder};

pub const VERSION: u8 = 1;
/// The largest frame, packed or unpacked.
pub const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;
/// How many batches the server may send ahead of what the device has committed.
pub const CREDIT_BATCHES: usize = 4;
/// The most commands in one push.
pub const MAX_PUSH: usize = 500;

const DEFLATED: u8 = 1;
const WORTH_DEFLATING_BYTES: usize = 512;

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

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the frame is cut off")]
    Truncated,
    #[error("the frame is of version {0}; this side speaks {VERSION}")]
    Version(u8),
    #[error("the frame has more than {MAX_FRAME_BYTES} bytes")]
    TooLarge,
    #[error("the frame cannot be unpacked")]
    Deflate(#[source] std::io::Error),
    #[error("the frame is not understood")]
    Decode(#[from] rmp_serde::decode::Error),
    #[error("the frame cannot be written")]
    Encode(#[from] rmp_serde::encode::Error),
}

/// # Errors
/// When the frame is larger than the peer takes.
pub fn encode<F: Serialize>(frame: &F) -> Result<Vec<u8>, WireError> {
    let body = rmp_serde::to_vec_named(frame)?;
    if body.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    if body.len() < WORTH_DEFLATING_BYTES {
        let mut plain = vec![VERSION, 0];
        plain.extend_from_slice(&body);
        return Ok(plain);
    }
    let mut deflater =
        flate2::write::DeflateEncoder::new(vec![VERSION, DEFLATED], flate2::Compression::fast());
    deflater.write_all(&body).map_err(WireError::Deflate)?;
    deflater.finish().map_err(WireError::Deflate)
}

/// Reads a frame that anybody may have sent.
///
/// # Errors
/// When it is cut off, of another version, too large or nonsense. Never panics.
pub fn decode<F: DeserializeOwned>(frame: &[u8]) -> Result<F, WireError> {
    let [version, flags, body @ ..] = frame else { return Err(WireError::Truncated) };
    if *version != VERSION {
        return Err(WireError::Version(*version));
    }
    if body.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    if flags & DEFLATED == 0 {
        return Ok(rmp_serde::from_slice(body)?);
    }
    let mut unpacked = Vec::new();
    let limit = MAX_FRAME_BYTES as u64 + 1;
    flate2::read::DeflateDecoder::new(body)
        .take(limit)
        .read_to_end(&mut unpacked)
        .map_err(WireError::Deflate)?;
    if unpacked.len() > MAX_FRAME_BYTES {
        return Err(WireError::TooLarge);
    }
    Ok(rmp_serde::from_slice(&unpacked)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hello() -> ClientFrame {
        let feed = Uuid::from_u128(7).into();
        ClientFrame::Hello(Hello {
            token: "t".repeat(600),
            app: "1.0".to_owned(),
            cursors: vec![Cursor { feed, seq: 12 }],
            begun: Some(vec![Begun { feed, seq: 9, next: 2 }]),
            checks: vec![Check { feed, value: -4 }],
        })
    }

    #[test]
    fn a_frame_reads_as_it_was_written() {
        let bytes = encode(&hello()).expect("encodes");
        assert_eq!(bytes[1], DEFLATED);
        assert_eq!(decode::<ClientFrame>(&bytes).expect("decodes"), hello());
    }

    #[test]
    fn a_frame_cut_anywhere_is_an_error() {
        let bytes = encode(&hello()).expect("encodes");
        for end in 0..bytes.len() {
            assert!(decode::<ClientFrame>(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_frame_of_another_version_is_refused_by_its_version() {
        let mut bytes = encode(&hello()).expect("encodes");
        bytes[0] = 9;
        assert!(matches!(decode::<ClientFrame>(&bytes), Err(WireError::Version(9))));
    }

    #[test]
    fn a_small_frame_that_unpacks_to_gigabytes_is_refused() {
        let mut bomb =
            flate2::write::DeflateEncoder::new(vec![VERSION, DEFLATED], flate2::Compression::best());
        bomb.write_all(&vec![0; MAX_FRAME_BYTES * 2]).expect("deflates");
        let bomb = bomb.finish().expect("deflates");
        assert!(matches!(decode::<ClientFrame>(&bomb), Err(WireError::TooLarge)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut framed = vec![VERSION, 0];
            framed.extend(&bytes);
            let _ = decode::<ClientFrame>(&framed);
            let _ = decode::<ServerFrame>(&framed);
            let _ = decode::<ServerFrame>(&bytes);
        }
    }
}
