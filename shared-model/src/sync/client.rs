//! What a device does when: the client side of sync as a pure state machine.
//!
//! `handle(now, input) -> effects`. The driver carries the effects out in their order and feeds
//! back what came of them. Nothing is lost by losing the engine: its state is a cache of the
//! outbox and the cursors, and a new one starts from those.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bootstrap::Bootstrap;
pub use retries::Retries;

use crate::command::Envelope;
use crate::ids::{CommandId, FeedId};
use crate::number::NumberLease;
use crate::sync::wire::{
    Batch, Begun, Check, Chunk, ClientFrame, Cursor, Hello, MAX_PUSH, ProblemCode, ServerFrame, Verdict,
};
use crate::time::Timestamp;

/// A connection that is silent for this long is dead.
const SILENCE_MILLIS: i64 = 30_000;
const PING_MILLIS: i64 = 10_000;
/// A clock that is off by this much more than it was has been set.
const CLOCK_SET_MILLIS: u64 = 2_000;
/// At most this many commands wait for a verdict at once.
const WINDOW: usize = 2 * MAX_PUSH;

#[derive(Debug)]
pub enum Input {
    /// The device has what it needs to connect: or there is reason to believe that it works again.
    Wake,
    /// The transport is open. `token` is what it was opened with.
    Connected {
        token: String,
        here: Here,
    },
    /// The transport failed or closed.
    Disconnected,
    Frame(ServerFrame),
    /// A command was committed to the outbox.
    Queued,
    /// Commands that waited are to be sent now, also from before those that were sent.
    Freed,
    /// The unsettled commands of the outbox after the asked sequence, in order.
    Outbox(Vec<Envelope>),
    /// A batch is committed.
    Applied {
        feed: FeedId,
        seq: u64,
    },
    /// A chunk of a snapshot came.
    Fetched(Chunk),
    /// A chunk of a snapshot is committed.
    Placed {
        feed: FeedId,
        seq: u64,
        index: u32,
    },
    /// Number leases run low.
    NumbersLow,
    /// The asked time has come.
    Tick,
}

/// What is committed of the feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Here {
    pub cursors: Vec<Cursor>,
    pub begun: Vec<Begun>,
    pub checks: Vec<Check>,
}

#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Get a token if the old one is stale, and open the transport.
    Connect {
        fresh_token: bool,
    },
    Disconnect,
    Send(ClientFrame),
    /// Answer with [`Input::Outbox`]: commands after `sequence`, at most `limit`.
    ReadOutbox {
        after: u64,
        limit: usize,
    },
    /// Commit the batch, then answer with [`Input::Applied`].
    Apply(Batch),
    /// Answer with [`Input::Fetched`], or with [`Input::Disconnected`] when it does not come.
    Fetch {
        feed: FeedId,
        seq: u64,
        index: u32,
    },
    /// Commit the chunk, then answer with [`Input::Placed`].
    Place(Chunk),
    /// Commit the verdicts. Where one says rebase, decide again and answer with [`Input::Queued`].
    Settle(Vec<(CommandId, Verdict)>),
    /// Keep the numbers.
    Keep(NumberLease),
    /// The server's clock less the device's, in milliseconds.
    Clock {
        offset_millis: i64,
    },
    Status(Link),
    /// Feed [`Input::Tick`] at this time; replaces the time asked for before.
    WakeAt(Timestamp),
    /// Which history the server has, and whether what is here is of another one, or may be: then what is here
    /// is dropped and fetched anew, and what the server may have lost is sent again.
    History {
        id: uuid::Uuid,
        is_other: bool,
        /// How far the plant's feed goes there.
        plant_head: u64,
    },
}

