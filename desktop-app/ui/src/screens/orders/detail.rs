//! One order: what may be done to it, and everything that is known of it.

use dioxus::prelude::*;
use shared_model::exception::Exception;
use shared_model::host::{Details, ExceptionRow, OrderDetail, OrderOf as OrderQuery, OrderRights, ReportRow};
use shared_model::ids::WorkOrderId;
use shared_model::policy::Action;

use super::action::{ActionDialog, OrderAction};
use super::archived::Archived;
use super::table::{due_cell, what};
use crate::components::{
    Button, ButtonVariant, Card, CardTone, Icon, IconName, LoadingShape, ProgressBar, StateBadge, SyncMark,
    SyncState, Tab, Tabs,
};
use crate::routes::Route;
use crate::screens::exceptions::Choice;
use crate::screens::newer::NeedsUpdate;
use crate::screens::operator::UndoDialog;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_clock, use_view};
use crate::t;

mod parts;

pub use parts::{History, Unsent};
use parts::{Materials, Operations, Reports};

#[component]
pub fn OrderOf(order: WorkOrderId) -> Element {
    rsx! { DetailOf { key: "{order}", order } }
}

#[component]
fn DetailOf(order: WorkOrderId) -> Element {
    let face = use_view(OrderQuery { order });
    if let Some(other) = unready(&face, LoadingShape::Lines, 8) {
        return other;
    }
    let Face::Ready(detail) = face else { return rsx! {} };
    if detail.row.needs_update {
        return rsx! {
            NeedsUpdate { number: detail.row.number.clone(), what: what(&detail.row), unsent: detail.unsent }
        };
    }
    if detail.details != Details::Here {
        let (order, details, unsent) = (detail.row.id, detail.details, detail.unsent.clone());
        return rsx! {
            Head { detail, on_act: |_| {} }
            Archived { order, details }
            if !unsent.is_empty() {
                Unsent { items: unsent }
            }
        };
    }
    rsx! { Detail { detail } }
}

#[component]
fn Detail(detail: OrderDetail) -> Element {
    let mut tab = use_signal(|| "operations".to_owned());
    let mut acting = use_signal(|| None::<OrderAction>);
    let mut undoing = use_signal(|| None::<ReportRow>);
    let order = detail.row.id;
    let mut tabs = vec![
        Tab::new("operations", t!("tab-operations")).with_count(detail.operations.len() as u64),
        Tab::new("materials", t!("tab-materials")).with_count(detail.materials.len() as u64),
        Tab::new("reports", t!("tab-reports")).with_count(detail.reports.len() as u64),
        Tab::new("timeline", t!("tab-timeline")),
    ];
    if !detail.unsent.is_empty() {
        tabs.push(Tab::new("unsent", t!("tab-unsent")).with_count(detail.unsent.len() as u64));
    }
    rsx! {
        Head { detail: detail.clone(), on_act: move |action| acting.set(Some(action)) }
        for row in detail.contested.clone() {
            Contested { key: "{row.id}", row }
        }
        Tabs { label: t!("order-parts"), tabs, selected: tab(), on_select: move |id| tab.set(id),
            match tab().as_str() {
                "materials" => rsx! { Materials { detail: detail.clone() } },
                "reports" => rsx! {
                    Reports { reports: detail.reports.clone(), on_undo: move |report| undoing.set(Some(report)) }
                },
                "timeline" => rsx! { History { rows: detail.timeline.clone() } },
                "unsent" => rsx! { Unsent { items: detail.unsent.clone() } },
                _ => rsx! { Operations { rows: detail.operations.clone(), unit: detail.row.unit.clone() } },
            }
        }
        if let Some(action) = acting() {
            ActionDialog { order, action, on_done: move |()| acting.set(None) }
        }
        UndoDialog { order, report: undoing(), on_close: move |()| undoing.set(None) }
    }
}

/// What two people changed without knowing of each other: both values, and a choice for those who may.
#[component]
fn Contested(row: ExceptionRow) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let at = format::moment(&access.zone, row.at, clock.peek());
    let (Some(order), Exception::ChangedByTwo(contested)) = (row.order, &row.exception) else {
        return rsx! {};
    };
    let may_choose = access.may(Action::ResolveExceptions);
    rsx! {
        div { "data-testid": "order-contested", "data-field": contested.field(),
            Card { tone: CardTone::Warning,
                div { class: "exception",
                    Icon { name: IconName::Users }
                    div { class: "exception__words",
                        p { class: "exception__kind",
                            strong { {words::exception_kind(&row.exception)} }
                        }
                        p { {words::exception(&row.exception)} }
                        if !row.summary.is_empty() {
                            p { class: "exception__note", {row.summary.clone()} }
                        }
                        p { class: "exception__by",
                            {t!("exception-by", moment = at, who = row.user_name.as_str(), owner = words::role(row.owner))}
                        }
                    }
                    if may_choose {
                        div { class: "exception__actions",
                            Choice { exception: row.id, order, contested: contested.clone(), assignees: row.assignees.clone() }
                        }
                    }
                }
            }
        }
    }
}

/// The buttons that would not be refused, the likely one first.
fn actions(can: OrderRights) -> Vec<(OrderAction, &'static str, IconName)> {
    [
        (can.release, OrderAction::Release, "order-release", IconName::ArrowRight),
        (can.resume, OrderAction::Resume, "order-resume", IconName::Play),
        (can.complete, OrderAction::Complete, "order-complete", IconName::Flag),
        (can.assign, OrderAction::Assign, "order-assign", IconName::User),
        (can.edit, OrderAction::Edit, "order-edit", IconName::Edit),
        (can.pause, OrderAction::Pause, "order-pause", IconName::Pause),
        (can.short_close, OrderAction::ShortClose, "order-short-close", IconName::Check),
        (can.cancel, OrderAction::Cancel, "order-cancel", IconName::Cross),
    ]
    .into_iter()
    .filter(|(may, ..)| *may)
    .map(|(_, action, name, icon)| (action, name, icon))
    .collect()
}

