//! Many histories, and what came of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::ensure;
use serde::Serialize;

use super::faults::{Decided, Exercised};
use super::http::device_id;
use super::planted::Bug;
use super::tape::Recording;
use super::verify::{Findings, verify};
use super::world::World;

/// How often each device's buttons are pressed.
const PRESSES: u32 = 40;
const FINDINGS_SHOWN: usize = 12;
const TRACE_SHOWN: usize = 40;
/// In so many histories every fault comes up; where one does not, it is not simulated any more.
const ENOUGH_SEEDS: u64 = 200;

/// One history.
#[derive(Debug, Default)]
pub struct Outcome {
    pub seed: u64,
    pub steps: u64,
    pub is_stuck: bool,
    pub findings: Findings,
    pub complaints: Vec<String>,
    pub commands: u64,
    pub refused_by_server: u64,
    pub refused_by_device: u64,
    pub rebased: u64,
    pub decided: Decided,
    /// How long a command waited at most on a device that was connected.
    pub longest_wait_millis: i64,
    pub fingerprint: u64,
    pub exercised: Exercised,
    pub trace: Vec<String>,
}

impl Outcome {
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.is_stuck || !self.findings.is_empty() || !self.complaints.is_empty()
    }

    /// What is wrong, and what happened last.
    #[must_use]
    pub fn report(&self) -> String {
        let mut lines = vec![format!("seed {} failed after {} steps", self.seed, self.steps)];
        if self.is_stuck {
            lines.push("  stuck: it did not come to rest".to_owned());
        }
        lines.extend(self.complaints.iter().map(|complaint| format!("  {complaint}")));
        lines.extend(self.findings.lines().take(FINDINGS_SHOWN).map(|finding| format!("  {finding}")));
        lines.push("  the last events that concern it:".to_owned());
        lines.extend(self.trace.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

/// Lives the history of a seed; a second time with a trace when it fails.
#[must_use]
pub fn simulate(seed: u64) -> Outcome {
    lived(seed, false)
}

fn lived(seed: u64, is_whole: bool) -> Outcome {
    let outcome = live(seed, Trace::None, None);
    let trace = if is_whole { Trace::Whole } else { Trace::OfWhatIsWrong };
    if outcome.has_failed() { live(seed, trace, None) } else { outcome }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trace {
    None,
    OfWhatIsWrong,
    Whole,
}

/// Lives the history of a seed, for another server to be held to.
///
/// # Errors
/// When the history itself fails.
pub fn record(seed: u64) -> anyhow::Result<Recording> {
    let mut world = World::new(seed, false, None)?;
    world.server.begin_recording();
    ensure!(world.run(PRESSES)?, "history {seed} did not come to rest");
    Ok(world.server.recording())
}

/// The same with a mistake planted, and without a trace.
#[must_use]
pub fn simulate_with(seed: u64, bug: Bug) -> Outcome {
    live(seed, Trace::None, Some(bug))
}

fn live(seed: u64, trace: Trace, bug: Option<Bug>) -> Outcome {
    let mut outcome = Outcome { seed, ..Outcome::default() };
    let mut world = match World::new(seed, trace != Trace::None, bug) {
        Ok(world) => world,
        Err(error) => {
            outcome.complaints.push(format!("{error:#}"));
            return outcome;
        }
    };
    match world.run(PRESSES) {
        Ok(true) => match verify(&mut world) {
            Ok(findings) => outcome.findings = findings,
            Err(error) => outcome.complaints.push(format!("{error:#}")),
        },
        Ok(false) => {
            outcome.is_stuck = true;
            outcome.complaints.extend(world.what_hangs());
        }
        Err(error) => outcome.complaints.push(format!("{error:#}")),
    }
    outcome.steps = world.steps;
    outcome.complaints.append(&mut world.complaints);
    outcome.commands = world.journal.len() as u64;
    outcome.refused_by_server = world.server.refused().len() as u64;
    outcome.refused_by_device = world.local_refusal_count;
    outcome.rebased = world.server.rebase_count();
    outcome.decided = world.decided;
    outcome.exercised = world.exercised;
    for device in &world.devices {
        outcome.exercised.lost_writes += device.lost_writes();
        // Devices begin anew by themselves after the server was set back, and when the snapshot that they
        // had begun is not kept any more.
        let left_behind = world.server.left_behind(device_id(device.index));
        if device.set_aside_count() > left_behind && world.exercised.set_back_servers == 0 {
            outcome.complaints.push(format!("device {} found its replica damaged", device.index));
        }
    }
    outcome.exercised.early_commands = world.was_early.len() as u64;
    outcome.exercised.lost_frames = world.network.lost_count;
    outcome.exercised.repeated_frames = world.network.duplicated_count;
    outcome.exercised.truncated_frames = world.network.truncated_count;
    outcome.longest_wait_millis = world.longest_wait;
    outcome.fingerprint = world.fingerprint();
    outcome.trace = match trace {
        Trace::None => Vec::new(),
        Trace::OfWhatIsWrong => story(&world, &outcome),
        Trace::Whole => world.trace().map(ToOwned::to_owned).collect(),
    };
    outcome
}

/// The last events that concern what is wrong: those that name one of its ids, or else its devices.
fn story(world: &World, outcome: &Outcome) -> Vec<String> {
    let wrong: Vec<String> = outcome.findings.lines().chain(outcome.complaints.iter().cloned()).collect();
    let mut names: BTreeSet<&str> = wrong.iter().flat_map(|line| ids(line)).collect();
    if names.is_empty() {
        let devices = wrong.iter().filter_map(|line| line.get(line.find("device ")?..)?.get(..8));
        names.extend(devices);
    }
    let concerns = |line: &str| names.is_empty() || names.iter().any(|name| line.contains(name));
    let mut lines: Vec<String> =
        world.trace().rev().filter(|line| concerns(line)).take(TRACE_SHOWN).map(ToOwned::to_owned).collect();
    lines.reverse();
    lines
}

/// The ids in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| word.len() == 36)
}

/// All histories together.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    pub seeds: u64,
    pub steps: u64,
    pub commands: u64,
    /// The seeds in which anything was wrong.
    pub failed: Vec<u64>,
    pub lost: u64,
    pub duplicated: u64,
    pub diverged: u64,
    pub stuck: u64,
    pub refused_by_server: u64,
    pub refused_by_device: u64,
    pub rebased: u64,
    pub longest_wait_millis: i64,
    pub faults: Exercised,
    pub refusals: Decided,
    /// Faults and decisions that never came up in enough histories.
    pub missing: Vec<&'static str>,
}

impl Tally {
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty() || !self.missing.is_empty()
    }

    fn finish(mut self) -> Self {
        if self.seeds >= ENOUGH_SEEDS {
            self.missing = self.faults.missing();
            self.missing.extend(self.refusals.missing());
        }
        self
    }

    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        if outcome.has_failed() {
            self.failed.push(outcome.seed);
        }
        self.lost += outcome.findings.lost.len() as u64;
        self.duplicated += outcome.findings.duplicated.len() as u64;
        self.diverged += outcome.findings.diverged.len() as u64;
        self.stuck += u64::from(outcome.is_stuck) + outcome.findings.stuck.len() as u64;
        self.longest_wait_millis = self.longest_wait_millis.max(outcome.longest_wait_millis);
        self.commands += outcome.commands;
        self.refused_by_server += outcome.refused_by_server;
        self.refused_by_device += outcome.refused_by_device;
        self.rebased += outcome.rebased;
        self.refusals.add(&outcome.decided);
        self.faults.add(&outcome.exercised);
    }
}