/// The state of the connection, as the sync pill shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    #[default]
    Offline,
    Connecting,
    /// Connected, with batches still to come.
    CatchingUp,
    /// Connected, and everything that the server has is here.
    Online,
    /// The server turned this device away for good.
    Revoked,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Waiting {
        until: Timestamp,
    },
    Connecting {
        since: Timestamp,
    },
    /// Hello is sent.
    Greeting {
        since: Timestamp,
    },
    Open {
        heard_at: Timestamp,
    },
    Revoked,
}

#[derive(Debug)]
pub struct Engine {
    phase: Phase,
    retries: Retries,
    fresh_token: bool,
    link: Link,
    /// Sent and not settled, with their sequence numbers.
    in_flight: BTreeMap<CommandId, u64>,
    /// The highest sequence that was sent on this connection.
    sent_until: u64,
    is_reading: bool,
    read_again: bool,
    pinged_at: Option<Timestamp>,
    leasing: bool,
    feeds: BTreeMap<FeedId, Progress>,
    /// Commands that were to be made anew since the last news of a feed.
    rebased: BTreeSet<CommandId>,
    /// One of them was again: sending waits for news or for the next tick.
    is_held: bool,
    /// When the server last took or answered a command while some were in flight.
    moved_at: Option<Timestamp>,
    last_now: Option<Timestamp>,
    /// As it was told last on this connection.
    offset_millis: Option<i64>,
    bootstrap: Bootstrap,
}

/// How far a feed is known, by sequence numbers. Batches come ahead of their commits.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    head: u64,
    /// The head when the connection opened.
    welcome: u64,
    received: u64,
    applied: u64,
}

