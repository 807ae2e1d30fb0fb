//! A simulated device: the real driver on the real replica, on a disk that survives it.
//!
//! A crash is a write that does not happen, and none after it, at any place inside any transaction; or
//! it comes between two of them. Then the disk may lose what was not synced, and a new driver is opened
//! on what is left.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use replica::Replica;
use replica::driver::{Driver, Effect, Files, Input, Pace, Setup};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use shared_model::host::{Answer, Comparison, Message, Reply, Storage};
use shared_model::ids::WorkOrderId;
use shared_model::time::Timestamp;
use shared_model::work_order::SCHEMA;
use uuid::Uuid;

use super::disk::{self, Mounted};
use super::rng::Rng;
use super::vfs;

const OUTBOX: &str = "outbox.db";
const REPLICA: &str = "replica.db";
/// A history takes minutes.
const PACE: Pace = Pace { first_within_millis: 10_000, every_millis: 300_000 };

struct DiskFiles(Mounted);

impl Files for DiskFiles {
    fn open_outbox(&mut self) -> rusqlite::Result<Connection> {
        vfs::connect(&self.0.path(OUTBOX))
    }

    fn open_replica(&mut self) -> rusqlite::Result<Connection> {
        vfs::connect(&self.0.path(REPLICA))
    }

    fn set_replica_aside(&mut self) -> std::io::Result<()> {
        let outcome = self.0.lock().set_aside(REPLICA);
        outcome.map_err(|failure| std::io::Error::other(format!("{failure:?}")))
    }
}

/// Connections for looking into the files beside the driver's.
struct Inspection {
    outbox: Connection,
    replica: Connection,
    /// How many replicas were set aside before this one.
    set_aside_count: u64,
}

impl Inspection {
    fn of(disk: &Mounted) -> rusqlite::Result<Self> {
        let replica = vfs::connect(&disk.path(REPLICA))?;
        // Of a replica that is set aside meanwhile, it must not take the next one's log for its own, nor
        // delete it in the end.
        replica.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        replica.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
        let set_aside_count = disk.lock().set_aside_count;
        Ok(Self { outbox: vfs::connect(&disk.path(OUTBOX))?, replica, set_aside_count })
    }
}

/// What is left of the work when the app starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Everything that was written.
    None,
    /// What was synced, and of the rest what chance left.
    PowerCut,
    /// The same, and the replica's file is gone.
    ReplicaLost,
}

pub struct Device {
    pub index: usize,
    /// Its clock less the true one.
    pub skew_millis: i64,
    /// The newest version of documents that its app knows.
    pub knows: u32,
    driver: Option<Driver>,
    inspection: Option<Inspection>,
    disk: Mounted,
    rng: Rng,
    calls: u64,
    /// Since what the replica shows was last seen to be up to date.
    was_full: bool,
    pub opened_count: u64,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.driver = None;
        self.inspection = None;
        disk::unmount(&self.disk.name);
    }
}

impl Device {
    #[must_use]
    pub fn new(index: usize, skew_millis: i64, rng: Rng) -> Self {
        let disk = disk::mount();
        let knows = SCHEMA;
        Self {
            index,
            skew_millis,
            knows,
            driver: None,
            inspection: None,
            disk,
            rng,
            calls: 0,
            was_full: false,
            opened_count: 0,
        }
    }

    #[must_use]
    pub const fn clock(&self, true_now: i64) -> Timestamp {
        Timestamp::from_millis(true_now + self.skew_millis)
    }

    /// Whether its app does not know the newest documents.
    #[must_use]
    pub const fn is_older(&self) -> bool {
        self.knows < SCHEMA
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
        replica::know_until(self.knows);
        let mut rng = self.rng.fork();
        let setup = Setup {
            random: Box::new(move |buffer| {
                for chunk in buffer.chunks_mut(8) {
                    chunk.copy_from_slice(&rng.draw().to_be_bytes()[..chunk.len()]);
                }
            }),
            home: Some("http://server".to_owned()),
            is_networked: true,
            storage: Storage::Durable,
            pace: PACE,
        };
        self.opened_count += 1;
        let driver = Driver::open(Box::new(DiskFiles(self.disk.clone())), setup);
        let is_open = driver.replica().is_some();
        self.driver = Some(driver);
        if self.is_dead() {
            return Ok(Step::Crashed);
        }
        if !is_open && self.disk.lock().is_full() {
            // Whoever cannot even open it makes room and starts it again.
            return Ok(Step::Crashed);
        }
        if !is_open {
            bail!("device {} cannot open its files", self.index);
        }
        self.handle(true_now, Input::Wake)
    }

