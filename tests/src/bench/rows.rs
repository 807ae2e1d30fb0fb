//! What is measured, and what it may cost.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Runs;
use super::samples::Samples;

/// Rows that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    Download,
    /// A native device: its first sync, and meeting the server again.
    Station,
    Browser,
    /// `unison-device`, in a process of its own.
    Gateway,
    /// A hundred devices.
    Crowd,
    /// The same at a small plant and at a large one.
    CrowdsBySize,
    /// From one device to another.
    Relay,
    Commit,
    Push,
    /// Devices that report as fast as they are answered.
    Sustained,
    /// Five thousand connections that say nothing.
    Idle,
}

/// On which side of the budget a figure is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub name: &'static str,
    pub unit: &'static str,
    pub bound: Bound,
    pub measurement: Measurement,
    /// Where the budget is known to be missed: the part of "Where the time goes" in `docs/benchmarks.md` that says
    /// why.
    pub profile: Option<&'static str>,
}

impl Budget {
    const fn missed_for(self, profile: &'static str) -> Self {
        Self { profile: Some(profile), ..self }
    }
}

const fn budget(name: &'static str, unit: &'static str, at_most: f64, measurement: Measurement) -> Budget {
    Budget { name, unit, bound: Bound::AtMost(at_most), measurement, profile: None }
}

/// The budgets are for two cores with everything on one machine and fsync on.
pub const BUDGETS: [Budget; 23] = [
    budget("commit-native-p50", "ms", 3.0, Measurement::Commit),
    budget("commit-native-p99", "ms", 3.0, Measurement::Commit).missed_for("Commit"),
    budget("commit-opfs-p50", "ms", 15.0, Measurement::Browser),
    budget("commit-opfs-p99", "ms", 15.0, Measurement::Browser),
    budget("push-10000-edits", "s", 0.7, Measurement::Push).missed_for("Push"),
    budget("initial-sync-native", "s", 0.7, Measurement::Station).missed_for("First sync"),
    budget("initial-sync-bytes", "MB", 1.0, Measurement::Station).missed_for("First sync"),
    budget("initial-sync-opfs", "s", 1.5, Measurement::Browser).missed_for("First sync"),
    budget("reconnect-time", "ms", 3.0, Measurement::Station).missed_for("Reconnect"),
    budget("reconnect-bytes", "B", 300.0, Measurement::Station).missed_for("Reconnect"),
    Budget {
        name: "sustained-changes",
        unit: "/s",
        bound: Bound::AtLeast(10_000.0),
        measurement: Measurement::Sustained,
        profile: Some("Sustained"),
    },
    budget("relay-p50", "ms", 4.0, Measurement::Relay).missed_for("Relay"),
    budget("relay-p99", "ms", 20.0, Measurement::Relay),
    budget("fan-out-p50", "ms", 20.0, Measurement::Crowd),
    budget("fan-out-p99", "ms", 20.0, Measurement::Crowd),
    budget("server-memory", "MB", 120.0, Measurement::Crowd),
    budget("server-memory-1000-orders", "MB", 120.0, Measurement::CrowdsBySize),
    budget("server-memory-40000-orders", "MB", 120.0, Measurement::CrowdsBySize),
    // From 1,000 to 40,000 orders.
    budget("server-memory-growth", "×", 1.5, Measurement::CrowdsBySize),
    budget("client-memory", "MB", 60.0, Measurement::Gateway),
    budget("idle-connections-memory", "kB", 40.0, Measurement::Idle),
    // A core is to hold 5,000 of them.
    budget("idle-connections-processor", "%", 100.0, Measurement::Idle),
    budget("web-bundle", "MB", 1.5, Measurement::Download).missed_for("Web bundle"),
];

/// One line of the result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub name: &'static str,
    /// The median of the runs.
    pub value: f64,
    /// What each run gave.
    pub runs: Vec<f64>,
    pub unit: &'static str,
    pub budget: f64,
    pub pass: bool,
    /// Where it is missed and is known to be: where to read why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The rows that somebody wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(BTreeSet<&'static str>);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no benchmark \"{0}\"; there are:\n  {list}", list = list())]
pub struct UnknownName(String);

fn list() -> String {
    BUDGETS.map(|budget| budget.name).join("\n  ")
}

