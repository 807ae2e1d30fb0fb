//! What a supervisor does to an order, each with its own question.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{OrderDetail, OrderOf as OrderQuery, People, PersonChoice};
use shared_model::ids::{UserId, WorkOrderId};
use shared_model::work_order::WorkOrderEdit;

use super::availability::Availability;
use super::plan_form::PlanForm;
use crate::components::{DateField, Dialog, Select, SelectOption, Stepper, TextField, TextKind};
use crate::screens::{format, words};
use crate::state::{use_acts, use_view};
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderAction {
    Edit,
    Assign,
    Release,
    Pause,
    Resume,
    Complete,
    ShortClose,
    Cancel,
}

/// Mounted while the question is open.
#[component]
pub fn ActionDialog(order: WorkOrderId, action: OrderAction, on_done: EventHandler<()>) -> Element {
    let detail = use_view(OrderQuery { order }).ready();
    let Some(detail) = detail else { return rsx! {} };
    match action {
        OrderAction::Edit => rsx! { EditDialog { detail, on_done } },
        OrderAction::Assign => rsx! { AssignDialog { detail, on_done } },
        OrderAction::Release => rsx! { ReleaseDialog { detail, on_done } },
        OrderAction::Resume | OrderAction::Complete => rsx! { SureDialog { detail, action, on_done } },
        OrderAction::Pause | OrderAction::ShortClose | OrderAction::Cancel => {
            rsx! { ReasonDialog { detail, action, on_done } }
        }
    }
}

/// Sends the command; closes when it is durable, keeps what was typed when it is not.
fn use_send(on_done: EventHandler<()>) -> (Signal<bool>, Callback<(Command, String)>) {
    let acts = use_acts();
    let mut busy = use_signal(|| false);
    let send = use_callback(move |(command, done): (Command, String)| {
        if busy() {
            return;
        }
        busy.set(true);
        spawn(async move {
            let outcome = acts.act(command, done).await;
            busy.set(false);
            if outcome.is_ok() {
                on_done.call(());
            }
        });
    });
    (busy, send)
}

#[component]
fn SureDialog(detail: OrderDetail, action: OrderAction, on_done: EventHandler<()>) -> Element {
    let (busy, send) = use_send(on_done);
    let (order, number) = (detail.row.id, detail.row.number.clone());
    let is_resume = action == OrderAction::Resume;
    let (title, text, confirm) = if is_resume {
        (t!("resume-title", number = number.as_str()), t!("resume-text"), t!("order-resume"))
    } else {
        (t!("complete-title", number = number.as_str()), t!("complete-text"), t!("complete-confirm"))
    };
    rsx! {
        Dialog {
            open: true,
            title,
            confirm,
            busy: busy(),
            on_cancel: on_done,
            on_confirm: move |()| {
                if is_resume {
                    send.call((Command::resume(order), t!("done-order-resumed", number = number.as_str())));
                } else {
                    send.call((Command::complete(order), t!("done-completed", number = number.as_str())));
                }
            },
            {text}
        }
    }
}

#[component]
fn ReasonDialog(detail: OrderDetail, action: OrderAction, on_done: EventHandler<()>) -> Element {
    let (busy, send) = use_send(on_done);
    let mut reason = use_signal(String::new);
    let (order, number) = (detail.row.id, detail.row.number.clone());
    let number_text = number.as_str();
    let (title, text, confirm, done) = match action {
        OrderAction::Pause => (
            t!("order-pause-title", number = number_text),
            t!("order-pause-text"),
            t!("order-pause"),
            t!("done-order-paused", number = number_text),
        ),
        OrderAction::ShortClose => (
            t!("short-close-title", number = number_text),
            t!(
                "short-close-text",
                done = format::amount(detail.row.output.good),
                ordered = format::quantity(detail.row.ordered, &detail.row.unit)
            ),
            t!("order-short-close"),
            t!("done-short-closed", number = number_text),
        ),
        _ => (
            t!("cancel-title", number = number_text),
            t!("cancel-text"),
            t!("order-cancel"),
            t!("done-cancelled", number = number_text),
        ),
    };
    rsx! {
        Dialog {
            open: true,
            title,
            confirm,
            cancel: t!("action-back"),
            danger: action == OrderAction::Cancel,
            busy: busy(),
            disabled: reason.read().trim().is_empty(),
            on_cancel: on_done,
            on_confirm: move |()| {
                let reason = reason.peek().trim().to_owned();
                let command = match action {
                    OrderAction::Pause => Command::pause(order, reason),
                    OrderAction::ShortClose => Command::short_close(order, reason),
                    _ => Command::cancel(order, reason),
                };
                send.call((command, done.clone()));
            },
            p { {text} }
            TextField {
                label: t!("order-reason"),
                name: "order-reason",
                kind: TextKind::Multiline,
                value: reason(),
                maxlength: 500,
                required: true,
                on_input: move |text| reason.set(text),
            }
        }
    }
}

