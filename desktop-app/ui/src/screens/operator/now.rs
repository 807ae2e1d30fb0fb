//! The job in hand: how far it is, and the one thing to do next.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{HostError, Now as NowQuery, NowCard, QueueOf, Reasons, ReportRow, Saved};
use shared_model::ids::{WorkCenterId, WorkOrderId};
use shared_model::production::ProductionReport;
use shared_model::reason::ReasonKind;

use super::dock::Dock;
use super::pause_sheet::{Pause, PauseSheet};
use super::report_list::{ReportList, UndoDialog};
use super::report_sheet::ReportSheet;
use super::row::{material_title, operation_title};
use crate::components::{Dialog, LoadingShape};
use crate::routes::Route;
use crate::screens::newer::NeedsUpdate;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_acts, use_clock, use_live, use_view};
use crate::t;

mod action_dock;
mod card;
mod up_next;

use action_dock::{ActionDock, Press};
use card::JobCard;
use up_next::UpNext;

/// What is open over the card.
#[derive(Clone, Debug, PartialEq)]
enum Open {
    Nothing,
    Report,
    Pause,
    Finish,
    Complete,
    Undo(Box<ReportRow>),
}

#[component]
pub fn Now(order: WorkOrderId, operation: u32) -> Element {
    rsx! { NowOf { key: "{order}-{operation}", order, operation } }
}

#[component]
fn NowOf(order: WorkOrderId, operation: u32) -> Element {
    let face = use_view(NowQuery { order, operation: (operation != 0).then_some(operation) });
    if let Some(other) = unready(&face, LoadingShape::Cards, 3) {
        return other;
    }
    let Face::Ready(card) = face else { return rsx! {} };
    if card.row.needs_update {
        let what = material_title(&card.row);
        return rsx! { NeedsUpdate { number: card.row.number, what, unsent: Vec::new() } };
    }
    rsx! { NowReady { card } }
}