fn action_name(action: OrderAction) -> String {
    match action {
        OrderAction::Edit => t!("order-edit"),
        OrderAction::Assign => t!("order-assign"),
        OrderAction::Release => t!("order-release"),
        OrderAction::Pause => t!("order-pause"),
        OrderAction::Resume => t!("order-resume"),
        OrderAction::Complete => t!("order-complete"),
        OrderAction::ShortClose => t!("order-short-close"),
        OrderAction::Cancel => t!("order-cancel"),
    }
}

/// One primary at most: what brings the order forward.
fn is_forward(action: OrderAction) -> bool {
    matches!(action, OrderAction::Release | OrderAction::Resume | OrderAction::Complete)
}

#[component]
fn Head(detail: OrderDetail, on_act: EventHandler<OrderAction>) -> Element {
    let navigator = use_navigator();
    let (access, clock) = (use_access(), use_clock());
    let zone = access.zone.clone();
    let now = clock.peek();
    let row = detail.row.clone();
    let mark = words::sync_state(row.mark);
    let today = zone.date(now);
    let actions = actions(detail.can);
    let primary = actions.iter().position(|(action, ..)| is_forward(*action));
    let moment = |at| format::moment(&zone, at, now);
    let facts: Vec<(String, String)> = [
        (
            t!("order-created"),
            // Imported orders do not say by whom.
            detail.created_at.map(|at| match detail.created_by_name.as_str() {
                "" => moment(at),
                name => format!("{} · {name}", moment(at)),
            }),
        ),
        (t!("order-released-at"), detail.released_at.map(moment)),
        (t!("order-started-at"), detail.started_at.map(moment)),
        (t!("order-ended-at"), detail.ended_at.map(moment)),
        (t!("column-assignee"), Some(row.assignee_name.clone()).filter(|name| !name.is_empty())),
        (t!("column-priority"), Some(row.priority.to_string())),
        (t!("order-output-location"), Some(detail.output_location.clone()).filter(|path| !path.is_empty())),
    ]
    .into_iter()
    .filter_map(|(label, value)| value.map(|value| (label, value)))
    .collect();
    rsx! {
        div { class: "order-head",
            Button {
                variant: ButtonVariant::Quiet,
                icon: IconName::ChevronLeft,
                label: t!("back-to-orders"),
                "data-testid": "back",
                onclick: move |_| {
                    navigator.push(Route::Orders {});
                },
            }
            div { class: "order-head__titles",
                p { class: "order-head__line",
                    span { class: "order-head__number", "data-testid": "order-number", {row.number.clone()} }
                    span { "data-testid": "order-stage", "data-stage": row.stage.code(),
                        StateBadge { state: words::badge(row.stage), large: true }
                    }
                    if mark != SyncState::Accepted {
                        SyncMark { state: mark }
                    }
                }
                h1 { class: "order-head__what", {what(&row)} }
                if let Some(reason) = &detail.state_reason {
                    p { class: "order-head__reason", {t!("order-because", reason = reason.as_str())} }
                }
            }
            div { class: "order-head__actions",
                for (at, (action, name, icon)) in actions.into_iter().enumerate() {
                    Button {
                        key: "{name}",
                        variant: if primary == Some(at) { ButtonVariant::Primary } else { ButtonVariant::Secondary },
                        icon,
                        "data-testid": name,
                        onclick: move |_| on_act.call(action),
                        {action_name(action)}
                    }
                }
            }
        }
        Card {
            div { class: "order-figures",
                OrderFigure { label: t!("order-good"), testid: "order-good", plain: row.output.good.to_string(), value: format::amount(row.output.good), unit: row.unit.clone() }
                OrderFigure { label: t!("order-ordered"), testid: "order-ordered", plain: row.ordered.to_string(), value: format::amount(row.ordered), unit: row.unit.clone() }
                OrderFigure { label: t!("order-scrap"), testid: "order-scrap", plain: row.output.scrap.to_string(), value: format::amount(row.output.scrap), unit: row.unit.clone() }
                OrderFigure { label: t!("order-rework"), testid: "order-rework", plain: row.output.rework.to_string(), value: format::amount(row.output.rework), unit: row.unit.clone() }
                dl { class: "order-figure",
                    dt { {t!("order-due")} }
                    dd { {due_cell(&row, today)} }
                }
            }
            ProgressBar {
                done: format::share(row.output.good),
                ordered: format::share(row.ordered),
                scrap: format::share(row.output.scrap),
                label: t!("progress-of", number = row.number.as_str()),
                text: words::output(row.output),
            }
            dl { class: "facts facts--wide",
                for (label, value) in facts {
                    div { key: "{label}",
                        dt { {label.clone()} }
                        dd { {value} }
                    }
                }
            }
        }
    }
}

#[component]
fn OrderFigure(label: String, testid: String, plain: String, value: String, unit: String) -> Element {
    rsx! {
        dl { class: "order-figure",
            dt { {label} }
            dd {
                span { class: "order-figure__value", "data-testid": testid, "data-value": plain, {value} }
                span { class: "order-figure__unit", " {unit}" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_is_offered() {
        let can = OrderRights { release: true, edit: true, cancel: true, ..OrderRights::default() };
        let names: Vec<&str> = actions(can).into_iter().map(|(_, name, _)| name).collect();
        assert_eq!(names, ["order-release", "order-edit", "order-cancel"]);
        assert!(actions(OrderRights::default()).is_empty());
    }
}
