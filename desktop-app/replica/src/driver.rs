//! The glue between a replica, the sync engine and the world, itself without IO: `handle(now,
//! input) -> effects`. The platforms (`native`, `web`, and the simulation in the tests) open
//! sockets, post HTTP and keep time as the effects say, and feed back what came of it.
//!
//! **Invariant:** losing a driver loses nothing. What counts is in the files before an effect
//! speaks of it, and a new driver on the same files goes on where the old one was.

use shared_model::host::{Answer, Call, Event, HostError, Message, Storage};
use shared_model::sync::client::{Engine, Link};
use shared_model::time::Timestamp;

use crate::{Error, Replica};

mod answer;
mod closed;
mod compare;
mod copying;
mod errand;
mod files;
mod link;
mod protocol;
mod reopen;
mod teller;
#[cfg(test)]
mod tests;
mod token;
mod unsent;
mod wanted;
mod wipe;

pub use closed::Closed;
use compare::Comparing;
pub use compare::Pace;
use copying::Copying;
use errand::Errands;
pub use files::{Files, Gone};
use link::Line;
use teller::Teller;
use token::Tokens;
use unsent::HandIn;
use wanted::Wanted;

/// One attempt at a connection. Whatever is said of an earlier one is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// One HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostId(pub u64);

#[derive(Debug)]
pub enum Input {
    /// The driver was started, or there is reason to believe that the network works again.
    Wake,
    Call(Call),
    /// The asked time has come.
    Time,
    Opened(ConnectionId),
    /// The connection failed or ended.
    Closed(ConnectionId),
    Received(ConnectionId, Vec<u8>),
    /// What came of a request; none when the server did not answer.
    Posted(PostId, Option<Response>),
    /// What came of fetching a file; none when the server did not answer.
    Got(PostId, Option<Fetched>),
    /// The browser says whether it keeps what is saved.
    Storage(Storage),
}

#[derive(Debug, PartialEq)]
pub enum Effect {
    /// To the screens.
    Tell(Message),
    /// Opens a WebSocket.
    Open {
        connection: ConnectionId,
        url: String,
    },
    Send {
        connection: ConnectionId,
        frame: Vec<u8>,
    },
    Close(ConnectionId),
    Post {
        id: PostId,
        post: Post,
    },
    /// Gets a file of up to some megabytes.
    Get {
        id: PostId,
        url: String,
        bearer: String,
    },
    /// Feed [`Input::Time`] at this time; replaces the time asked for before.
    WakeAt(Timestamp),
}

/// A JSON POST.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    pub url: String,
    /// An access token.
    pub bearer: Option<String>,
    pub body: String,
}

/// Bodies hold passwords and tokens: they are not printed.
impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A file as the server has it: what the transport compressed is unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Fills a buffer with unpredictable bytes, good for keys.
pub type Random = Box<dyn FnMut(&mut [u8])>;

/// What a driver is told at its start.
pub struct Setup {
    pub random: Random,
    /// The server that a page came from: what an enrollment without an address means.
    pub home: Option<String>,
    /// Whether to use the network at all.
    pub is_networked: bool,
    /// Whether what is saved stays, as the platform found out.
    pub storage: Storage,
    pub pace: Pace,
}

pub struct Driver {
    replica: Result<Replica, Closed>,
    files: Box<dyn Files>,
    setup: Setup,
    engine: Engine,
    line: Line,
    tokens: Tokens,
    errands: Errands,
    hand_in: HandIn,
    wanted: Wanted,
    comparing: Comparing,
    copying: Copying,
    teller: Teller,
    engine_wakes_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    rebuilt_at: Option<Timestamp>,
    reopens_at: Option<Timestamp>,
    /// The last write found no room.
    is_full: bool,
    /// How far the plant's feed goes at least, by the verdicts.
    accepted_until: u64,
    effects: Vec<Effect>,
}

