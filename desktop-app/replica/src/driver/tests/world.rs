//! A driver, a server in memory, and a network that can be cut.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SigningKey};
use rusqlite::{Connection, ffi};
use serde_json::json;
use shared_model::command::Command;
use shared_model::host::{
    Call, Event, HostError, Message, Query, Reply, Request, Saved, Session, Stations, Storage, SyncState,
    SyncStatus,
};
use shared_model::ids::FeedId;
use shared_model::number::NumberLease;
use shared_model::people::Role;
use shared_model::sync::fingerprint::FactSum;
use shared_model::sync::unsent::{signed_text, wiped_text};
use shared_model::sync::wire::{self, Chunk, ClientFrame, Cursor, Hello, Offer, ServerFrame};
use shared_model::time::Timestamp;

use crate::Replica;
use crate::driver::{
    ConnectionId, Driver, Effect, Fetched, Files, Input, Pace, Post, PostId, Response, Setup,
};
use crate::tests::plant::{ANN_OPERATOR, ORGANIZATION, PLANT, START, Server, id, memory};

pub const TOKEN_MILLIS: i64 = 1_800_000;

pub struct World {
    pub driver: Driver,
    pub server: Server,
    pub now: Timestamp,
    pub told: Vec<Event>,
    pub tokens_asked: u32,
    pub server_is_ahead_by_millis: i64,
    /// So many times, the server's word on the time is out of date when it arrives.
    pub clock_jumps_over_answers: u32,
    pub is_reachable: bool,
    pub is_revoked: bool,
    /// The server takes no unsent work.
    pub takes_no_work: bool,
    pub refused_parts: u32,
    /// How many commands were handed in each time.
    pub handed_in: Vec<usize>,
    /// Of what is handed in, the server keeps so many commands at a time.
    pub keeps_at_most: usize,
    /// An administrator has the device emptied.
    pub is_to_be_wiped: bool,
    pub last_words: u32,
    pub loses_last_words: bool,
    pub loses_verdicts: bool,
    /// So many tokens are turned away at sign-in.
    pub refuses_tokens: u32,
    /// Whether new devices begin with snapshots, in chunks of so many items.
    pub chunk_size: Option<usize>,
    /// So many requests for chunks are lost.
    pub loses_chunks: u32,
    pub chunks_asked: u32,
    /// Which ones, by feed and place.
    pub asked: Vec<(FeedId, usize)>,
    /// What becomes of a chunk on its way.
    pub spoilt: Option<Spoilt>,
    /// Chunks after so many are lost.
    pub chunks_until_cut: Option<u32>,
    /// Of orders, to compare with.
    pub ranges_asked: u32,
    /// Whatever the device holds, the server has something else.
    pub is_never_the_same: bool,
    /// Another one after the server was set back.
    pub history: u128,
    user: u128,
    wakes_at: Option<Timestamp>,
    connection: Option<ConnectionId>,
    sent_until: Vec<Cursor>,
    answers: VecDeque<(u64, Result<Reply, HostError>)>,
    calls: u64,
    leased: u64,
}

/// A chunk that does not arrive as it was sent, by its feed and place.
pub struct Spoilt {
    pub chunk: (FeedId, usize),
    pub how: Fault,
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    CutTo(usize),
    Flipped {
        byte: usize,
        bit: usize,
    },
    /// It is made another one, and is sound itself.
    Another(fn(&mut Chunk)),
}

impl Fault {
    pub fn spoil(self, bytes: &mut Vec<u8>) {
        match self {
            Self::CutTo(length) => bytes.truncate(length),
            Self::Flipped { byte, bit } => bytes[byte] ^= 1 << bit,
            Self::Another(change) => {
                let mut chunk = wire::decode(bytes).expect("a chunk");
                change(&mut chunk);
                *bytes = wire::pack(&chunk).expect("packs");
            }
        }
    }
}

impl World {
    pub fn new(user: u128) -> Self {
        Self::on(Box::new(Disk::new().0), user)
    }