impl Selection {
    /// By the names of rows, or else by what they begin with up to a dash; all where nothing is named.
    ///
    /// # Errors
    /// When a name is of no row.
    pub fn of(names: &[String]) -> Result<Self, UnknownName> {
        let mut selected = BTreeSet::new();
        for wanted in names {
            let named = BUDGETS.iter().map(|budget| budget.name).filter(|name| is_named(name, wanted));
            let found: Vec<_> = named.collect();
            if found.is_empty() {
                return Err(UnknownName(wanted.clone()));
            }
            selected.extend(found);
        }
        if names.is_empty() {
            selected.extend(BUDGETS.iter().map(|budget| budget.name));
        }
        Ok(Self(selected))
    }

    #[must_use]
    pub fn needs(&self, measurement: Measurement) -> bool {
        BUDGETS.iter().any(|budget| budget.measurement == measurement && self.0.contains(budget.name))
    }

    /// Whether a row is wanted whose name begins so.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.0.iter().any(|selected| is_named(selected, name))
    }

    /// The selected rows of which there are figures.
    pub(super) fn rows(&self, figures: &Runs) -> Vec<Row> {
        let wanted = BUDGETS.iter().filter(|budget| self.0.contains(budget.name));
        wanted.filter_map(|budget| Some(row(budget, figures.get(budget.name)?))).collect()
    }
}

fn is_named(name: &str, wanted: &str) -> bool {
    if BUDGETS.iter().any(|budget| budget.name == wanted) {
        return name == wanted;
    }
    name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-'))
}

fn row(budget: &Budget, figures: &Samples) -> Row {
    let figure = figures.percentile(50);
    let (bound, pass) = match budget.bound {
        Bound::AtMost(most) => (most, figure <= most),
        Bound::AtLeast(least) => (least, figure >= least),
    };
    let runs = figures.figures().map(rounded).collect();
    let profile = budget.profile.filter(|_| !pass);
    let reason = profile.map(|part| format!("docs/benchmarks.md, Where the time goes: {part}"));
    Row { name: budget.name, value: rounded(figure), runs, unit: budget.unit, budget: bound, pass, reason }
}

/// To a thousandth: more digits than that are noise.
fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str]) -> Result<Vec<&'static str>, UnknownName> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Selection::of(&names).map(|selection| selection.0.into_iter().collect())
    }

    #[test]
    fn without_a_name_everything_is_measured() {
        assert_eq!(selected(&[]).expect("all").len(), BUDGETS.len());
    }

    #[test]
    fn a_name_selects_its_row_and_the_beginning_of_names_all_that_begin_so() {
        assert_eq!(selected(&["web-bundle"]), Ok(vec!["web-bundle"]));
        assert_eq!(selected(&["server-memory"]), Ok(vec!["server-memory"]));
        assert_eq!(
            selected(&["relay", "commit-native"]),
            Ok(vec!["commit-native-p50", "commit-native-p99", "relay-p50", "relay-p99"])
        );
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_that_there_are() {
        let error = selected(&["web-bundle", "rel"]).expect_err("no such row");
        assert!(error.to_string().starts_with("there is no benchmark \"rel\""), "{error}");
        assert!(error.to_string().contains("\n  relay-p99"), "{error}");
    }

    #[test]
    fn a_missed_budget_is_a_row_that_does_not_pass_and_says_where_to_read_why() {
        let selection = Selection::of(&["reconnect".to_owned()]).expect("known");
        let mut figures = Runs::new();
        for (name, runs) in [("reconnect-time", [2.00049, 1.5, 7.0]), ("reconnect-bytes", [900.0; 3])] {
            runs.into_iter().for_each(|figure| figures.entry(name).or_default().add_figure(figure));
        }
        let rows = selection.rows(&figures);
        assert_eq!(
            serde_json::to_value(rows).expect("JSON"),
            serde_json::json!([
                {
                    "name": "reconnect-time", "value": 2.0, "runs": [2.0, 1.5, 7.0], "unit": "ms",
                    "budget": 3.0, "pass": true,
                },
                {
                    "name": "reconnect-bytes", "value": 900.0, "runs": [900.0, 900.0, 900.0], "unit": "B",
                    "budget": 300.0, "pass": false,
                    "reason": "docs/benchmarks.md, Where the time goes: Reconnect",
                },
            ])
        );
    }

    #[test]
    fn where_to_read_why_is_there() {
        let document = include_str!("../../../docs/benchmarks.md");
        let (_, profiles) = document.split_once("## Where the time goes").expect("the profiles");
        for part in BUDGETS.iter().filter_map(|budget| budget.profile) {
            assert!(profiles.contains(&format!("\n- *{part}*")), "{part}");
        }
    }

    #[test]
    fn what_was_not_measured_has_no_row() {
        let selection = Selection::of(&["web-bundle".to_owned()]).expect("known");
        assert_eq!(selection.rows(&Runs::new()), []);
    }
}
