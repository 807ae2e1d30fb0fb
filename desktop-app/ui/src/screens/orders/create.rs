//! Opens an order: what, how many, by when. Its number comes from this device's own range.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{MaterialChoice, Materials, OrderOf as OrderQuery};
use shared_model::ids::{IdSource, WorkOrderId};
use shared_model::work_order::NewWorkOrder;

use super::action::Priority;
use super::availability::Availability;
use super::plan_form::PlanForm;
use crate::components::{
    Button, ButtonVariant, DateField, EmptyState, Icon, IconName, SearchField, Sheet, SheetSide, TextField,
    TextKind,
};
use crate::routes::Route;
use crate::screens::words;
use crate::state::{use_acts, use_clock, use_view};
use crate::{dom, t};

const CHOICES: u32 = 8;

#[component]
pub fn CreateSheet(open: bool, on_close: EventHandler<()>) -> Element {
    rsx! {
        Sheet { open, on_close, title: t!("create-title"), side: SheetSide::Side,
            CreateBody { on_close }
        }
    }
}

#[component]
fn CreateBody(on_close: EventHandler<()>) -> Element {
    let mut created = use_signal(|| None::<WorkOrderId>);
    match created() {
        Some(order) => rsx! { Created { order, on_again: move |()| created.set(None), on_close } },
        None => rsx! { CreateForm { on_created: move |order| created.set(Some(order)) } },
    }
}

#[component]
fn CreateForm(on_created: EventHandler<WorkOrderId>) -> Element {
    let acts = use_acts();
    let clock = use_clock();
    let mut material = use_signal(|| None::<MaterialChoice>);
    let mut form = use_signal(PlanForm::default);
    let mut problem = use_signal(|| None::<String>);
    let mut busy = use_signal(|| false);
    let typed = form();
    let quantity = typed.quantity();
    let is_ready = material.read().is_some() && quantity.is_some() && typed.due().is_ok();
    let save = move |event: FormEvent| {
        event.prevent_default();
        let form = form.peek().clone();
        let (Some(choice), Some(quantity), Ok(due_on)) =
            (material.peek().clone(), form.quantity(), form.due())
        else {
            return;
        };
        if busy() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let id: WorkOrderId = IdSource::new(clock.peek(), dom::seed()).draw();
        let new = NewWorkOrder {
            id,
            number: None,
            title: form.title.trim().to_owned(),
            material: choice.id,
            quantity,
            unit: None,
            due_on,
            priority: form.priority(),
            output_location: None,
            operations: Vec::new(),
        };
        spawn(async move {
            let outcome = acts.submit(Command::CreateWorkOrder(new), t!("done-created")).await;
            busy.set(false);
            match outcome {
                Ok(saved) => on_created.call(saved.order.unwrap_or(id)),
                Err(error) => problem.set(Some(words::host_error(&error))),
            }
        });
    };
    rsx! {
        form { class: "form", onsubmit: save,
            MaterialPicker { chosen: material(), on_choose: move |choice| material.set(choice) }
            TextField {
                label: t!("order-quantity", unit = material.read().as_ref().map(|it| it.unit.clone()).unwrap_or_default()),
                name: "create-quantity",
                kind: TextKind::Decimal,
                value: typed.quantity.clone(),
                required: true,
                error: (!typed.quantity.is_empty() && quantity.is_none()).then(|| t!("order-quantity-wrong")),
                on_input: move |text| form.write().quantity = text,
            }
            DateField {
                label: t!("order-due"),
                name: "create-due",
                value: typed.due.clone(),
                on_input: move |text| form.write().due = text,
            }
            Priority { value: typed.priority, on_change: move |priority| form.write().priority = priority }
            TextField {
                label: t!("order-title"),
                name: "create-title",
                hint: t!("order-title-hint"),
                value: typed.title.clone(),
                maxlength: 200,
                on_input: move |text| form.write().title = text,
            }
            if let (Some(choice), Some(quantity)) = (material(), quantity) {
                Availability { key: "{choice.id}", material: choice.id, quantity }
            }
            if let Some(text) = problem() {
                p { class: "form__error", role: "alert",
                    Icon { name: IconName::Block }
                    span { {text} }
                }
            }
            div { class: "form__actions",
                Button {
                    variant: ButtonVariant::Primary,
                    submit: true,
                    busy: busy(),
                    disabled: !is_ready,
                    "data-testid": "create-save",
                    {t!("create-save")}
                }
            }
        }
    }
}

/// Searches by number or name; what is chosen stays in sight.
#[component]
pub fn MaterialPicker(
    chosen: Option<MaterialChoice>,
    on_choose: EventHandler<Option<MaterialChoice>>,
) -> Element {
    let mut search = use_signal(String::new);
    let found = use_view(Materials { search: search().trim().to_owned(), limit: CHOICES }).ready();
    if let Some(chosen) = chosen {
        return rsx! {
            div { class: "material-picker",
                span { class: "form__label", {t!("column-material")} }
                div { class: "material-picker__chosen",
                    span {
                        strong { {chosen.number.clone()} }
                        " {chosen.name}"
                    }
                    Button {
                        variant: ButtonVariant::Quiet,
                        icon: IconName::Edit,
                        onclick: move |_| on_choose.call(None),
                        {t!("action-change")}
                    }
                }
            }
        };
    }
    let found = found.unwrap_or_default();
    let first = found.first().cloned();
    rsx! {
        div { class: "material-picker",
            SearchField {
                label: t!("create-material"),
                placeholder: t!("create-material"),
                id: "create-material-search",
                value: search(),
                on_input: move |text| search.set(text),
                on_enter: move |_| {
                    if let Some(first) = &first {
                        on_choose.call(Some(first.clone()));
                    }
                },
            }
            if found.is_empty() {
                p { class: "material-picker__nothing", {t!("create-no-material")} }
            }
            ul { class: "material-picker__choices",
                for choice in found {
                    li { key: "{choice.id}",
                        button {
                            class: "material-picker__choice",
                            r#type: "button",
                            "data-testid": "material-choice-{choice.number}",
                            onclick: {
                                let choice = choice.clone();
                                move |_| on_choose.call(Some(choice.clone()))
                            },
                            strong { {choice.number.clone()} }
                            span { {choice.name.clone()} }
                        }
                    }
                }
            }
        }
    }
}

/// The number, which is what people say from here on.
#[component]
fn Created(order: WorkOrderId, on_again: EventHandler<()>, on_close: EventHandler<()>) -> Element {
    let navigator = use_navigator();
    let number = use_view(OrderQuery { order }).ready().map(|detail| detail.row.number);
    rsx! {
        div { "data-testid": "created-number", "data-value": number.clone().unwrap_or_default(),
            EmptyState {
                icon: IconName::CheckCircle,
                title: match &number {
                    Some(number) => t!("created-title", number = number.as_str()),
                    None => t!("loading"),
                },
                text: t!("created-text"),
                action: rsx! {
                    div { class: "form__actions",
                        Button { onclick: move |_| on_again.call(()), {t!("created-again")} }
                        Button {
                            variant: ButtonVariant::Primary,
                            "data-testid": "created-open",
                            onclick: move |_| {
                                on_close.call(());
                                navigator.push(Route::OrderOf { order });
                            },
                            {t!("created-open")}
                        }
                    }
                },
            }
        }
    }
}