    pub fn on(files: Box<dyn Files>, user: u128) -> Self {
        let mut world = Self {
            driver: Driver::open(files, setup(true)),
            server: Server::new(),
            now: Timestamp::from_millis(START),
            told: Vec::new(),
            tokens_asked: 0,
            server_is_ahead_by_millis: 0,
            clock_jumps_over_answers: 0,
            is_reachable: true,
            is_revoked: false,
            takes_no_work: false,
            refused_parts: 0,
            handed_in: Vec::new(),
            keeps_at_most: usize::MAX,
            is_to_be_wiped: false,
            last_words: 0,
            loses_last_words: false,
            loses_verdicts: false,
            refuses_tokens: 0,
            chunk_size: None,
            loses_chunks: 0,
            chunks_asked: 0,
            asked: Vec::new(),
            spoilt: None,
            chunks_until_cut: None,
            ranges_asked: 0,
            is_never_the_same: false,
            history: 77,
            user,
            wakes_at: None,
            connection: None,
            sent_until: Vec::new(),
            answers: VecDeque::new(),
            calls: 0,
            leased: 0,
        };
        world.feed(Input::Wake);
        world
    }

    /// On a device that has joined, with somebody signed in, and everything here.
    pub fn joined(user: u128) -> Self {
        let mut world = Self::new(user);
        world.join();
        world
    }

    pub fn join(&mut self) {
        self.session(Request::Enroll { server: String::new(), code: "K7QX".into(), name: "Line 1".into() });
        self.session(Request::SignIn { email: "somebody".into(), password: "secret".into() });
        assert!(self.driver.is_settled());
    }

    pub fn ask(&mut self, request: Request) -> Result<Reply, HostError> {
        self.calls += 1;
        let id = self.calls;
        self.feed(Input::Call(Call { id, request }));
        let (answered, reply) = self.answers.pop_front().expect("an answer");
        assert_eq!(answered, id);
        reply
    }

    pub fn session(&mut self, request: Request) -> Session {
        match self.ask(request) {
            Ok(Reply::Session(session)) => session,
            other => panic!("no session: {other:?}"),
        }
    }

    pub fn press(&mut self, command: Command) -> Saved {
        match self.ask(Request::Command(command)) {
            Ok(Reply::Saved(saved)) => saved,
            other => panic!("not saved: {other:?}"),
        }
    }

    pub fn status(&mut self) -> SyncStatus {
        let Ok(Reply::View(view)) = self.ask(Request::Query(Query::SyncState(SyncState {}))) else {
            panic!("no status")
        };
        serde_json::from_value(view["status"].clone()).expect("a status")
    }

    pub fn stations(&mut self) -> Vec<String> {
        let Ok(Reply::View(view)) = self.ask(Request::Query(Query::Stations(Stations {}))) else {
            panic!("no stations")
        };
        let rows = view.as_array().expect("rows").iter();
        rows.map(|row| row["code"].as_str().expect("a code").to_owned()).collect()
    }

    /// The network ends, and stays away.
    pub fn cut(&mut self) {
        self.is_reachable = false;
        if let Some(connection) = self.connection.take() {
            self.feed(Input::Closed(connection));
        }
    }

    pub fn connect(&mut self) {
        self.is_reachable = true;
        self.feed(Input::Wake);
    }

    /// Lets the token run out, without letting anything else happen.
    pub fn forget_token(&mut self) {
        self.driver.tokens.forget();
    }

