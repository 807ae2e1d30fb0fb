//! A simulated device: the real driver on the real replica, with files in memory that survive it.
//!
//! A crash is a commit that does not happen, and none after it: each connection has a commit hook,
//! which after the armed number of commits turns every further one into a rollback. What was
//! committed before stays, in whichever of the two files. Then a new driver is opened on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, bail};
use replica::Replica;
use replica::driver::{Driver, Effect, Files, Input, Setup};
use rusqlite::{Connection, OpenFlags, backup::Backup};
use shared_model::host::{Answer, Message, Reply, Storage};
use shared_model::time::Timestamp;

use super::rng::Rng;

/// Counts down to a crash.
#[derive(Debug, Default)]
struct Switch(AtomicI64);

const DISARMED: i64 = -1;
const TRIPPED: i64 = -2;

impl Switch {
    fn arm(&self, commits: i64) {
        self.0.store(commits, Ordering::Relaxed);
    }

    fn disarm(&self) {
        self.arm(DISARMED);
    }

    fn is_tripped(&self) -> bool {
        self.0.load(Ordering::Relaxed) == TRIPPED
    }

    /// Whether the commit is to be turned into a rollback.
    fn refuses(&self) -> bool {
        match self.0.load(Ordering::Relaxed) {
            DISARMED => false,
            0 | TRIPPED => {
                self.0.store(TRIPPED, Ordering::Relaxed);
                true
            }
            left => {
                self.0.store(left - 1, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Two named databases in memory, kept by a connection each.
struct Disk {
    name: String,
    generation: u32,
    outbox: Connection,
    replica: Connection,
    switch: Arc<Switch>,
}

impl Disk {
    fn new(name: String) -> rusqlite::Result<Self> {
        let outbox = open(&uri(&name, "outbox", 0))?;
        let replica = open(&uri(&name, "replica", 0))?;
        let switch = Arc::new(Switch::default());
        switch.disarm();
        Ok(Self { name, generation: 0, outbox, replica, switch })
    }

    fn files(&self) -> MemoryFiles {
        MemoryFiles {
            outbox: uri(&self.name, "outbox", 0),
            replica: uri(&self.name, "replica", self.generation),
            switch: Arc::clone(&self.switch),
        }
    }

    /// Another replica file in place of the present one.
    fn replace_replica(&mut self, image: Option<&Connection>) -> rusqlite::Result<()> {
        self.generation += 1;
        self.replica = open(&uri(&self.name, "replica", self.generation))?;
        if let Some(image) = image {
            copy(image, &mut self.replica)?;
        }
        Ok(())
    }
}

/// A name that begins with a slash is shared by all connections of the process.
fn uri(name: &str, file: &str, generation: u32) -> String {
    format!("file:/{name}-{file}-{generation}?vfs=memdb")
}

fn open(uri: &str) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}

fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.step(-1).map(drop)
}

struct MemoryFiles {
    outbox: String,
    replica: String,
    switch: Arc<Switch>,
}

impl MemoryFiles {
    fn open(&self, uri: &str) -> rusqlite::Result<Connection> {
        let connection = open(uri)?;
        let switch = Arc::clone(&self.switch);
        connection.commit_hook(Some(move || switch.refuses()))?;
        Ok(connection)
    }
}

impl Files for MemoryFiles {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        self.open(&self.outbox)
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        self.open(&self.replica)
    }

    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        Err(std::io::Error::other("nothing damages a simulated replica"))
    }
}

/// What is left of the work when the power comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Everything that was committed.
    None,
    /// The replica's last commits, which do not wait for the disk, are gone.
    ReplicaRolledBack,
    /// The replica's file is gone.
    ReplicaLost,
}

pub struct Device {
    pub index: usize,
    /// Its clock less the true one.
    pub skew_millis: i64,
    driver: Option<Driver>,
    disk: Disk,
    image: Option<Connection>,
    rng: Rng,
    calls: u64,
    pub opened_count: u64,
}

impl Device {
    /// # Errors
    /// When SQLite has no memory for it.
    pub fn new(index: usize, name: String, skew_millis: i64, rng: Rng) -> anyhow::Result<Self> {
        let disk = Disk::new(name)?;
        Ok(Self { index, skew_millis, driver: None, disk, image: None, rng, calls: 0, opened_count: 0 })
    }

