//! One history: events in the order of true time, from a seed alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context, ensure};
use replica::driver::{self, Fetched, PostId, Response};
use shared_model::command::Command;
use shared_model::host::Saved;
use shared_model::ids::{CommandId, FactId, FeedId};
use shared_model::sync::client::Link;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;

use super::device::Device;
use super::faults::{Decided, Exercised, Faults};
use super::network::{ConnectionId, Network};
use super::plant::START_MILLIS;
use super::planted::Bug;
use super::rng::Rng;
use super::server::{SERVERS, Server};
use super::tabs::{self, Waiting};
use super::watch::LATENCY_MILLIS_MAX;

/// A healed plant that is not quiet after so many events is stuck.
const QUIET_STEPS_MAX: u64 = 20_000;
/// Longer than the longest wait between two attempts.
const QUIET_MILLIS_MAX: i64 = 2 * 60 * 60 * 1000;
/// What is on its way when all seems quiet has arrived after this.
const SETTLE_MILLIS: i64 = 60_000;
/// A little more, so that all have looked at their clocks.
const DAY_MILLIS: i64 = 86_400_000 + 120_000;
const UPGRADES: u64 = 0x5c4e_3a00;
const TRACE_LINES: usize = 20_000;
/// More than that in one instant is somebody who asks to be woken at once, for ever.
const INSTANT_STEPS_MAX: u32 = 10_000;

pub(super) enum Event {
    Press(usize),
    /// Somebody at the web console.
    Console,
    Fault,
    Boot(usize),
    Heal(usize),
    /// Somebody made room on the disk.
    Space(usize),
    ServerUp(usize),
    /// The server is updated, and brings its orders to a newer version.
    Upgrade,
    /// A device gets the newest app.
    Update(usize),
    /// A server process hears that another one has committed.
    Notified(usize),
    Up(ConnectionId, Vec<u8>),
    Down(ConnectionId, Vec<u8>),
    Opened(usize, u64, driver::ConnectionId),
    /// The device hears that a connection is closed.
    Lost(usize, u64, driver::ConnectionId),
    ServerHears(ConnectionId),
    Time(usize, u64),
    PostUp(usize, u64, PostId, String, String),
    PostDown(usize, u64, PostId, Option<Response>),
    GetUp(usize, u64, PostId, String),
    GetDown(usize, u64, PostId, Option<Fetched>),
}

/// A command that somebody entered and that was on disk.
#[derive(Default)]
pub(super) struct Pressed {
    /// With the true time of it. Empty: at the web console. Two, where two supervisors released the same work.
    pub devices: BTreeMap<usize, i64>,
    /// What was typed in.
    pub command: Option<Command>,
    pub origin: Origin,
    /// When it was first entered, where that was before.
    pub entered_at: Option<Timestamp>,
    /// What the device answered, if it lived to do so.
    pub saved: Option<Saved>,
    /// A person took it out of the list of what was refused.
    pub is_let_go: bool,
    /// It came to the server, whatever became of it there.
    pub has_arrived: bool,
}

/// What is found wrong again and again is told once.
#[derive(Default)]
pub(super) struct Live {
    pub lost: BTreeSet<String>,
    pub duplicated: BTreeSet<String>,
    pub diverged: BTreeSet<String>,
    pub stuck: BTreeSet<String>,
}

/// Why a command was entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Button,
    /// In the place of one that was refused.
    Resent(CommandId),
    HandedOver(CommandId),
    /// What was handed over with this exception.
    Released(FactId),
    /// The exception was looked at.
    Closing,
}

