//! Several tabs of one browser, one replica: who answers whom. Without IO: `handle(now, input) ->
//! effects`; `web` brings the messages, the lock and the time.
//!
//! Each tab has a worker. The one that holds the lock is the *leader*: it has the files and the
//! connection. The others are *followers*: they pass the calls of their pages to it, and its answers
//! and events back. The browser takes the lock from a worker that ends, however it ends, and gives it
//! to the next one, which opens the files and says so.
//!
//! Calls and answers cross as the text that the pages speak: nobody reads more of them than they need.
//!
//! **Invariant:** no call is lost and none is done twice. A follower keeps each call until it is
//! answered, and asks every new leader again; what enters something has a name by which the outbox
//! knows it ([`Request::Once`](shared_model::host::Request::Once)). What must not be asked again is
//! answered with a sentence that says so.

use serde::{Deserialize, Serialize};
use shared_model::host::SyncStatus;

mod follower;
mod leader;
#[cfg(test)]
mod tests;

pub use follower::{Effect, Follower, Input};
pub use leader::{Asker, Heard, Leader, To};

/// One worker, drawn at its start: a page that is loaded again is another tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TabId(pub u64);

/// One leadership, drawn when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reign(pub u64);

/// What a follower says to whoever leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub by: TabId,
    pub what: Wish,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Who leads? Also: is anybody there?
    Greet,
    /// A call, as the page wrote it.
    Call { id: u64, text: String },
}

/// What the leader says, to one follower or to all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It leads, and answers from now on.
    Leads {
        reign: Reign,
        status: Option<SyncStatus>,
    },
    /// It holds the lock and is about to open the files.
    Opens,
    /// The same, to a call: it was not looked at.
    NotYet {
        call: u64,
    },
    /// The answer to a call, as its page reads it.
    Answer {
        call: u64,
        text: String,
    },
    /// The screens are to ask again.
    Changed,
    Status(SyncStatus),
}
