//! The outbox file: who this device is, and what people entered that the server has not given back.
//!
//! Rows of `command` leave in two ways only: the server's feed has brought them back, and then they are
//! kept aside for a while, or a person discarded a refused one.

pub(crate) mod command;
pub(crate) mod counter;
pub(crate) mod device;
pub(crate) mod epoch;
pub(crate) mod kept;
pub(crate) mod lease;
pub(crate) mod press;
pub(crate) mod stand;

pub(crate) use command::{CommandState, Entry};
pub(crate) use counter::Counter;
pub(crate) use device::Device;

/// An error of this file, which is not the replica's: the one is precious, the other rebuildable.
#[derive(Debug)]
pub(crate) struct OutboxError(pub(crate) rusqlite::Error);

impl From<rusqlite::Error> for OutboxError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error)
    }
}

pub(crate) type Result<T> = std::result::Result<T, OutboxError>;
