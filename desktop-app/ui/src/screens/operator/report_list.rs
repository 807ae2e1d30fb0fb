//! What was reported, newest first, each with its way back.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{Mark, ReportRow};
use shared_model::ids::{FactId, WorkOrderId};
use shared_model::time::Timestamp;

use crate::components::{Button, ButtonSize, Dialog, IconName, SyncMark, SyncState, TextField};
use crate::dom::Zone;
use crate::screens::{format, words};
use crate::state::use_acts;
use crate::t;

#[component]
pub fn ReportList(
    reports: Vec<ReportRow>,
    zone: Zone,
    now: Timestamp,
    /// The operation of each report is told: the list is of a whole order.
    #[props(default)]
    with_operation: bool,
    on_undo: EventHandler<ReportRow>,
) -> Element {
    rsx! {
        ul { class: "reports",
            for report in reports {
                ReportItem { key: "{report.id}", report, zone: zone.clone(), now, with_operation, on_undo }
            }
        }
    }
}

#[component]
fn ReportItem(
    report: ReportRow,
    zone: Zone,
    now: Timestamp,
    with_operation: bool,
    on_undo: EventHandler<ReportRow>,
) -> Element {
    let what = words::output(report.output);
    let state = words::sync_state(report.mark);
    let operation = report.operation.filter(|_| with_operation);
    let details = details(&report, &zone, now);
    rsx! {
        li {
            class: "reports__row",
            "data-testid": "report-row",
            "data-voided": if report.voided.is_some() { "true" } else { "false" },
            "data-sync": mark_code(report.mark),
            div { class: "reports__words",
                p { class: "reports__what",
                    if let Some(operation) = operation {
                        span { class: "reports__operation", {t!("operation-number", number = operation.to_string())} }
                    }
                    if report.voided.is_some() {
                        s { {what} }
                    } else {
                        strong { {what} }
                    }
                    if state != SyncState::Accepted {
                        SyncMark { state }
                    }
                }
                p { class: "reports__by", "{format::moment(&zone, report.at, now)} · {report.user_name}" }
                for detail in details {
                    p { key: "{detail}", class: "reports__detail", {detail.clone()} }
                }
            }
            if report.can_void && report.voided.is_none() {
                Button {
                    size: ButtonSize::Small,
                    icon: IconName::Undo,
                    "data-testid": if with_operation { "report-void" } else { "report-undo" },
                    onclick: {
                        let report = report.clone();
                        move |_| on_undo.call(report.clone())
                    },
                    {t!("action-undo")}
                }
            }
        }
    }
}

/// Reasons, the lot, and who took it back.
fn details(report: &ReportRow, zone: &Zone, now: Timestamp) -> Vec<String> {
    let mut details: Vec<String> = report
        .scrap
        .iter()
        .map(|scrap| {
            let reason = if scrap.reason.is_empty() { t!("reason-unknown") } else { scrap.reason.clone() };
            t!("report-scrap-because", amount = format::amount(scrap.amount), reason = reason)
        })
        .collect();
    if let Some(lot) = &report.lot {
        details.push(t!("report-of-lot", lot = lot.as_str()));
    }
    if let Some(void) = &report.voided {
        details.push(t!(
            "report-voided",
            who = void.user_name.as_str(),
            moment = format::moment(zone, void.at, now),
            reason = void.reason.as_str()
        ));
    }
    details
}

pub fn mark_code(mark: Mark) -> &'static str {
    match mark {
        Mark::Accepted => "accepted",
        Mark::Sent => "sent",
        Mark::SavedHere => "saved_here",
        Mark::NeedsYou => "needs_you",
    }
}

/// Asks once more and why, then takes the report back.
#[component]
pub fn UndoDialog(order: WorkOrderId, report: Option<ReportRow>, on_close: EventHandler<()>) -> Element {
    let acts = use_acts();
    let mut reason = use_signal(|| t!("undo-default-reason"));
    let what = report.as_ref().map(|report| words::output(report.output)).unwrap_or_default();
    let id: Option<FactId> = report.as_ref().map(|report| report.id);
    rsx! {
        Dialog {
            open: report.is_some(),
            title: t!("undo-title", what = what.clone()),
            confirm: t!("undo-confirm"),
            disabled: reason.read().trim().is_empty(),
            on_cancel: on_close,
            on_confirm: move |()| {
                if let Some(report) = id {
                    let reason = reason.peek().trim().to_owned();
                    acts.send(Command::VoidReport { order, report, reason }, t!("undo-done"));
                }
                on_close.call(());
            },
            p { {t!("undo-text")} }
            TextField {
                label: t!("undo-reason-label"),
                name: "undo-reason",
                value: reason(),
                maxlength: 500,
                on_input: move |text| reason.set(text),
            }
        }
    }
}
