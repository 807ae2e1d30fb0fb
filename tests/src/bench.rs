//! Measurements against the budgets: the real server on PostgreSQL with fsync on, real replicas on a
//! real disk, Chromium with the web bundle.
//!
//! **Invariant:** every figure was measured in this run. What cannot be measured is left out, and why
//! is said on standard error.

mod browser;
mod commit;
mod crowd;
mod download;
mod gate;
mod gateway;
mod idle;
mod lab;
mod listener;
mod plant;
mod push;
mod relay;
mod rows;
mod samples;
mod station;
mod sustained;
mod sync;
mod work;

use std::collections::BTreeMap;

use lab::Lab;
pub use rows::{BUDGETS, Measurement, Row, Selection, UnknownName};
use samples::Samples;

/// Figures by the names of their rows, in the units of [`BUDGETS`].
type Figures = BTreeMap<&'static str, f64>;

/// The figures of several runs, in their order.
type Runs = BTreeMap<&'static str, Samples>;

/// The order matters: what comes later leaves more behind in the plant.
const MEASUREMENTS: [Measurement; 11] = [
    Measurement::Download,
    Measurement::Station,
    Measurement::Browser,
    Measurement::Gateway,
    Measurement::CrowdsBySize,
    Measurement::Crowd,
    Measurement::Relay,
    Measurement::Commit,
    Measurement::Push,
    Measurement::Sustained,
    Measurement::Idle,
];

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    pub rows: Vec<Row>,
    /// Whether everything that this machine can measure was measured.
    pub is_complete: bool,
}

/// Measures what was asked for, one after the other, and all of it as often as was asked for, each time with a
/// server and a plant of its own.
pub async fn run(selection: &Selection, runs: usize) -> Outcome {
    let mut figures = Runs::new();
    let mut is_complete = true;
    lab::describe_machine();
    for n in 1..=runs {
        if runs > 1 {
            lab::say(&format!("run {n} of {runs}"));
        }
        let mut lab = Lab::default();
        for measurement in MEASUREMENTS.into_iter().filter(|it| selection.needs(*it)) {
            match measure(measurement, &mut lab, selection).await {
                Ok(measured) => {
                    for (name, figure) in measured {
                        figures.entry(name).or_default().add_figure(figure);
                    }
                }
                Err(error) => {
                    lab::say(&format!("FAILED: {measurement:?}: {error:#}"));
                    is_complete = false;
                }
            }
        }
    }
    Outcome { rows: selection.rows(&figures), is_complete }
}

async fn measure(measurement: Measurement, lab: &mut Lab, selection: &Selection) -> anyhow::Result<Figures> {
    match measurement {
        Measurement::Download => download::measure(),
        Measurement::Station => sync::measure(lab, selection).await,
        Measurement::Browser => browser::measure(lab, selection).await,
        Measurement::Gateway => gateway::measure(lab).await,
        Measurement::Crowd => crowd::measure(lab, selection).await,
        Measurement::CrowdsBySize => crowd::by_size(selection).await,
        Measurement::Relay => relay::measure(lab).await,
        Measurement::Commit => commit::measure(lab).await,
        Measurement::Push => push::measure(lab).await,
        Measurement::Sustained => sustained::measure(lab).await,
        Measurement::Idle => idle::measure(lab).await,
    }
}