    /// Lets the driver handle something, unless it crashes over it.
    ///
    /// # Errors
    /// When the files cannot be looked into.
    pub fn handle(&mut self, true_now: i64, input: Input) -> anyhow::Result<Step> {
        replica::know_until(self.knows);
        let now = self.clock(true_now);
        let Some(driver) = &mut self.driver else { return Ok(Step::Went(Vec::new())) };
        let effects = driver.handle(now, input);
        if self.is_dead() {
            return Ok(Step::Crashed);
        }
        let set_aside_count = self.set_aside_count();
        if self.inspection.as_ref().is_none_or(|it| it.set_aside_count != set_aside_count) {
            self.inspection = Some(Inspection::of(&self.disk)?);
        }
        Ok(Step::Went(effects))
    }

    /// A call of a screen, and what it was answered at once.
    ///
    /// # Errors
    /// When the files cannot be looked into.
    pub fn call(
        &mut self,
        true_now: i64,
        request: shared_model::host::Request,
    ) -> anyhow::Result<(Step, Option<Answered>)> {
        self.calls += 1;
        let id = self.calls;
        let call = shared_model::host::Call { id, request };
        Ok(match self.handle(true_now, Input::Call(call))? {
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
        })
    }

    /// The app dies before the write after the next `writes` ones.
    pub fn arm(&self, writes: u64) {
        self.disk.lock().arm(writes);
    }

    pub fn disarm(&self) {
        self.disk.lock().disarm();
    }

    fn is_dead(&self) -> bool {
        self.disk.lock().is_dead()
    }

    /// Nothing can be added to the files, or it can again.
    pub fn set_disk_full(&mut self, is_full: bool) {
        self.was_full |= is_full;
        self.disk.lock().set_full(is_full);
    }

    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.disk.lock().is_full()
    }

    /// How many writes a power cut undid.
    #[must_use]
    pub fn lost_writes(&self) -> u64 {
        self.disk.lock().lost_writes
    }

    /// How often the driver gave up a damaged replica.
    #[must_use]
    pub fn set_aside_count(&self) -> u64 {
        self.disk.lock().set_aside_count
    }

    /// The app is gone, with everything that it held in memory.
    ///
    /// # Errors
    /// When the files cannot be opened any more.
    pub fn crash(&mut self, damage: Damage) -> anyhow::Result<()> {
        // So that closing the files writes nothing.
        self.disk.lock().kill();
        self.driver = None;
        self.inspection = None;
        {
            let mut disk = self.disk.lock();
            if damage != Damage::None {
                disk.cut_power(&mut self.rng);
            }
            if damage == Damage::ReplicaLost {
                disk.remove(REPLICA);
            }
            disk.revive();
        }
        self.inspection = Some(Inspection::of(&self.disk)?);
        Ok(())
    }

    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        replica::know_until(self.knows);
        self.driver.as_ref().and_then(Driver::replica)
    }

    /// Whether it holds what the server has, as far as it knows.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        let status = self.replica().and_then(|replica| replica.status().ok());
        status.map(|status| status.comparison).unwrap_or_default()
    }

    /// The files, for looking into them.
    #[must_use]
    pub fn outbox_file(&self) -> &Connection {
        &self.inspected().outbox
    }

    /// Whether the replica could not be written when the outbox was, because the disk is full, or was so at the last
    /// write.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn shows_later(&mut self) -> anyhow::Result<bool> {
        let generation = |file: &Connection, table: &str| {
            let sql = format!("select generation from {table}");
            file.prepare_cached(&sql)?.query_row([], |row| row.get::<_, u64>(0))
        };
        let is_behind =
            generation(self.outbox_file(), "counter")? != generation(self.replica_file(), "about")?;
        self.was_full &= is_behind || self.is_disk_full();
        Ok(is_behind && self.was_full)
    }

    /// The archived orders whose details are not here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn away(&self) -> anyhow::Result<BTreeSet<WorkOrderId>> {
        let sql = "select id from archived_order where is_here = 0";
        let mut statement = self.replica_file().prepare_cached(sql)?;
        let ids = statement.query_map([], |row| row.get::<_, Uuid>(0).map(WorkOrderId::from))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    #[must_use]
    pub fn is_away(&self, order: WorkOrderId) -> bool {
        self.away().is_ok_and(|away| away.contains(&order))
    }

    #[must_use]
    pub fn replica_file(&self) -> &Connection {
        &self.inspected().replica
    }

    fn inspected(&self) -> &Inspection {
        self.inspection.as_ref().expect("nobody looks into the files before they are made")
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
