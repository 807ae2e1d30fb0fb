//! The bridge between the screens and the replica: what a screen may ask for, and what it gets.
//!
//! The screens know no SQL, HTTP or Automerge. They send a [`Request`] and get a [`Reply`], and
//! hear of changes by [`Event`]s. In the browser both cross `postMessage`, on the desktop Tauri's
//! `invoke`, each time as JSON. A query is a named read model: [`Query`] and, per query, the type
//! of its answer by [`ReadModel`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::ids::{CommandId, FactId, MaterialId, PlantId, PressId, UserId, WorkCenterId, WorkOrderId};
use crate::people::Role;
use crate::refusal::Refusal;
use crate::sync::client::Link;
use crate::time::Timestamp;

mod query;
mod view;

pub use query::*;
pub use view::*;

/// A question or a wish, with a number by which its reply is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub id: u64,
    pub request: Request,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Who this device and its user are.
    Session,
    /// Joins a plant with a one-time code. `server` is a URL; the page's own when empty.
    Enroll {
        server: String,
        code: String,
        name: String,
    },
    SignIn {
        email: String,
        password: String,
    },
    SignOut,
    /// The station that this device stands at.
    ChooseStation {
        work_center: Option<WorkCenterId>,
    },
    Command(Command),
    Query(Query),
    /// Fetches an archived order's details from the server, now or when it can be reached; they show in
    /// [`OrderDetail::details`].
    OpenOrder {
        order: WorkOrderId,
    },
    /// "Send now".
    SyncNow,
    /// Compares what is here with what the server has, now; what it comes to shows in [`SyncStatus`].
    Compare,
    /// Everything unsent, as a file.
    ExportUnsent,
    /// Takes over such a file of another device: its content.
    ImportUnsent {
        text: String,
    },
    /// Takes a refused command out of the list; what it recorded stays on the server.
    DiscardRefused {
        command: CommandId,
    },
    /// Enters a refused command again, as it was or `edited`, in the name of who is signed in and at
    /// the time at which it was first entered.
    Resend {
        command: CommandId,
        edited: Option<Command>,
    },
    /// Gives a refused command to somebody who may decide.
    HandOver {
        command: CommandId,
        note: String,
    },
    /// Enters what was handed over, in the name of who is signed in, and closes the exception.
    Release {
        exception: FactId,
        note: String,
    },
    /// One of the requests that enter something, named where the button was pressed: asked again, it is
    /// answered as the first time and does nothing.
    Once {
        press: PressId,
        act: Box<Self>,
    },
}

impl Request {
    /// Whether it enters something, so that asking twice would enter it twice.
    #[must_use]
    pub const fn enters(&self) -> bool {
        matches!(self, Self::Command(_) | Self::Resend { .. } | Self::HandOver { .. } | Self::Release { .. })
    }

    /// Whether it may be asked again when nobody knows what became of it.
    #[must_use]
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Session
            | Self::SignOut
            | Self::ChooseStation { .. }
            | Self::Query(_)
            | Self::OpenOrder { .. }
            | Self::SyncNow
            | Self::Compare
            | Self::ExportUnsent
            | Self::ImportUnsent { .. }
            | Self::DiscardRefused { .. }
            | Self::Once { .. } => true,
            // A code works once, and a password is not tried again behind somebody's back.
            Self::Enroll { .. } | Self::SignIn { .. } => false,
            Self::Command(_) | Self::Resend { .. } | Self::HandOver { .. } | Self::Release { .. } => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub id: u64,
    pub reply: Result<Reply, HostError>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Done,
    Session(Session),
    /// The command is durable on this device.
    Saved(Saved),
    /// The answer to a query, of the type that its [`ReadModel`] names.
    View(serde_json::Value),
    File {
        name: String,
        content: String,
    },
    /// What was taken over is durable on this device.
    Imported(Imported),
}

/// Of a file of unsent work, in bytes. A day of a busy line is a tenth of a megabyte.
pub const MAX_UNSENT_FILE_BYTES: usize = 16 << 20;

/// What became of the entries in a file of unsent work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Entered here now.
    pub taken: u32,
    /// Here already, or on the server.
    pub known: u32,
}

/// A command that is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub command: CommandId,
    pub order: Option<WorkOrderId>,
    /// The report that it made: what Undo voids.
    pub report: Option<FactId>,
    /// What it opened, for a warning: over-production, negative stock.
    pub exceptions: Vec<crate::exception::Exception>,
}

