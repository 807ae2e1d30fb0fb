//! A job as a row to press: what it is, how far it is, whether it can go.

use dioxus::prelude::*;
use shared_model::host::QueueRow;
use shared_model::time::Date;
use shared_model::work_order::{OperationState, Stage};

use crate::components::{Avatar, BadgeState, Icon, IconName, ProgressBar, StateBadge, SyncMark, SyncState};
use crate::screens::newer::UpdateMark;
use crate::screens::{format, words};
use crate::t;

/// Its state in the eyes of the one who looks for work.
pub fn badge(row: &QueueRow) -> BadgeState {
    match (row.stage, row.state) {
        (Stage::Cancelled, _) => BadgeState::Cancelled,
        (Stage::Completed, _) => BadgeState::Completed,
        (Stage::Paused, _) => BadgeState::Paused,
        (_, OperationState::Started) if !row.working.is_empty() => BadgeState::Running,
        (_, OperationState::Started) => BadgeState::Idle,
        (_, OperationState::Finished) => BadgeState::Completed,
        (_, OperationState::Pending) if row.is_ready => BadgeState::Released,
        (_, OperationState::Pending) => BadgeState::Starved,
    }
}

/// The badge's word here.
pub fn badge_word(row: &QueueRow) -> String {
    match badge(row) {
        BadgeState::Running => t!("row-running"),
        BadgeState::Paused => t!("row-order-paused"),
        BadgeState::Idle => t!("row-stopped"),
        BadgeState::Completed => t!("row-finished"),
        BadgeState::Cancelled => t!("row-cancelled"),
        BadgeState::Starved => t!("row-waits"),
        _ => t!("row-ready"),
    }
}

/// What runs stands first; otherwise the order that the planner wants.
pub fn running_first(mut rows: Vec<QueueRow>) -> Vec<QueueRow> {
    rows.sort_by_key(|row| (!row.am_working, row.working.is_empty()));
    rows
}

/// "WO-1042 · 20 Milling".
pub fn operation_title(row: &QueueRow) -> String {
    if row.operation == 0 {
        row.operation_name.clone()
    } else {
        format!("{} {}", row.operation, row.operation_name)
    }
}

#[component]
pub fn JobRow(row: QueueRow, today: Date, on_open: EventHandler<()>) -> Element {
    let (state, word) = (badge(&row), badge_word(&row));
    let done = format::amount(row.output.good);
    let due = row.due_on.map(|date| format::due(date, today));
    let text = t!("done-of", done = done.clone(), ordered = format::quantity(row.ordered, &row.unit));
    rsx! {
        button {
            class: "job-row",
            r#type: "button",
            "data-testid": "queue-row-{row.number}-{row.operation}",
            "data-mine": row.am_working.then_some("true"),
            "data-ready": if row.is_ready { "true" } else { "false" },
            onclick: move |_| on_open.call(()),
            span { class: "job-row__state",
                if row.needs_update {
                    UpdateMark {}
                } else {
                    StateBadge { state, label: word }
                }
            }
            span { class: "job-row__what",
                span { class: "job-row__head",
                    strong { class: "job-row__number", {row.number.clone()} }
                    span { class: "job-row__operation", {operation_title(&row)} }
                    if row.mark != shared_model::host::Mark::Accepted {
                        SyncMark { state: words::sync_state(row.mark), compact: words::sync_state(row.mark) != SyncState::NeedsYou }
                    }
                }
                span { class: "job-row__material", {material_title(&row)} }
            }
            span { class: "job-row__people",
                for name in row.working.iter().take(3) {
                    Avatar { key: "{name}", name: name.clone(), active: true }
                }
                if !row.working.is_empty() {
                    span { class: "visually-hidden", {row.working.join(", ")} }
                }
            }
            span { class: "job-row__due", "data-late": row.is_late.then_some("true"),
                if let Some(due) = due.filter(|_| !row.needs_update) {
                    Icon { name: if row.is_late { IconName::Alert } else { IconName::Calendar } }
                    span { {due} }
                }
            }
            span { class: "job-row__done",
                if !row.needs_update {
                    span { class: "job-row__figures",
                        strong { {done} }
                        " / {format::quantity(row.ordered, &row.unit)}"
                    }
                    ProgressBar {
                        done: format::share(row.output.good),
                        ordered: format::share(row.ordered),
                        scrap: format::share(row.output.scrap),
                        label: t!("progress-of", number = row.number.as_str()),
                        text,
                    }
                }
            }
            Icon { name: IconName::ChevronRight, class: "job-row__open" }
        }
    }
}

pub fn material_title(row: &QueueRow) -> String {
    let material = format!("{} {}", row.material_number, row.material_name);
    if row.title.is_empty() { material } else { format!("{} · {material}", row.title) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::sample;

    #[test]
    fn a_job_of_an_order_that_was_cancelled_says_so_however_far_it_was() {
        for state in [OperationState::Pending, OperationState::Started, OperationState::Finished] {
            let row = QueueRow { stage: Stage::Cancelled, state, ..sample::queue_row() };
            assert_eq!(badge_word(&row), "Cancelled");
        }
    }

    #[test]
    fn what_runs_comes_first_and_mine_before_others() {
        let row = |number: &str, working: &[&str], am_working| QueueRow {
            number: number.to_owned(),
            working: working.iter().map(|name| (*name).to_owned()).collect(),
            am_working,
            ..sample::queue_row()
        };
        let rows = vec![row("A", &[], false), row("B", &["Ben"], false), row("C", &["Olga"], true)];
        let numbers: Vec<String> = running_first(rows).into_iter().map(|row| row.number).collect();
        assert_eq!(numbers, ["C", "B", "A"]);
    }

    #[test]
    fn a_job_whose_predecessor_is_open_says_that_it_waits() {
        let row = QueueRow {
            state: OperationState::Pending,
            is_ready: false,
            working: Vec::new(),
            ..sample::queue_row()
        };
        assert_eq!((badge(&row), badge_word(&row)), (BadgeState::Starved, "Waiting".to_owned()));
    }
}