    /// Lets time pass, with everything that is to happen meanwhile.
    pub fn wait(&mut self, millis: i64) {
        let until = self.now.plus_millis(millis);
        while let Some(at) = self.wakes_at.filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.wakes_at = None;
            self.feed(Input::Time);
        }
        self.now = until;
    }

    pub fn receive_bytes(&mut self, frame: Vec<u8>) {
        let connection = self.connection.expect("a connection");
        self.feed(Input::Received(connection, frame));
    }

    fn server_now(&self) -> Timestamp {
        // Its clock goes on where the device's is set back.
        self.now.max(Timestamp::from_millis(START)).plus_millis(self.server_is_ahead_by_millis)
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.driver.handle(self.now, input) {
                match effect {
                    Effect::Tell(Message::Answer(answer)) => {
                        self.answers.push_back((answer.id, answer.reply));
                    }
                    Effect::Tell(Message::Event(event)) => self.told.push(event),
                    Effect::WakeAt(at) => self.wakes_at = Some(at),
                    Effect::Post { id, post } => inputs.push_back(Input::Posted(id, self.posted(id, &post))),
                    Effect::Get { id, url, .. } => inputs.push_back(Input::Got(id, self.got(&url))),
                    Effect::Open { connection, url } => {
                        assert_eq!(url, "ws://127.0.0.1:8080/api/v1/sync");
                        self.connection = self.is_reachable.then_some(connection);
                        inputs.push_back(if self.is_reachable {
                            Input::Opened(connection)
                        } else {
                            Input::Closed(connection)
                        });
                    }
                    Effect::Close(connection) if self.connection == Some(connection) => {
                        self.connection = None;
                    }
                    Effect::Close(_) => {}
                    Effect::Send { connection, frame } => {
                        for answer in self.said(connection, &frame) {
                            let bytes = wire::encode(&answer).expect("encodes");
                            inputs.push_back(Input::Received(connection, bytes));
                        }
                    }
                }
            }
        }
    }

    fn said(&mut self, connection: ConnectionId, frame: &[u8]) -> Vec<ServerFrame> {
        if self.connection != Some(connection) {
            return Vec::new();
        }
        match wire::decode(frame).expect("a frame") {
            ClientFrame::Hello(Hello { cursors, .. }) => {
                self.sent_until = cursors;
                let heads = self.heads();
                let snapshots = self.offers();
                for offer in &snapshots {
                    self.sent_until.retain(|cursor| cursor.feed != offer.feed);
                }
                let welcome = ServerFrame::Welcome {
                    server_time: self.server_now(),
                    plant: id(PLANT),
                    history: id(self.history),
                    is_other_history: false,
                    heads,
                    snapshots,
                };
                [vec![welcome], self.batches()].concat()
            }
            ClientFrame::Push { commands } => {
                let verdicts = commands.iter().map(|command| self.server.push(command)).collect();
                if self.loses_verdicts {
                    return Vec::new();
                }
                [vec![ServerFrame::Verdicts(verdicts)], self.batches()].concat()
            }
            ClientFrame::LeaseNumbers => {
                self.leased += 50;
                let (next, end) = (self.leased, self.leased + 50);
                vec![ServerFrame::Numbers(NumberLease { prefix: "WO-".to_owned(), next, end })]
            }
            ClientFrame::Applied { feed, seq } => {
                // The feed goes on behind its snapshot.
                if self.sent_until.iter().all(|cursor| cursor.feed != feed) {
                    self.sent_until.push(Cursor { feed, seq });
                }
                self.batches()
            }
            ClientFrame::Ping { at } => vec![ServerFrame::Pong { at, server_time: self.server_now() }],
        }
    }

    /// Snapshots of the feeds of which nothing is here.
    fn offers(&self) -> Vec<Offer> {
        let Some(size) = self.chunk_size else { return Vec::new() };
        let is_new = |cursor: &&Cursor| cursor.seq == 0;
        let offer = |cursor: &Cursor| {
            let chunks = self.server.snapshot(cursor.feed, size);
            let count = u32::try_from(chunks.len()).expect("small");
            Offer { feed: cursor.feed, seq: chunks[0].seq, chunks: count }
        };
        self.sent_until.iter().filter(is_new).map(offer).collect()
    }

    fn got(&mut self, url: &str) -> Option<Fetched> {
        self.chunks_asked += 1;
        if self.chunks_until_cut.is_some_and(|until| self.chunks_asked > until) {
            return None;
        }
        if self.loses_chunks > 0 {
            self.loses_chunks -= 1;
            return None;
        }
        let path = url.strip_prefix("http://127.0.0.1:8080/api/v1/sync/").expect("an address");
        if let Some(query) = path.strip_prefix("fingerprints?") {
            return Some(self.compared(query));
        }
        if let Some(order) = path.strip_prefix("orders/") {
            let whole = self.server.whole(order.parse().expect("an id"));
            return Some(Fetched { status: 200, body: wire::pack(&whole).expect("packs") });
        }
        let path = path.strip_prefix("snapshots/").expect("an address");
        let parts: Vec<&str> = path.split('/').collect();
        let feed = parts[0].parse().expect("an id");
        let index: usize = parts[2].parse().expect("a number");
        let chunk = self.server.snapshot(feed, self.chunk_size?).into_iter().nth(index).expect("a chunk");
        assert_eq!(parts[1], chunk.seq.to_string());
        let mut body = wire::pack(&chunk).expect("packs");
        self.asked.push((feed, index));
        if let Some(spoilt) = self.spoilt.as_ref().filter(|spoilt| spoilt.chunk == (feed, index)) {
            spoilt.how.spoil(&mut body);
        }
        Some(Fetched { status: 200, body })
    }

    fn compared(&mut self, query: &str) -> Fetched {
        self.ranges_asked += 1;
        let value = |name: &str| {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(field, _)| *field == name).map(|(_, value)| value)
        };
        assert_eq!(value("at").map(str::to_owned), Some(self.server.head().to_string()));
        let after: uuid::Uuid = value("after").expect("a place").parse().expect("an id");
        let mut range = self.server.range(after.into(), 2, value("each") == Some("true"));
        if self.is_never_the_same {
            range.beside = range.beside.map(|_| FactSum { count: 1, value: 1 });
        }
        Fetched { status: 200, body: wire::pack(&range).expect("packs") }
    }

    fn heads(&self) -> Vec<Cursor> {
        let head = |feed: u128, entries: usize| Cursor { feed: id(feed), seq: entries as u64 };
        vec![head(ORGANIZATION, self.server.organization.len()), head(PLANT, self.server.plant.len())]
    }

    /// Everything that the device was not sent yet.
    fn batches(&mut self) -> Vec<ServerFrame> {
        let mut frames = Vec::new();
        for cursor in &mut self.sent_until {
            while let Some(batch) = self.server.batch(*cursor, 7) {
                cursor.seq = batch.until;
                frames.push(ServerFrame::Batch(batch));
            }
        }
        frames
    }

    fn posted(&mut self, _id: PostId, post: &Post) -> Option<Response> {
        if !self.is_reachable {
            return None;
        }
        let body: serde_json::Value = serde_json::from_str(&post.body).expect("JSON");
        let (status, body) = match post.url.strip_prefix("http://127.0.0.1:8080/api/v1/devices/") {
            Some("enroll") => (200, self.enrolled()),
            Some("token") => self.token(&body),
            Some("unsent") => self.unsent(&body),
            Some("wiped") if self.loses_last_words => return None,
            Some("wiped") => self.heard_last_word(&body),
            Some("sign-in") => self.signed_in(post.bearer.as_deref()),
            other => panic!("posted to {other:?}"),
        };
        Some(Response { status, body: body.to_string() })
    }

    fn enrolled(&self) -> serde_json::Value {
        let (organization, plant) = (uuid::Uuid::from_u128(ORGANIZATION), uuid::Uuid::from_u128(PLANT));
        json!({
            "device_id": uuid::Uuid::from_u128(901),
            "organization": { "id": organization, "name": "Acme" },
            "plant": { "id": plant, "name": "Plant 1", "zone": "Europe/Berlin", "currency": "EUR" },
            "organization_feed": organization,
            "plant_feed": plant,
            "server_time": self.server_now(),
        })
    }

    fn token(&mut self, body: &serde_json::Value) -> (u16, serde_json::Value) {
        self.tokens_asked += 1;
        let at = Timestamp::from_millis(body["at"].as_i64().expect("milliseconds"));
        let server_time = self.server_now();
        if self.is_revoked {
            return (403, json!({ "code": "device_revoked", "detail": "this device was revoked" }));
        }
        if server_time.millis_since(at).abs() > 300_000 {
            return (401, json!({ "code": "clock_skew", "server_time": server_time }));
        }
        let token = format!("token {}", self.tokens_asked);
        (200, json!({ "token": token, "expires_at": server_time.plus_millis(TOKEN_MILLIS) }))
    }

    fn heard_last_word(&mut self, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let at = Timestamp::from_millis(body["at"].as_i64().expect("milliseconds"));
        let seed = self.driver.replica().and_then(Replica::device_key).expect("a key, still");
        let signature = STANDARD.decode(body["signature"].as_str().expect("text")).expect("base64");
        let signature = Signature::from_slice(&signature).expect("a signature");
        let key = SigningKey::from_bytes(&seed).verifying_key();
        key.verify_strict(wiped_text(id(901), at).as_bytes(), &signature).expect("signed by the device");
        self.last_words += 1;
        (204, json!(null))
    }

    fn unsent(&mut self, body: &serde_json::Value) -> (u16, serde_json::Value) {
        assert_eq!(body["device_id"], uuid::Uuid::from_u128(901).to_string());
        let bytes = |field: &str| STANDARD.decode(body[field].as_str().expect("text")).expect("base64");
        let (frame, at) = (bytes("frame"), body["at"].as_i64().expect("milliseconds"));
        let at = Timestamp::from_millis(at);
        let seed = self.driver.replica().and_then(Replica::device_key).expect("a key");
        let signature = Signature::from_slice(&bytes("signature")).expect("a signature");
        let text = signed_text(id(901), at, &frame);
        let key = SigningKey::from_bytes(&seed).verifying_key();
        key.verify_strict(text.as_bytes(), &signature).expect("signed by the device");
        if self.takes_no_work {
            self.refused_parts += 1;
            return (503, json!({ "code": "unavailable" }));
        }
        let server_time = self.server_now();
        if server_time.millis_since(at).abs() > 300_000 {
            if self.clock_jumps_over_answers > 0 {
                self.clock_jumps_over_answers -= 1;
                self.server_is_ahead_by_millis += 3_600_000;
            }
            return (401, json!({ "code": "clock_skew", "server_time": server_time }));
        }
        let ClientFrame::Push { commands } = wire::decode(&frame).expect("a frame") else {
            panic!("no push")
        };
        if !commands.is_empty() {
            self.handed_in.push(commands.len());
        }
        let kept = commands.iter().take(self.keeps_at_most);
        let verdicts: Vec<_> = kept.map(|command| self.server.hand_in(command)).collect();
        (200, json!({ "verdicts": verdicts, "wipe": self.is_to_be_wiped }))
    }

    fn signed_in(&mut self, bearer: Option<&str>) -> (u16, serde_json::Value) {
        assert!(bearer.is_some_and(|token| token.starts_with("token ")));
        if self.refuses_tokens > 0 {
            self.refuses_tokens -= 1;
            return (401, json!({ "code": "invalid_token", "detail": "the token is not valid" }));
        }
        let (name, role) =
            if self.user == ANN_OPERATOR { ("Ann", Role::Operator) } else { ("Sue", Role::Supervisor) };
        (200, json!({ "user_id": uuid::Uuid::from_u128(self.user), "name": name, "roles": [role] }))
    }
}