#[component]
fn NowReady(card: NowCard) -> Element {
    let access = use_access();
    let (acts, live) = (use_acts(), use_live());
    let clock = use_clock();
    let navigator = use_navigator();
    let scrap = use_view(Reasons { kind: ReasonKind::Scrap }).ready().unwrap_or_default();
    let pauses = use_view(Reasons { kind: ReasonKind::Pause }).ready().unwrap_or_default();
    let mut open = use_signal(|| Open::Nothing);
    let mut is_busy = use_signal(|| false);
    let mut problem = use_signal(|| None::<String>);

    let (order, operation) = (card.row.order, card.row.operation);
    let dock = Dock::of(&card);
    let title = format!("{} · {}", card.row.number, operation_title(&card.row));
    let number = card.row.number.clone();

    // Closes what is open once the command is durable.
    let mut settle = move |outcome: Result<Saved, HostError>| {
        is_busy.set(false);
        match outcome {
            Ok(_) => {
                problem.set(None);
                open.set(Open::Nothing);
                true
            }
            Err(error) => {
                problem.set(Some(words::host_error(&error)));
                false
            }
        }
    };
    let save_report = move |report: ProductionReport| {
        is_busy.set(true);
        let told = format!("{} · {}", number, words::output(report.output()));
        spawn(async move {
            let outcome = acts.report(order, Command::ReportProduction { order, report }, told).await;
            settle(outcome);
        });
    };
    let mut run = move |command: Command, done: String| {
        is_busy.set(true);
        spawn(async move {
            let outcome = acts.act(command, done).await;
            settle(outcome);
        });
    };
    let finish = {
        let title = title.clone();
        move |()| {
            let done = t!("done-finished", title = title.as_str());
            is_busy.set(true);
            spawn(async move {
                let outcome = acts.act(Command::FinishOperation { order, operation }, done).await;
                if !settle(outcome) {
                    return;
                }
                // Was that the last one, and is enough made? Then the order can be completed as well.
                let after = live
                    .host()
                    .query(NowQuery { order, operation: (operation != 0).then_some(operation) })
                    .await;
                if after.is_ok_and(|card| card.can_complete) {
                    open.set(Open::Complete);
                }
            });
        }
    };
    let complete = {
        let number = card.row.number.clone();
        move |()| {
            let done = t!("done-completed", number = number.as_str());
            is_busy.set(true);
            spawn(async move {
                let outcome = acts.act(Command::complete(order), done).await;
                if settle(outcome) {
                    navigator.push(Route::Queue {});
                }
            });
        }
    };
    let press = {
        let title = title.clone();
        move |press: Press| {
            problem.set(None);
            match press {
                Press::Start => run(
                    Command::StartOperation { order, operation },
                    t!("done-started", title = title.as_str()),
                ),
                Press::Resume => run(
                    Command::ResumeOperation { order, operation },
                    t!("done-resumed", title = title.as_str()),
                ),
                Press::Report => open.set(Open::Report),
                Press::Pause => open.set(Open::Pause),
                Press::Finish => open.set(Open::Finish),
                Press::Complete => open.set(Open::Complete),
            }
        }
    };
    let pause = {
        let title = title.clone();
        move |pause: Pause| {
            run(
                Command::PauseOperation { order, operation, reason: pause.reason, note: pause.note },
                t!("done-paused", title = title.as_str()),
            );
        }
    };
    let close = move |()| {
        problem.set(None);
        open.set(Open::Nothing);
    };
    let undone = match open() {
        Open::Undo(report) => Some(*report),
        _ => None,
    };
    let reports = card.reports.clone();
    let now = clock.peek();
    let missing = t!(
        "finish-text",
        done = format::amount(card.row.output.good),
        ordered = format::quantity(card.row.ordered, &card.row.unit)
    );
    rsx! {
        div { class: "now",
            JobCard { card: card.clone() }
            aside { class: "now__side",
                section { class: "now__reports", "aria-label": t!("now-reports"),
                    h2 { class: "now__side-title", {t!("now-reports")} }
                    if reports.is_empty() {
                        p { class: "now__nothing", {t!("now-no-reports")} }
                    }
                    ReportList {
                        reports,
                        zone: access.zone.clone(),
                        now,
                        on_undo: move |report| open.set(Open::Undo(Box::new(report))),
                    }
                }
                ActionDock { card: card.clone(), dock, busy: is_busy(), on_press: press }
            }
            if let Some(station) = access.station {
                Neighbours { station, order, operation }
            }
        }
        ReportSheet {
            open: open() == Open::Report,
            row: card.row.clone(),
            reasons: scrap,
            error: problem(),
            busy: is_busy(),
            on_save: save_report,
            on_close: close,
        }
        PauseSheet {
            open: open() == Open::Pause,
            subtitle: title.clone(),
            reasons: pauses,
            busy: is_busy(),
            on_save: pause,
            on_close: close,
        }
        Dialog {
            open: open() == Open::Finish,
            title: t!("finish-title", title = title.as_str()),
            confirm: t!("finish-confirm"),
            busy: is_busy(),
            on_confirm: finish,
            on_cancel: close,
            {missing}
        }
        Dialog {
            open: open() == Open::Complete && card.can_complete,
            title: t!("complete-title", number = card.row.number.as_str()),
            confirm: t!("complete-confirm"),
            cancel: t!("complete-later"),
            busy: is_busy(),
            on_confirm: complete,
            on_cancel: close,
            {t!("complete-text")}
        }
        UndoDialog { order, report: undone, on_close: close }
    }
}

/// The jobs after this one.
#[component]
fn Neighbours(station: WorkCenterId, order: WorkOrderId, operation: u32) -> Element {
    let queue = use_view(QueueOf { work_center: station, limit: up_next::LOOKED_AT }).ready();
    match queue {
        Some(queue) => rsx! { UpNext { rows: up_next::after(queue.rows, order, operation) } },
        None => rsx! {},
    }
}