/// Materials that are short warn; the supervisor decides.
#[component]
fn ReleaseDialog(detail: OrderDetail, on_done: EventHandler<()>) -> Element {
    let (busy, send) = use_send(on_done);
    let (order, number) = (detail.row.id, detail.row.number.clone());
    rsx! {
        Dialog {
            open: true,
            title: t!("release-title", number = number.as_str()),
            confirm: t!("order-release"),
            busy: busy(),
            on_cancel: on_done,
            on_confirm: move |()| {
                // The replica explodes the bill of material.
                let command = Command::release(order);
                send.call((command, t!("done-released", number = number.as_str())));
            },
            p { {t!("release-text")} }
            Availability { material: detail.material, quantity: detail.row.ordered }
        }
    }
}

#[component]
fn AssignDialog(detail: OrderDetail, on_done: EventHandler<()>) -> Element {
    let (busy, send) = use_send(on_done);
    let people = use_view(People {}).ready().unwrap_or_default();
    let mut chosen = use_signal(|| detail.assignee.map(|id| id.to_string()).unwrap_or_default());
    let (order, number) = (detail.row.id, detail.row.number.clone());
    rsx! {
        Dialog {
            open: true,
            title: t!("assign-title", number = number.as_str()),
            confirm: t!("order-assign"),
            busy: busy(),
            on_cancel: on_done,
            on_confirm: move |()| {
                let assignee = chosen.peek().parse::<UserId>().ok();
                send.call((Command::AssignWorkOrder { order, assignee, seen: None }, t!("done-assigned", number = number.as_str())));
            },
            Select {
                label: t!("assign-person"),
                name: "assign-person",
                value: chosen(),
                options: person_options(&people),
                on_change: move |id| chosen.set(id),
            }
        }
    }
}

fn person_options(people: &[PersonChoice]) -> Vec<SelectOption> {
    let nobody = SelectOption::new("", t!("assign-nobody"));
    let person = |person: &PersonChoice| {
        let roles: Vec<String> = person.roles.iter().map(|role| words::role(*role)).collect();
        SelectOption::new(person.id.to_string(), format!("{} ({})", person.name, roles.join(", ")))
    };
    [nobody].into_iter().chain(people.iter().map(person)).collect()
}

#[component]
fn EditDialog(detail: OrderDetail, on_done: EventHandler<()>) -> Element {
    let (busy, send) = use_send(on_done);
    let row = detail.row.clone();
    let before = PlanForm {
        title: row.title.clone(),
        quantity: format::amount(row.ordered),
        due: row.due_on.map(|date| date.to_string()).unwrap_or_default(),
        priority: i64::from(row.priority),
    };
    let mut form = use_signal(|| before.clone());
    let typed = form();
    let quantity = typed.quantity();
    let is_right = quantity.is_some() && typed.due().is_ok();
    let number = row.number.clone();
    rsx! {
        Dialog {
            open: true,
            title: t!("edit-title", number = number.as_str()),
            confirm: t!("edit-save"),
            busy: busy(),
            disabled: !is_right || typed == before,
            on_cancel: on_done,
            on_confirm: move |()| {
                let form = form.peek().clone();
                if let Some(edit) = edit_of(&before, &form) {
                    send.call((Command::EditWorkOrder { order: row.id, edit }, t!("done-edited", number = number.as_str())));
                }
            },
            div { class: "form",
                TextField {
                    label: t!("order-title"),
                    name: "edit-title",
                    value: typed.title.clone(),
                    maxlength: 200,
                    on_input: move |text| form.write().title = text,
                }
                TextField {
                    label: t!("order-quantity", unit = detail.row.unit.as_str()),
                    name: "edit-quantity",
                    kind: TextKind::Decimal,
                    value: typed.quantity.clone(),
                    disabled: !detail.can.edit_quantity,
                    hint: (!detail.can.edit_quantity).then(|| t!("order-quantity-locked")),
                    error: quantity.is_none().then(|| t!("order-quantity-wrong")),
                    on_input: move |text| form.write().quantity = text,
                }
                DateField {
                    label: t!("order-due"),
                    name: "edit-due",
                    value: typed.due.clone(),
                    on_input: move |text| form.write().due = text,
                }
                Priority { value: typed.priority, on_change: move |priority| form.write().priority = priority }
            }
        }
    }
}

/// 1 is first.
#[component]
pub fn Priority(value: i64, on_change: EventHandler<i64>) -> Element {
    rsx! {
        div { class: "form__line",
            span { class: "form__label", {t!("order-priority")} }
            Stepper { label: t!("order-priority"), value, min: 1, max: 10, on_change }
        }
    }
}

/// Only what is different travels.
fn edit_of(before: &PlanForm, after: &PlanForm) -> Option<WorkOrderEdit> {
    let quantity = after.quantity()?;
    let due = after.due().ok()?;
    Some(WorkOrderEdit {
        title: (after.title != before.title).then(|| after.title.clone()),
        quantity: (Some(quantity) != before.quantity()).then_some(quantity),
        due_on: (after.due != before.due).then_some(due),
        priority: (after.priority != before.priority).then(|| after.priority()),
        seen: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_carries_only_what_is_different() {
        let before =
            PlanForm { quantity: "1,200".to_owned(), due: "2026-11-24".to_owned(), ..PlanForm::default() };
        let after =
            PlanForm { quantity: "1200".to_owned(), due: String::new(), priority: 1, ..before.clone() };
        let edit = edit_of(&before, &after).expect("an edit");
        assert_eq!(edit, WorkOrderEdit { due_on: Some(None), priority: Some(1), ..WorkOrderEdit::default() });
    }
}