pub struct World {
    pub seed: u64,
    pub(super) now: i64,
    pub(super) rng: Rng,
    pub(super) faults: Faults,
    pub(super) server: Server,
    pub(super) is_up: [bool; SERVERS],
    pub(super) network: Network,
    pub(super) devices: Vec<Device>,
    /// The driver's connections and the network's, per device.
    pub(super) wires: Vec<BTreeMap<driver::ConnectionId, ConnectionId>>,
    /// The newest timer of each device: older ones were replaced.
    pub(super) timers: Vec<u64>,
    pub(super) presses_left: Vec<u32>,
    pub(super) journal: BTreeMap<CommandId, Pressed>,
    pub(super) bug: Option<Bug>,
    /// Connections on which the device has said hello.
    pub(super) greeted: BTreeSet<ConnectionId>,
    /// How far the plant's feed went when each device's replica was last lost: what it had up to there
    /// it fetches again.
    pub(super) restored_from: Vec<u64>,
    /// The same, where it may also have lost only the newest of it: orders may be missing up to there.
    pub(super) cut_off_at: Vec<u64>,
    /// How far each device's feeds were when they were last looked at.
    pub(super) seen: Vec<BTreeMap<FeedId, u64>>,
    /// Frames took long before everything healed, and may be on their way still.
    pub(super) was_slow: bool,
    /// Since when nothing keeps each device from being heard.
    pub(super) well_since: Vec<i64>,
    pub(super) is_online: Vec<bool>,
    /// The server process that each device was last connected to.
    pub(super) served_by: Vec<Option<usize>>,
    pub longest_wait: i64,
    /// The final verdicts that left the servers.
    pub(super) told: BTreeMap<CommandId, Verdict>,
    /// What was found wrong while work went on.
    pub(super) live: Live,
    /// Faults of the software under test, as they came up.
    pub(super) complaints: Vec<String>,
    pub(super) local_refusal_count: u64,
    pub decided: Decided,
    /// Where devices have tabs.
    pub(super) press_names: Option<Rng>,
    /// Whose page waits for another tab.
    pub(super) waiting: Vec<Option<Waiting>>,
    /// Devices that the administrator turned away for good.
    pub(super) revoked: BTreeSet<usize>,
    /// The copy of the server to which it may be set back.
    pub(super) backup: Option<Server>,
    /// Devices that have not been greeted since the server was set back: what they have may be of the
    /// history that is gone.
    pub(super) of_old_history: BTreeSet<usize>,
    /// What waited on a device for what others had to bring back.
    pub(super) was_early: BTreeSet<CommandId>,
    /// What waits for that, or behind it.
    pub(super) may_wait: BTreeSet<CommandId>,
    /// Commands of the console that the server was set back behind.
    pub(super) lost_at_console: u64,
    /// How many replicas each device had when its feeds were last looked at.
    pub(super) seen_replica: Vec<u64>,
    pub steps: u64,
    pub exercised: Exercised,
    queue: BTreeMap<(i64, u64), Event>,
    scheduled: u64,
    at_this_instant: u32,
    fingerprint: DefaultHasher,
    trace: Option<VecDeque<String>>,
}

