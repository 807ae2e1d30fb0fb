//! Two people changed the same: both values, and one press that keeps one of them.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::exception::Contested;
use shared_model::ids::{FactId, WorkOrderId};
use shared_model::work_order::WorkOrderEdit;

use crate::components::{Button, ButtonSize};
use crate::screens::{format, words};
use crate::state::use_acts;
use crate::t;

/// What the first of the two had set, and what stands there now: each as text, and the command that
/// puts the first one back, where that can be.
#[derive(Clone, Debug, PartialEq)]
struct Values {
    before: String,
    now: String,
    back: Option<Command>,
}

impl Values {
    fn of(order: WorkOrderId, contested: &Contested, assignees: &(String, String)) -> Option<Self> {
        let edit = |edit| Some(Command::EditWorkOrder { order, edit });
        Some(match contested {
            Contested::Quantity { before, now } => Self {
                before: format::amount(*before),
                now: format::amount(*now),
                back: edit(WorkOrderEdit { quantity: Some(*before), ..WorkOrderEdit::default() }),
            },
            Contested::DueOn { before, now } => Self {
                before: words::date(*before),
                now: words::date(*now),
                back: edit(WorkOrderEdit { due_on: Some(*before), ..WorkOrderEdit::default() }),
            },
            Contested::Assignee { before, .. } => {
                let named = |name: &str| if name.is_empty() { t!("nobody") } else { name.to_owned() };
                Self {
                    before: named(&assignees.0),
                    now: named(&assignees.1),
                    back: Some(Command::AssignWorkOrder { order, assignee: *before, seen: None }),
                }
            }
            Contested::Stage { before, now } => Self {
                before: words::stage_in_sentence(*before),
                now: words::stage_in_sentence(*now),
                // What is closed stays closed.
                back: None,
            },
            Contested::Unknown => return None,
        })
    }
}

#[component]
pub fn Choice(
    exception: FactId,
    order: WorkOrderId,
    contested: Contested,
    /// The names of both, where it is about those.
    assignees: (String, String),
) -> Element {
    let acts = use_acts();
    let Some(Values { before, now, back }) = Values::of(order, &contested, &assignees) else {
        return rsx! {};
    };
    let close = move |value: &str| {
        let note = t!("contested-note", value = value);
        acts.send(Command::CloseException { exception, order: Some(order), note }, t!("contested-kept"));
    };
    rsx! {
        if let Some(back) = back {
            Button {
                size: ButtonSize::Small,
                "data-testid": "contested-before",
                onclick: {
                    let before = before.clone();
                    move |_| {
                        let (back, before) = (back.clone(), before.clone());
                        acts.go_on(async move {
                            // Closed only when it is put back.
                            if acts.act(back, t!("contested-kept")).await.is_ok() {
                                close(&before);
                            }
                        });
                    }
                },
                {t!("contested-keep", value = before.as_str())}
            }
        }
        Button {
            size: ButtonSize::Small,
            "data-testid": "contested-now",
            onclick: {
                let now = now.clone();
                move |_| close(&now)
            },
            {t!("contested-keep", value = now.as_str())}
        }
    }
}