impl Engine {
    /// `seed` spreads the retries of devices that lost the server together.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            phase: Phase::Idle,
            retries: Retries::new(seed),
            fresh_token: false,
            link: Link::Offline,
            in_flight: BTreeMap::new(),
            sent_until: 0,
            is_reading: false,
            read_again: false,
            pinged_at: None,
            leasing: false,
            feeds: BTreeMap::new(),
            rebased: BTreeSet::new(),
            is_held: false,
            moved_at: None,
            last_now: None,
            offset_millis: None,
            bootstrap: Bootstrap::new(),
        }
    }

    #[must_use]
    pub const fn link(&self) -> Link {
        self.link
    }

    #[must_use]
    pub fn in_flight_count(&self) -> usize {
        self.in_flight.len()
    }

    pub fn handle(&mut self, now: Timestamp, input: Input) -> VecDeque<Effect> {
        self.follow_clock(now);
        let mut effects = VecDeque::new();
        match input {
            Input::Wake => self.wake(now, &mut effects),
            Input::Connected { token, here } => self.connected(now, token, here, &mut effects),
            Input::Disconnected => self.lost(now, &mut effects),
            Input::Frame(frame) => self.frame(now, frame, &mut effects),
            Input::Queued => self.read(&mut effects),
            Input::Freed => {
                self.sent_until = 0;
                self.read(&mut effects);
            }
            Input::Outbox(commands) => {
                self.moved_at = Some(now);
                self.push(commands, &mut effects);
            }
            Input::Applied { feed, seq } => self.applied(feed, seq, &mut effects),
            Input::Fetched(chunk) => self.bootstrap.fetched(chunk, &mut effects),
            Input::Placed { feed, seq, index } => self.placed(feed, seq, index, &mut effects),
            Input::NumbersLow => self.lease(&mut effects),
            Input::Tick => self.tick(now, &mut effects),
        }
        effects
    }

    /// When somebody set the clock back, what is waited for comes that much earlier: the device must
    /// not wait for a day because its clock lost one.
    fn follow_clock(&mut self, now: Timestamp) {
        let back = self.last_now.map_or(0, |last| now.millis_since(last)).min(0);
        self.last_now = Some(now);
        match &mut self.phase {
            Phase::Waiting { until: at }
            | Phase::Connecting { since: at }
            | Phase::Greeting { since: at }
            | Phase::Open { heard_at: at } => *at = at.plus_millis(back),
            Phase::Idle | Phase::Revoked => {}
        }
    }

    fn wake(&mut self, now: Timestamp, effects: &mut VecDeque<Effect>) {
        if matches!(self.phase, Phase::Idle | Phase::Waiting { .. }) {
            self.connect(now, effects);
        }
    }

    fn connect(&mut self, now: Timestamp, effects: &mut VecDeque<Effect>) {
        self.phase = Phase::Connecting { since: now };
        effects.push_back(Effect::Connect { fresh_token: std::mem::take(&mut self.fresh_token) });
        effects.push_back(Effect::WakeAt(now.plus_millis(SILENCE_MILLIS)));
        self.show(Link::Connecting, effects);
    }

    fn connected(&mut self, now: Timestamp, token: String, here: Here, effects: &mut VecDeque<Effect>) {
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return;
        }
        self.phase = Phase::Greeting { since: now };
        let Here { cursors, begun, checks } = here;
        self.feeds = cursors
            .iter()
            .map(|Cursor { feed, seq }| {
                (*feed, Progress { head: *seq, welcome: *seq, received: *seq, applied: *seq })
            })
            .collect();
        self.bootstrap = Bootstrap::after(&begun);
        let app = env!("CARGO_PKG_VERSION").to_owned();
        let hello = Hello { token, app, cursors, begun: Some(begun), checks };
        effects.push_back(Effect::Send(ClientFrame::Hello(hello)));
    }

    fn lost(&mut self, now: Timestamp, effects: &mut VecDeque<Effect>) {
        self.in_flight.clear();
        self.sent_until = 0;
        self.is_reading = false;
        self.read_again = false;
        self.pinged_at = None;
        self.leasing = false;
        self.rebased.clear();
        self.is_held = false;
        self.bootstrap = Bootstrap::new();
        // A driver may say so twice: once on its own, once because it was told to disconnect.
        if matches!(self.phase, Phase::Idle | Phase::Waiting { .. } | Phase::Revoked) {
            return;
        }
        let until = now.plus_millis(self.retries.next_wait_millis());
        self.phase = Phase::Waiting { until };
        effects.push_back(Effect::WakeAt(until));
        self.show(Link::Offline, effects);
    }

    fn frame(&mut self, now: Timestamp, frame: ServerFrame, effects: &mut VecDeque<Effect>) {
        match (&mut self.phase, frame) {
            (_, ServerFrame::Problem { code, .. }) => self.problem(now, code, effects),
            (
                Phase::Greeting { since },
                ServerFrame::Welcome { server_time, plant, history, is_other_history, heads, snapshots },
            ) => {
                let asked = *since;
                self.phase = Phase::Open { heard_at: now };
                // With a snapshot to fetch, its first chunk is what shows that it works.
                if snapshots.is_empty() {
                    self.retries.begin_anew();
                }
                for head in heads {
                    let feed = self.feeds.entry(head.feed).or_default();
                    (feed.head, feed.welcome) = (head.seq, head.seq);
                }
                let plant_head = self.feeds.get(&plant.into()).map_or(0, |feed| feed.head);
                // No check says of which history the beginning of a snapshot is that cannot be finished.
                let is_other = is_other_history || self.bootstrap.is_left_behind(&snapshots);
                effects.push_back(Effect::History { id: history, is_other, plant_head });
                self.offset_millis = None;
                self.measure(now, asked, server_time, effects);
                effects.push_back(Effect::WakeAt(now.plus_millis(PING_MILLIS)));
                self.show_feeds(effects);
                self.bootstrap.offered(snapshots, effects);
                self.read(effects);
            }
            (Phase::Open { heard_at }, frame) => {
                *heard_at = now;
                if matches!(frame, ServerFrame::Verdicts(_)) {
                    self.moved_at = Some(now);
                }
                self.open(now, frame, effects);
            }
            _ => {}
        }
    }

    fn open(&mut self, now: Timestamp, frame: ServerFrame, effects: &mut VecDeque<Effect>) {
        match frame {
            ServerFrame::Batch(batch) => {
                let feed = self.feeds.entry(batch.feed).or_default();
                feed.head = batch.head;
                // A batch that does not follow on what is here would leave a gap.
                if batch.after == feed.received {
                    feed.received = batch.until;
                    effects.push_back(Effect::Apply(batch));
                } else {
                    effects.push_back(Effect::Disconnect);
                }
            }
            ServerFrame::Verdicts(verdicts) => {
                for (id, verdict) in &verdicts {
                    self.in_flight.remove(id);
                    if matches!(verdict, Verdict::Rebase { .. }) {
                        // What was made again is to be sent again, in its old place in the order; a
                        // second time only when something has changed, or after a while.
                        self.sent_until = 0;
                        self.is_held |= !self.rebased.insert(*id);
                    }
                }
                effects.push_back(Effect::Settle(verdicts));
                self.read(effects);
            }
            ServerFrame::Numbers(lease) => {
                self.leasing = false;
                effects.push_back(Effect::Keep(lease));
            }
            ServerFrame::Pong { at, server_time } => {
                self.pinged_at = None;
                self.measure(now, at, server_time, effects);
            }
            ServerFrame::Welcome { .. } | ServerFrame::Problem { .. } => {}
        }
    }

    /// Measures the clock by the server's: at each connection, and when it was set meanwhile.
    fn measure(
        &mut self,
        now: Timestamp,
        asked: Timestamp,
        server_time: Timestamp,
        effects: &mut VecDeque<Effect>,
    ) {
        // Half of the round trip is on the way back.
        let half = now.millis_since(asked).clamp(0, SILENCE_MILLIS) / 2;
        let offset_millis = server_time.plus_millis(half).millis_since(now);
        if self.offset_millis.is_none_or(|known| known.abs_diff(offset_millis) > CLOCK_SET_MILLIS) {
            self.offset_millis = Some(offset_millis);
            effects.push_back(Effect::Clock { offset_millis });
        }
    }

    fn problem(&mut self, now: Timestamp, code: ProblemCode, effects: &mut VecDeque<Effect>) {
        match code {
            ProblemCode::Revoked => {
                self.phase = Phase::Revoked;
                self.show(Link::Revoked, effects);
            }
            ProblemCode::Unauthorized => self.fresh_token = true,
            ProblemCode::BadFrame | ProblemCode::Unavailable | ProblemCode::Unknown => {}
        }
        effects.push_back(Effect::Disconnect);
        self.lost(now, effects);
    }

    /// Asks for commands to send, as far as the window allows. Not before this device knows what the
    /// server knew when they met: a verdict must not be answered from an old state.
    fn read(&mut self, effects: &mut VecDeque<Effect>) {
        let is_open = matches!(self.phase, Phase::Open { .. });
        if !is_open || self.is_held || !self.is_caught_up() || self.in_flight.len() >= WINDOW {
            return;
        }
        if self.is_reading {
            self.read_again = true;
            return;
        }
        self.is_reading = true;
        effects.push_back(Effect::ReadOutbox { after: self.sent_until, limit: MAX_PUSH });
    }

    fn push(&mut self, commands: Vec<Envelope>, effects: &mut VecDeque<Effect>) {
        self.is_reading = false;
        let again = std::mem::take(&mut self.read_again);
        if !matches!(self.phase, Phase::Open { .. }) {
            return;
        }
        let is_full = commands.len() >= MAX_PUSH;
        // Also over what is in flight: what was read is not read again, or this would go on for ever.
        self.sent_until = commands.iter().map(|it| it.sequence).fold(self.sent_until, u64::max);
        let fresh: Vec<_> = commands.into_iter().filter(|it| !self.in_flight.contains_key(&it.id)).collect();
        self.in_flight.extend(fresh.iter().map(|command| (command.id, command.sequence)));
        if !fresh.is_empty() {
            effects.push_back(Effect::Send(ClientFrame::Push { commands: fresh }));
        }
        if is_full || again {
            self.read(effects);
        }
    }

    fn applied(&mut self, feed: FeedId, seq: u64, effects: &mut VecDeque<Effect>) {
        let was_caught_up = self.is_caught_up();
        let known = self.feeds.entry(feed).or_default();
        known.applied = seq;
        known.head = known.head.max(seq);
        if matches!(self.phase, Phase::Open { .. }) {
            effects.push_back(Effect::Send(ClientFrame::Applied { feed, seq }));
            self.show_feeds(effects);
            self.rebased.clear();
            if std::mem::take(&mut self.is_held) || (self.is_caught_up() && !was_caught_up) {
                self.read(effects);
            }
        }
    }

    fn placed(&mut self, feed: FeedId, seq: u64, index: u32, effects: &mut VecDeque<Effect>) {
        self.retries.begin_anew();
        if self.bootstrap.placed(feed, seq, index, effects) {
            // From here on the feed's batches follow.
            self.feeds.entry(feed).or_default().received = seq;
            self.applied(feed, seq, effects);
        }
    }

    fn is_caught_up(&self) -> bool {
        self.feeds.values().all(|feed| feed.applied >= feed.welcome)
    }

    fn lease(&mut self, effects: &mut VecDeque<Effect>) {
        if matches!(self.phase, Phase::Open { .. }) && !self.leasing {
            self.leasing = true;
            effects.push_back(Effect::Send(ClientFrame::LeaseNumbers));
        }
    }

    fn tick(&mut self, now: Timestamp, effects: &mut VecDeque<Effect>) {
        match self.phase {
            Phase::Waiting { until } if now >= until => self.connect(now, effects),
            Phase::Waiting { until } => effects.push_back(Effect::WakeAt(until)),
            Phase::Connecting { since } | Phase::Greeting { since } => {
                if now.millis_since(since) >= SILENCE_MILLIS {
                    effects.push_back(Effect::Disconnect);
                    self.lost(now, effects);
                } else {
                    effects.push_back(Effect::WakeAt(since.plus_millis(SILENCE_MILLIS)));
                }
            }
            Phase::Open { heard_at } => {
                if now.millis_since(heard_at) >= SILENCE_MILLIS {
                    effects.push_back(Effect::Disconnect);
                    self.lost(now, effects);
                    return;
                }
                if now.millis_since(heard_at) >= PING_MILLIS && self.pinged_at.is_none() {
                    self.pinged_at = Some(now);
                    effects.push_back(Effect::Send(ClientFrame::Ping { at: now }));
                }
                effects.push_back(Effect::WakeAt(now.plus_millis(PING_MILLIS)));
                self.stir(now, effects);
            }
            Phase::Idle | Phase::Revoked => {}
        }
    }

    /// Sends what was held back, and again what the server leaves without a verdict.
    fn stir(&mut self, now: Timestamp, effects: &mut VecDeque<Effect>) {
        let is_stuck = self.moved_at.is_some_and(|moved| now.millis_since(moved) >= SILENCE_MILLIS);
        if !self.in_flight.is_empty() && is_stuck {
            self.in_flight.clear();
            self.sent_until = 0;
        }
        if std::mem::take(&mut self.is_held) || is_stuck {
            self.moved_at = Some(now);
            self.read(effects);
        }
    }

    fn show_feeds(&mut self, effects: &mut VecDeque<Effect>) {
        let behind = self.feeds.values().any(|feed| feed.applied < feed.head);
        self.show(if behind { Link::CatchingUp } else { Link::Online }, effects);
    }

    fn show(&mut self, link: Link, effects: &mut VecDeque<Effect>) {
        if self.link != link && self.link != Link::Revoked {
            self.link = link;
            effects.push_back(Effect::Status(link));
        }
    }
}

mod bootstrap;
mod retries;
#[cfg(test)]
mod tests;