impl World {
    /// # Errors
    /// When the simulation itself cannot go on.
    pub fn new(seed: u64, is_traced: bool, bug: Option<Bug>) -> anyhow::Result<Self> {
        let mut rng = Rng::new(seed);
        let mut faults = Faults::of(&mut rng);
        // Apart, so that all other histories stay what they are.
        faults.upgrades = if Rng::new(seed ^ UPGRADES).chance(200) { 6 } else { 0 };
        let device_count = 2 + usize::try_from(rng.below(3))?;
        let now = START_MILLIS;
        let mut devices = Vec::new();
        for index in 0..device_count {
            let skew = rng.between(-faults.skew_millis_max, faults.skew_millis_max);
            devices.push(Device::new(index, skew, rng.fork()));
        }
        Ok(Self {
            seed,
            now,
            network: Network::new(rng.fork(), Faults::none().weather),
            server: Server::new(Timestamp::from_millis(now), bug, faults.upgrades > 0)?,
            is_up: [true; SERVERS],
            wires: vec![BTreeMap::new(); device_count],
            timers: vec![0; device_count],
            presses_left: vec![0; device_count],
            devices,
            journal: BTreeMap::new(),
            bug,
            greeted: BTreeSet::new(),
            restored_from: vec![0; device_count],
            cut_off_at: vec![0; device_count],
            seen: vec![BTreeMap::new(); device_count],
            was_slow: faults.weather.latency_millis_max > LATENCY_MILLIS_MAX,
            well_since: vec![now; device_count],
            is_online: vec![false; device_count],
            served_by: vec![None; device_count],
            longest_wait: 0,
            told: BTreeMap::new(),
            live: Live::default(),
            complaints: Vec::new(),
            local_refusal_count: 0,
            decided: Decided::default(),
            press_names: tabs::names(seed),
            waiting: (0..device_count).map(|_| None).collect(),
            revoked: BTreeSet::new(),
            backup: None,
            of_old_history: BTreeSet::new(),
            was_early: BTreeSet::new(),
            may_wait: BTreeSet::new(),
            lost_at_console: 0,
            seen_replica: vec![0; device_count],
            steps: 0,
            exercised: Exercised::default(),
            queue: BTreeMap::new(),
            scheduled: 0,
            at_this_instant: 0,
            fingerprint: DefaultHasher::new(),
            trace: is_traced.then(VecDeque::new),
            rng,
            faults,
        })
    }

    /// Lives the history: joins the plant, works with everything going wrong, heals. True when it
    /// came to rest.
    ///
    /// # Errors
    /// When the software under test fails where nothing may fail.
    pub fn run(&mut self, presses: u32) -> anyhow::Result<bool> {
        let faults = std::mem::replace(&mut self.faults, Faults::none());
        for index in 0..self.devices.len() {
            self.boot(index)?;
        }
        self.join()?;
        if !self.rest()? {
            self.complaints.push("the devices did not join".to_owned());
            return Ok(false);
        }

        self.faults = faults;
        self.network.weather = self.faults.weather;
        if let Some(count) = self.faults.kept_entries {
            self.server.keep_entries(count);
        }
        for index in 0..self.devices.len() {
            self.presses_left[index] = presses;
            self.schedule_press(index);
        }
        self.schedule_in(5_000, Event::Console);
        self.schedule_fault();
        while self.presses_left.iter().any(|left| *left > 0) {
            if !self.step()? {
                break;
            }
        }
        self.heal()?;
        if !self.rest()? || !self.wait_in_vain()? {
            return Ok(false);
        }
        self.exercised.brought_back_orders += self.server.brought_back_count();
        for index in 0..self.devices.len() {
            if !self.revoked.contains(&index) {
                super::compare::archived(self, index)?;
            }
        }
        // What is archived is compared, too.
        self.open_all_archived()?;
        self.rest()
    }

    /// What others have not brought back by now nobody brings any more: a day later it is shown to people.
    fn wait_in_vain(&mut self) -> anyhow::Result<bool> {
        for index in 0..self.devices.len() {
            if !self.revoked.contains(&index) {
                let early = self.early_ids(index)?;
                self.exercised.waited_in_vain += early.len() as u64;
                self.was_early.extend(early);
            }
        }
        if self.exercised.waited_in_vain == 0 {
            return Ok(true);
        }
        self.note(|| "— a day passes —".to_owned());
        self.now += DAY_MILLIS;
        let queue = std::mem::take(&mut self.queue);
        self.queue = queue.into_iter().map(|((at, n), event)| ((at + DAY_MILLIS, n), event)).collect();
        self.rest()
    }

    /// Ends all that goes wrong.
    fn heal(&mut self) -> anyhow::Result<()> {
        self.note(|| "— everything heals —".to_owned());
        self.faults = Faults::none();
        self.network.weather = self.faults.weather;
        self.is_up = [true; SERVERS];
        for index in 0..self.devices.len() {
            self.devices[index].disarm();
            self.devices[index].set_disk_full(false);
            self.heal_network(index);
            self.update_app(index)?;
            if !self.devices[index].is_running() {
                self.boot(index)?;
            }
        }
        Ok(())
    }