impl Driver {
    /// Opens the files. Where that fails, the driver answers every request with the reason.
    #[must_use]
    pub fn open(files: Box<dyn Files>, setup: Setup) -> Self {
        let mut driver = Self {
            replica: Err(Closed::default()),
            files,
            engine: Engine::new(0),
            setup,
            line: Line::default(),
            tokens: Tokens::default(),
            errands: Errands::default(),
            hand_in: HandIn::default(),
            wanted: Wanted::default(),
            comparing: Comparing::default(),
            copying: Copying::default(),
            teller: Teller::default(),
            engine_wakes_at: None,
            asked_at: None,
            rebuilt_at: None,
            reopens_at: None,
            is_full: false,
            accepted_until: 0,
            effects: Vec::new(),
        };
        driver.engine = Engine::new(u64::from_le_bytes(driver.random()));
        driver.replica = files::open(&mut *driver.files, driver.setup.storage);
        driver
    }

    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        match input {
            Input::Wake => self.wake(now),
            Input::Call(call) => self.call(now, call),
            Input::Time => self.time(now),
            Input::Opened(connection) => self.opened(now, connection),
            Input::Closed(connection) => self.lost(now, connection),
            Input::Received(connection, frame) => self.received(now, connection, &frame),
            Input::Posted(id, response) => self.posted(now, id, response),
            Input::Got(id, fetched) => self.got(now, id, fetched),
            Input::Storage(storage) => self.storage_is(storage),
        }
        self.reopen(now);
        self.hand_in(now);
        self.fetch_wanted(now);
        self.compare(now);
        self.tell_changes(now);
        self.copy_logs(now);
        self.ask_for_time();
        std::mem::take(&mut self.effects)
    }

    /// Whether the server has everything of this device, and this device everything of the server's,
    /// its own work included, which comes back a moment after the verdict on it. A revoked device has
    /// nothing more to expect when its work is handed in and it is not to be emptied.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let Ok(replica) = &self.replica else { return false };
        let Some(plant) = replica.enrollment().map(|enrollment| enrollment.plant_feed) else { return false };
        let Ok(cursors) = replica.cursors() else { return false };
        let here = cursors.iter().find(|cursor| cursor.feed == plant).map_or(0, |cursor| cursor.seq);
        match self.engine.link() {
            // What waits for others is sent when they bring what it waits for.
            Link::Online => {
                let is_all_sent = replica.unsent(0, 1).is_ok_and(|unsent| unsent.is_empty());
                is_all_sent && here >= self.accepted_until && self.wanted.is_none()
            }
            Link::Revoked => self.hand_in.is_answered(),
            Link::Offline | Link::Connecting | Link::CatchingUp => false,
        }
    }

    /// The replica itself, where it could be opened: for tools and tests.
    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        self.replica.as_ref().ok()
    }

    /// Gives the replica back, to close it.
    #[must_use]
    pub fn into_replica(self) -> Option<Replica> {
        self.replica.ok()
    }

    fn storage_is(&mut self, storage: Storage) {
        self.setup.storage = storage;
        self.show_storage();
    }

    /// What came of a write, as far as the room for it goes.
    fn wrote(&mut self, is_full: bool) {
        if std::mem::replace(&mut self.is_full, is_full) != is_full {
            self.show_storage();
        }
    }

    fn show_storage(&mut self) {
        self.teller.touch();
        let storage = if self.is_full { Storage::Full } else { self.setup.storage };
        if let Ok(replica) = &mut self.replica {
            replica.set_storage(storage);
        }
    }

    fn wake(&mut self, now: Timestamp) {
        self.hand_in.do_not_wait();
        if self.is_awake() {
            self.drive(now, shared_model::sync::client::Input::Wake);
        }
    }

    /// Whether there is a server to connect to.
    fn is_awake(&self) -> bool {
        self.setup.is_networked && self.replica().is_some_and(|replica| replica.credentials().is_some())
    }

    fn time(&mut self, now: Timestamp) {
        self.asked_at = None;
        if self.engine_wakes_at.take().is_some() {
            // Early when the time was asked for by others; the engine then asks again.
            self.drive(now, shared_model::sync::client::Input::Tick);
        }
        if self.engine.link() == Link::Online
            && let Ok(replica) = &mut self.replica
        {
            match replica.stop_waiting(now) {
                Ok(true) => {
                    self.teller.touch();
                    if replica.take_freed() {
                        self.drive(now, shared_model::sync::client::Input::Freed);
                    }
                }
                Ok(false) => {}
                Err(error) => self.trouble(now, &error),
            }
        }
    }

    fn ask_for_time(&mut self) {
        // Offline there is nothing to fetch or to compare with, and the end of that is heard anyway.
        let is_online = self.engine.link() == Link::Online;
        let online = [self.wanted.due_at(), self.comparing.due_at()].into_iter().filter(|_| is_online);
        // Of files that are closed there is nothing to tell, to hand in or to copy.
        let open = [self.teller.due_at(), self.hand_in.due_at(), self.copying.due_at()]
            .into_iter()
            .filter(|_| self.replica.is_ok());
        let next =
            [self.engine_wakes_at, self.reopens_at].into_iter().chain(open).chain(online).flatten().min();
        if next != self.asked_at {
            self.asked_at = next;
            self.effects.extend(next.map(Effect::WakeAt));
        }
    }

    fn tell_changes(&mut self, now: Timestamp) {
        if let Ok(replica) = &self.replica {
            self.effects.extend(self.teller.tell(now, replica));
        }
    }

    fn answer(&mut self, id: u64, reply: Result<shared_model::host::Reply, HostError>) {
        self.effects.push(Effect::Tell(Message::Answer(Answer { id, reply })));
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.setup.random)(&mut bytes);
        bytes
    }

    /// What to do about an error that no screen waits for.
    fn trouble(&mut self, now: Timestamp, error: &Error) {
        tracing::error!(error = error as &dyn std::error::Error, "the replica cannot go on");
        if error.is_full() {
            // The engine tries again when it connects again.
            self.wrote(true);
        } else if error.is_replica_damaged() || self.is_replica_damaged() {
            self.rebuild(now);
        }
    }

    fn is_replica_damaged(&self) -> bool {
        let looked_at = self.replica().map(crate::check::replica);
        matches!(looked_at, Some(Err(error)) if error.is_replica_damaged())
    }

    /// Sets the replica aside and starts an empty one, which the server fills again. The outbox stays.
    fn rebuild(&mut self, now: Timestamp) {
        const ONCE_IN_MILLIS: i64 = 600_000;
        let is_too_often = self.rebuilt_at.is_some_and(|at| now.millis_since(at) < ONCE_IN_MILLIS);
        self.rebuilt_at = Some(now);
        if is_too_often {
            self.replica =
                Err(Closed::storage("its files are damaged again and again; the disk may be failing"));
            self.tell_that_all_changed();
        } else {
            self.start_over();
        }
    }

    /// Sets the replica aside and starts an empty one.
    fn start_over(&mut self) {
        let storage = self.setup.storage;
        drop(std::mem::replace(&mut self.replica, Err(Closed::default())));
        self.replica = self
            .files
            .set_replica_aside()
            .map_err(|error| Closed::still_there(&error))
            .and_then(|()| files::open(&mut *self.files, storage));
        self.show_comparison();
        self.tell_that_all_changed();
    }

    fn tell_that_all_changed(&mut self) {
        self.teller = Teller::default();
        self.wanted = Wanted::default();
        self.accepted_until = 0;
        // Whatever the screens show is to be asked for again, if only to see why there is none.
        self.effects.push(Effect::Tell(Message::Event(Event::Changed { revision: 0 })));
    }
}

/// Whether a time has not come that is set at most so far ahead. A clock that was set back makes nothing wait for its
/// old time.
fn is_ahead(at: Timestamp, now: Timestamp, millis_max: i64) -> bool {
    (1..=millis_max).contains(&at.millis_since(now))
}
