//! What was accepted although it should not be, for the one who has to look at it.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::exception::Exception;
use shared_model::host::{ExceptionRow, Exceptions as ExceptionsQuery, Request};
use shared_model::policy::Action;

use crate::components::{
    Button, ButtonSize, ButtonVariant, Card, CardTone, Checkbox, Dialog, EmptyState, Icon, IconName,
    LoadingShape, SyncMark, SyncState, TextField, TextKind,
};
use crate::routes::Route;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_acts, use_clock, use_view};
use crate::t;

#[component]
pub fn Exceptions() -> Element {
    let mut with_closed = use_signal(|| false);
    let face = use_view(ExceptionsQuery { include_closed: with_closed() });
    let mut closing = use_signal(|| None::<ExceptionRow>);
    let mut releasing = use_signal(|| None::<ExceptionRow>);
    rsx! {
        header { class: "page-head",
            h1 { class: "page-head__title", {t!("area-exceptions")} }
            p { class: "page-head__text", {t!("exceptions-text")} }
            Checkbox {
                label: t!("exceptions-with-closed"),
                name: "exceptions-closed",
                checked: with_closed(),
                on_change: move |on| with_closed.set(on),
            }
        }
        if let Some(other) = unready(&face, LoadingShape::Rows, 4) {
            {other}
        }
        if let Face::Ready(rows) = face {
            if rows.is_empty() {
                EmptyState { icon: IconName::CheckCircle, title: t!("exceptions-empty"), text: t!("exceptions-empty-text") }
            }
            ul { class: "exceptions",
                for row in rows {
                    li { key: "{row.id}",
                        ExceptionCard {
                            row,
                            on_close: move |row| closing.set(Some(row)),
                            on_release: move |row| releasing.set(Some(row)),
                        }
                    }
                }
            }
        }
        CloseDialog { row: closing(), on_done: move |()| closing.set(None) }
        ReleaseDialog { row: releasing(), on_done: move |()| releasing.set(None) }
    }
}

/// Where it happened: order, material, place; what there is of it.
fn place(row: &ExceptionRow) -> String {
    let parts = [&row.order_number, &row.material_number, &row.location_path];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
}

#[component]
fn ExceptionCard(
    row: ExceptionRow,
    on_close: EventHandler<ExceptionRow>,
    on_release: EventHandler<ExceptionRow>,
) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let navigator = use_navigator();
    let now = clock.peek();
    let at = format::moment(&access.zone, row.at, now);
    let is_open = row.closed.is_none();
    let state = words::sync_state(row.mark);
    let may_close = is_open && access.may(Action::ResolveExceptions);
    let may_release =
        may_close && matches!(&row.exception, Exception::RefusedWork(work) if work.entered.is_for_others());
    rsx! {
        div { "data-testid": "exception-row", "data-open": if is_open { "true" } else { "false" },
            Card { tone: if is_open { CardTone::Warning } else { CardTone::Normal },
                div { class: "exception",
                    Icon { name: if is_open { IconName::Alert } else { IconName::CheckCircle } }
                    div { class: "exception__words",
                        p { class: "exception__kind",
                            strong { {words::exception_kind(&row.exception)} }
                            span { {place(&row)} }
                            if state != SyncState::Accepted {
                                SyncMark { state }
                            }
                        }
                        p { {words::exception(&row.exception)} }
                        if !row.summary.is_empty() {
                            p { class: "exception__note", {row.summary.clone()} }
                        }
                        p { class: "exception__by", {t!("exception-by", moment = at, who = row.user_name.as_str(), owner = words::role(row.owner))} }
                        if let Some(closed) = &row.closed {
                            p { class: "exception__note",
                                {t!("exception-closed-by", who = closed.user_name.as_str(), moment = format::moment(&access.zone, closed.at, now), note = closed.reason.as_str())}
                            }
                        }
                    }
                    div { class: "exception__actions",
                        if let Some(order) = row.order {
                            Button {
                                size: ButtonSize::Small,
                                onclick: move |_| {
                                    navigator.push(Route::OrderOf { order });
                                },
                                {t!("exception-open-order")}
                            }
                        }
                        if may_release {
                            Button {
                                size: ButtonSize::Small,
                                variant: ButtonVariant::Primary,
                                "data-testid": "exception-release",
                                onclick: {
                                    let row = row.clone();
                                    move |_| on_release.call(row.clone())
                                },
                                {t!("release-entry")}
                            }
                        }
                        if let (true, Some(order), Exception::ChangedByTwo(contested)) = (may_close, row.order, &row.exception) {
                            Choice { exception: row.id, order, contested: contested.clone(), assignees: row.assignees.clone() }
                        }
                        if may_close {
                            Button {
                                size: ButtonSize::Small,
                                "data-testid": "exception-close",
                                onclick: {
                                    let row = row.clone();
                                    move |_| on_close.call(row.clone())
                                },
                                {t!("exception-close")}
                            }
                        }
                    }
                }
            }
        }
    }
}

mod choice;

pub use choice::Choice;

#[component]
fn CloseDialog(row: Option<ExceptionRow>, on_done: EventHandler<()>) -> Element {
    let acts = use_acts();
    let mut note = use_signal(String::new);
    let target = row.as_ref().map(|row| (row.id, row.order));
    let what = row.as_ref().map(|row| words::exception(&row.exception)).unwrap_or_default();
    rsx! {
        Dialog {
            open: row.is_some(),
            title: t!("exception-close-title"),
            confirm: t!("exception-close"),
            disabled: note.read().trim().is_empty(),
            on_cancel: move |()| {
                note.set(String::new());
                on_done.call(());
            },
            on_confirm: move |()| {
                if let Some((exception, order)) = target {
                    let note = note.peek().trim().to_owned();
                    acts.send(Command::CloseException { exception, order, note }, t!("exception-closed"));
                }
                note.set(String::new());
                on_done.call(());
            },
            p { {what} }
            TextField {
                label: t!("exception-note"),
                name: "exception-note",
                kind: TextKind::Multiline,
                value: note(),
                maxlength: 500,
                required: true,
                on_input: move |text| note.set(text),
            }
        }
    }
}

/// Enters what somebody else was refused, in the name of the one who releases it.
#[component]
fn ReleaseDialog(row: Option<ExceptionRow>, on_done: EventHandler<()>) -> Element {
    let acts = use_acts();
    let what = row.as_ref().map(|row| row.summary.clone()).unwrap_or_default();
    let target = row.as_ref().map(|row| (row.id, row.user_name.clone()));
    rsx! {
        Dialog {
            open: row.is_some(),
            title: t!("release-entry-title"),
            confirm: t!("release-entry"),
            on_cancel: on_done,
            on_confirm: move |()| {
                if let Some((exception, who)) = target.clone() {
                    let note = t!("release-entry-note", who = who);
                    acts.ask(Request::Release { exception, note }, t!("release-entry-done"));
                }
                on_done.call(());
            },
            p { {what} }
        }
    }
}