/// Pushed without being asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Something that a query may show has changed: ask again.
    Changed {
        revision: u64,
    },
    Status(SyncStatus),
    /// Said by the bridge: the replica's side is gone, and answers nothing until it is started again.
    Stopped {
        problem: String,
    },
}

/// What the worker or the shell sends to the screens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    Answer(Answer),
    Event(Event),
}

/// Why a request came to nothing, in words that a person understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum HostError {
    #[error("{refusal}")]
    Refused { refusal: Refusal },
    #[error("this device has not joined a plant yet")]
    NotEnrolled,
    #[error("sign in first")]
    NotSignedIn,
    /// The server cannot be reached, and this needs it.
    #[error("no connection to the server; this works only online")]
    Offline,
    /// The server said no: wrong code, wrong password.
    #[error("{message}")]
    Rejected { message: String },
    /// What was entered cannot be kept: storage not durable, or damaged.
    #[error("this device could not save it: {message}")]
    Storage { message: String },
    /// There is no room. What was saved is there; this may be tried again when there is some.
    #[error("this device's storage is full: make room on it, and try again; what was saved is safe")]
    StorageFull,
    /// The replica's files, or the order, are of a newer version.
    #[error("this app is older than its data; update it")]
    UpdateNeeded,
    #[error("something went wrong: {message}")]
    Internal { message: String },
}

impl From<Refusal> for HostError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// None: the device has to be enrolled.
    pub plant: Option<SessionPlant>,
    /// None: somebody has to sign in.
    pub user: Option<SessionUser>,
    pub station: Option<WorkCenterId>,
    pub storage: Storage,
    /// Why the device has no plant any more; told until it joins one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiped: Option<Box<Wiped>>,
}

/// An administrator had this device hand in its work and remove everything that it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiped {
    /// The name of the plant that it belonged to.
    pub plant: String,
    /// By the device's clock.
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionPlant {
    pub id: PlantId,
    pub organization: String,
    pub name: String,
    pub zone: String,
    pub currency: String,
    pub device_name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUser {
    pub id: UserId,
    pub name: String,
    pub roles: Vec<Role>,
}

/// Whether what is saved here stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// On disk, and the browser promised not to clear it.
    #[default]
    Durable,
    /// On disk, but the browser may clear it when space runs out.
    Evictable,
    /// What was saved is on disk, but there is no room for more.
    Full,
    /// Nothing is kept: private browsing, or storage refused.
    Unavailable,
    /// Another tab of this browser keeps what is saved, and does not answer.
    OtherTabSilent,
    /// It is there and cannot be read: its key is missing, or is another one.
    Locked,
}

/// What the sync pill shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    pub link: Link,
    /// Commands that the server has not answered.
    pub unsent_count: u32,
    pub oldest_unsent_at: Option<Timestamp>,
    /// Commands that it refused.
    pub attention_count: u32,
    /// When this device last had everything the server had.
    pub synced_at: Option<Timestamp>,
    /// The server's clock less this device's.
    pub clock_offset_millis: i64,
    pub storage: Storage,
    /// Orders here are of a newer version than this app.
    #[serde(default)]
    pub needs_update: bool,
    /// Whether this is what the server has.
    #[serde(default)]
    pub comparison: Comparison,
}

/// How what is here compares with what the server has, as far as is known since the app was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "came_to", rename_all = "snake_case")]
pub enum Comparison {
    #[default]
    NotYet,
    UnderWay,
    /// It is the same, after so many orders were put right.
    Same {
        at: Timestamp,
        mended_count: u32,
    },
    /// Something is not: it is looked at again in a minute, and then everything is fetched anew.
    Differs {
        at: Timestamp,
    },
    /// Something is not, and everything was fetched anew not long ago.
    StillDiffers {
        at: Timestamp,
    },
    /// It did not come to an end; it is tried again.
    Failed {
        at: Timestamp,
    },
}

/// A query with the type of its answer.
pub trait ReadModel: Into<Query> {
    type View: DeserializeOwned;
}

/// One material for a pick list; the same for other nouns would be one more type each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialChoice {
    pub id: MaterialId,
    pub number: String,
    pub name: String,
    pub unit: String,
}