    #[must_use]
    pub const fn clock(&self, true_now: i64) -> Timestamp {
        Timestamp::from_millis(true_now + self.skew_millis)
    }

    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.driver.is_some()
    }

    /// Starts the app: on the files as they are.
    ///
    /// # Errors
    /// When the files cannot be opened although nothing damaged them.
    pub fn boot(&mut self, true_now: i64) -> anyhow::Result<Step> {
        let mut rng = self.rng.fork();
        let setup = Setup {
            random: Box::new(move |buffer| {
                for chunk in buffer.chunks_mut(8) {
                    chunk.copy_from_slice(&rng.next().to_be_bytes()[..chunk.len()]);
                }
            }),
            home: Some("http://server".to_owned()),
            is_networked: true,
            storage: Storage::Durable,
        };
        self.opened_count += 1;
        self.driver = Some(Driver::open(Box::new(self.disk.files()), setup));
        if self.disk.switch.is_tripped() {
            return Ok(Step::Crashed);
        }
        if self.replica().is_none() {
            bail!("device {} cannot open its files", self.index);
        }
        Ok(self.handle(true_now, Input::Wake))
    }

    /// Lets the driver handle something, unless it crashes over it.
    pub fn handle(&mut self, true_now: i64, input: Input) -> Step {
        let now = self.clock(true_now);
        let Some(driver) = &mut self.driver else { return Step::Went(Vec::new()) };
        let effects = driver.handle(now, input);
        if self.disk.switch.is_tripped() { Step::Crashed } else { Step::Went(effects) }
    }

    /// A call of a screen, and what it was answered at once.
    pub fn call(&mut self, true_now: i64, request: shared_model::host::Request) -> (Step, Option<Answered>) {
        self.calls += 1;
        let id = self.calls;
        let call = shared_model::host::Call { id, request };
        match self.handle(true_now, Input::Call(call)) {
            Step::Crashed => (Step::Crashed, None),
            Step::Went(effects) => {
                let answer = effects.iter().find_map(|effect| match effect {
                    Effect::Tell(Message::Answer(Answer { id: of, reply })) if *of == id => {
                        Some(reply.clone())
                    }
                    _ => None,
                });
                (Step::Went(effects), answer)
            }
        }
    }

    /// The next commits but `commits` will not happen.
    pub fn arm(&self, commits: i64) {
        self.disk.switch.arm(commits);
    }

    pub fn disarm(&self) {
        if !self.disk.switch.is_tripped() {
            self.disk.switch.disarm();
        }
    }

    /// The app is gone, with everything that it held in memory.
    ///
    /// # Errors
    /// When SQLite has no memory for another file.
    pub fn crash(&mut self, damage: Damage) -> anyhow::Result<()> {
        self.driver = None;
        self.disk.switch.disarm();
        match damage {
            Damage::None => {}
            Damage::ReplicaRolledBack => {
                if let Some(image) = self.image.take() {
                    self.disk.replace_replica(Some(&image))?;
                }
            }
            Damage::ReplicaLost => {
                self.image = None;
                self.disk.replace_replica(None)?;
            }
        }
        Ok(())
    }

    /// Remembers the replica file as it is on the disk now, for a power failure to come.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub fn checkpoint(&mut self) -> anyhow::Result<()> {
        let mut image = Connection::open_in_memory()?;
        copy(&self.disk.replica, &mut image)?;
        self.image = Some(image);
        Ok(())
    }

    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        self.driver.as_ref().and_then(Driver::replica)
    }

    /// The files, for looking into them.
    #[must_use]
    pub const fn outbox_file(&self) -> &Connection {
        &self.disk.outbox
    }

    #[must_use]
    pub const fn replica_file(&self) -> &Connection {
        &self.disk.replica
    }

    /// Asks a read model.
    ///
    /// # Errors
    /// When the device is off, or its replica cannot answer.
    pub fn ask<Q: shared_model::host::ReadModel>(&self, true_now: i64, query: Q) -> anyhow::Result<Q::View> {
        let replica = self.replica().context("the device is off")?;
        let view = replica.query(query.into(), self.clock(true_now))?;
        Ok(serde_json::from_value(view)?)
    }
}

pub type Answered = Result<Reply, shared_model::host::HostError>;

/// How far the driver came.
pub enum Step {
    Went(Vec<Effect>),
    /// It is dead; nothing of what it was about to do happens.
    Crashed,
}