/// Histories that were lived, told in the order of their seeds whoever was quicker.
struct Told<F> {
    next: u64,
    early: BTreeMap<u64, Outcome>,
    tally: Tally,
    failed: F,
}

impl<F: FnMut(&Outcome)> Told<F> {
    fn tell(&mut self, outcome: Outcome) {
        self.early.insert(outcome.seed, outcome);
        while let Some(outcome) = self.early.remove(&self.next) {
            if outcome.has_failed() {
                (self.failed)(&outcome);
            }
            self.tally.add(&outcome);
            self.next += 1;
        }
    }
}

/// Lives `count` histories from `first` on, on all processors. `failed` hears of each that fails, in
/// their order, with the whole of its trace if `is_whole`.
pub fn simulate_all(first: u64, count: u64, is_whole: bool, failed: impl FnMut(&Outcome) + Send) -> Tally {
    let next = AtomicU64::new(0);
    let told = Mutex::new(Told { next: first, early: BTreeMap::new(), tally: Tally::default(), failed });
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        break;
                    }
                    let outcome = lived(first + n, is_whole);
                    // A poisoned lock means that a worker panicked, which the scope reports.
                    if let Ok(mut told) = told.lock() {
                        told.tell(outcome);
                    }
                }
            });
        }
    });
    told.into_inner().unwrap_or_else(PoisonError::into_inner).tally.finish()
}
