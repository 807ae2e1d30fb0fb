//! Many histories, and what came of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::faults::Exercised;
use super::planted::Bug;
use super::verify::{Findings, verify};
use super::world::World;

/// How often each device's buttons are pressed.
const PRESSES: u32 = 40;
const FINDINGS_SHOWN: usize = 12;

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
        lines.push("  the last events:".to_owned());
        lines.extend(self.trace.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

/// Lives the history of a seed; a second time with a trace when it fails.
#[must_use]
pub fn simulate(seed: u64) -> Outcome {
    let outcome = live(seed, false, None);
    if outcome.has_failed() { live(seed, true, None) } else { outcome }
}

/// The same with a mistake planted, and without a trace.
#[must_use]
pub fn simulate_with(seed: u64, bug: Bug) -> Outcome {
    live(seed, false, Some(bug))
}

fn live(seed: u64, is_traced: bool, bug: Option<Bug>) -> Outcome {
    let mut outcome = Outcome { seed, ..Outcome::default() };
    let mut world = match World::new(seed, is_traced, bug) {
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
    outcome.exercised = world.exercised;
    outcome.exercised.lost_frames = world.network.lost_count;
    outcome.exercised.duplicated_frames = world.network.duplicated_count;
    outcome.trace = world.trace().map(ToOwned::to_owned).collect();
    outcome
}

/// All histories together.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    pub seeds: u64,
    pub steps: u64,
    /// The seeds in which anything was wrong.
    pub failed: Vec<u64>,
    pub lost: u64,
    pub duplicated: u64,
    pub diverged: u64,
    pub stuck: u64,
    pub commands: u64,
    pub refused_by_server: u64,
    pub refused_by_device: u64,
    pub rebased: u64,
    pub exercised: Exercised,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        if outcome.has_failed() {
            self.failed.push(outcome.seed);
        }
        self.lost += outcome.findings.lost.len() as u64;
        self.duplicated += outcome.findings.duplicated.len() as u64;
        self.diverged += outcome.findings.diverged.len() as u64;
        self.stuck += u64::from(outcome.is_stuck);
        self.commands += outcome.commands;
        self.refused_by_server += outcome.refused_by_server;
        self.refused_by_device += outcome.refused_by_device;
        self.rebased += outcome.rebased;
        self.exercised.add(&outcome.exercised);
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
/// their order.
pub fn simulate_all(first: u64, count: u64, failed: impl FnMut(&Outcome) + Send) -> Tally {
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
                    let outcome = simulate(first + n);
                    // A poisoned lock means that a worker panicked, which the scope reports.
                    if let Ok(mut told) = told.lock() {
                        told.tell(outcome);
                    }
                }
            });
        }
    });
    told.into_inner().unwrap_or_else(PoisonError::into_inner).tally
}