    /// Goes on until nothing is left to do.
    fn rest(&mut self) -> anyhow::Result<bool> {
        let (steps, until) = (self.steps, self.now + QUIET_MILLIS_MAX);
        let mut quiet_since = None;
        while self.steps - steps < QUIET_STEPS_MAX && self.now < until {
            let was = self.now;
            if !self.step()? {
                break;
            }
            // Timers of pings come round for ever: looking once a second is enough.
            if self.now / 1000 == was / 1000 {
                continue;
            }
            if !self.is_quiet()? {
                quiet_since = None;
            } else if self.now - *quiet_since.get_or_insert(self.now) >= SETTLE_MILLIS {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets some time pass.
    pub(super) fn settle_for(&mut self, millis: i64) -> anyhow::Result<()> {
        let until = self.now + millis;
        while self.queue.first_key_value().is_some_and(|((at, _), _)| *at <= until) {
            self.step()?;
        }
        self.now = until;
        Ok(())
    }

    fn is_quiet(&self) -> anyhow::Result<bool> {
        let heads: BTreeSet<_> = self.server.heads().iter().map(|head| (head.feed, head.seq)).collect();
        for device in &self.devices {
            let Some(replica) = device.replica() else { return Ok(false) };
            if self.revoked.contains(&device.index) {
                let has_verdict = |id: &CommandId| self.server.verdicts().contains_key(id);
                if replica.status()?.link != Link::Revoked
                    || !self.outbox_ids(device.index)?.values().all(has_verdict)
                    || !self.kept_ids(device.index)?.iter().all(has_verdict)
                {
                    return Ok(false);
                }
                continue;
            }
            let here: BTreeSet<_> = replica.cursors()?.iter().map(|here| (here.feed, here.seq)).collect();
            let status = replica.status()?;
            let is_wanted = replica.wanted_order()?.is_some();
            let waiting = self.early_ids(device.index)?.len() as u64;
            let is_sent = u64::from(status.unsent_count) <= waiting;
            if status.link != Link::Online || here != heads || !is_sent || is_wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Who is not at rest.
    pub fn what_hangs(&self) -> Vec<String> {
        let heads = self.server.heads();
        let mut lines = vec![format!("the server's feeds go to {heads:?}")];
        for device in &self.devices {
            let replica = device.replica();
            let cursors = replica.and_then(|replica| replica.cursors().ok());
            let status = replica.and_then(|replica| replica.status().ok());
            lines.push(format!("device {} is at {cursors:?}: {status:?}", device.index));
        }
        lines
    }

    /// The next event. False when there is none.
    fn step(&mut self) -> anyhow::Result<bool> {
        let Some(((at, _), event)) = self.queue.pop_first() else { return Ok(false) };
        let is_later = std::mem::replace(&mut self.now, at) != at;
        self.at_this_instant = if is_later { 0 } else { self.at_this_instant + 1 };
        ensure!(
            self.at_this_instant < INSTANT_STEPS_MAX,
            "seed {}: somebody wakes again and again",
            self.seed
        );
        self.steps += 1;
        at.hash(&mut self.fingerprint);
        std::mem::discriminant(&event).hash(&mut self.fingerprint);
        if let Event::Up(_, frame) | Event::Down(_, frame) = &event {
            frame.hash(&mut self.fingerprint);
        }
        self.happen(event).with_context(|| format!("seed {} at step {}", self.seed, self.steps))?;
        Ok(true)
    }

    fn happen(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Press(index) => self.press(index),
            Event::Console => self.press_at_console(),
            Event::Fault => self.go_wrong(),
            Event::Boot(index) => {
                self.boot(index)?;
                self.ask_again(index)
            }
            Event::Heal(index) => {
                self.heal_network(index);
                Ok(())
            }
            Event::Space(index) => {
                self.note(|| format!("device {index} has room again"));
                self.devices[index].set_disk_full(false);
                self.unwell(index);
                Ok(())
            }
            Event::Upgrade => self.upgrade_orders(),
            Event::Update(index) => self.update_app(index),
            Event::ServerUp(process) => {
                self.note(|| format!("server {process} is back"));
                self.is_up[process] = true;
                (0..self.devices.len()).for_each(|index| self.unwell(index));
                Ok(())
            }
            Event::Notified(process) => {
                let outputs = self.server.notified(process);
                self.server_says(outputs);
                Ok(())
            }
            Event::Up(connection, frame) => self.server_receives(connection, &frame),
            Event::Down(connection, frame) => self.device_receives(connection, frame),
            Event::Opened(index, life, id) => {
                self.unwell(index);
                self.feed_life(index, life, |_| Some(driver::Input::Opened(id)))
            }
            Event::Lost(index, life, id) => self.feed_life(index, life, |world| {
                let connection = world.wires[index].remove(&id)?;
                world.network.connection_mut(connection)?.device_open = false;
                Some(driver::Input::Closed(id))
            }),
            Event::ServerHears(connection) => {
                if let Some(open) = self.network.connection_mut(connection) {
                    open.server_open = false;
                }
                self.server.closed(connection);
                Ok(())
            }
            Event::Time(index, ticket) => {
                if self.timers[index] == ticket {
                    self.feed(index, driver::Input::Time)
                } else {
                    Ok(())
                }
            }
            Event::PostUp(index, life, id, url, body) => {
                self.answer_post(index, life, id, &url, &body);
                Ok(())
            }
            Event::PostDown(index, life, id, response) => {
                self.feed_life(index, life, |_| Some(driver::Input::Posted(id, response)))
            }
            Event::GetUp(index, life, id, url) => self.answer_get(index, life, id, &url),
            Event::GetDown(index, life, id, fetched) => self.get_down(index, life, id, fetched),
        }
    }

    /// What is meant for an app that has crashed since is for nobody.
    pub(super) fn feed_life(
        &mut self,
        index: usize,
        life: u64,
        input: impl FnOnce(&mut Self) -> Option<driver::Input>,
    ) -> anyhow::Result<()> {
        if self.devices[index].opened_count != life {
            return Ok(());
        }
        match input(self) {
            Some(input) => self.feed(index, input),
            None => Ok(()),
        }
    }

    pub(super) fn schedule_at(&mut self, at: i64, event: Event) {
        self.scheduled += 1;
        self.queue.insert((at.max(self.now), self.scheduled), event);
    }

    pub(super) fn schedule_in(&mut self, millis: i64, event: Event) {
        self.schedule_at(self.now + millis, event);
    }

    pub(super) fn schedule_press(&mut self, index: usize) {
        // Bursts, with breaks between them.
        let pause = if self.rng.chance(900) {
            self.rng.between(500, 15_000)
        } else {
            self.rng.between(30_000, 300_000)
        };
        self.schedule_in(pause, Event::Press(index));
    }

    pub(super) fn schedule_fault(&mut self) {
        if let Some(pause) = self.faults.pause_millis {
            let pause = self.rng.between(1, 2 * pause);
            self.schedule_in(pause, Event::Fault);
        }
    }

    #[must_use]
    pub(super) const fn true_time(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    /// A line of the trace; costs nothing where nobody reads it.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        let at = self.now - START_MILLIS;
        if let Some(trace) = &mut self.trace {
            if trace.len() == TRACE_LINES {
                trace.pop_front();
            }
            trace.push_back(format!("{:>10.3} s  {}", at as f64 / 1000.0, line()));
        }
    }

    /// Everything that happened, as far as it was noted.
    pub fn trace(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.trace.iter().flatten().map(String::as_str)
    }

    /// Two histories with the same one had the same events and the same bytes on the network.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }
}