pub fn setup(is_networked: bool) -> Setup {
    let mut drawn = 0_u8;
    Setup {
        random: Box::new(move |bytes| {
            drawn = drawn.wrapping_add(1);
            bytes.fill(drawn);
        }),
        home: Some("http://127.0.0.1:8080".to_owned()),
        is_networked,
        storage: Storage::Durable,
        pace: Pace::default(),
    }
}

/// An outbox in a directory, and a replica that is empty whenever it is opened, if there is room for it.
pub struct Disk {
    directory: tempfile::TempDir,
    is_full: Rc<Cell<bool>>,
}

impl Disk {
    /// With a switch that makes it full.
    pub fn new() -> (Self, Rc<Cell<bool>>) {
        let is_full = Rc::default();
        (Self { directory: tempfile::tempdir().expect("a directory"), is_full: Rc::clone(&is_full) }, is_full)
    }
}

impl Files for Disk {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        Connection::open(self.directory.path().join("outbox.db"))
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        if self.is_full.get() {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
        }
        Ok(memory())
    }

    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The files of a replica that was closed, once.
pub struct Kept(VecDeque<Connection>);

impl Kept {
    pub fn of(replica: Replica) -> Self {
        let (outbox, replica) = replica.into_connections();
        Self([outbox, replica].into())
    }
}

impl Files for Kept {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        Ok(self.0.pop_front().expect("kept"))
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        Ok(self.0.pop_front().expect("kept"))
    }

    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A disk that does nothing.
pub struct Broken;

impl Files for Broken {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        Connection::open("/nowhere/outbox.db")
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        Connection::open("/nowhere/replica.db")
    }

    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
