//! The buttons in thumb's reach: one that stands out, and what else may be done.

use dioxus::prelude::*;
use shared_model::host::NowCard;
use shared_model::work_order::{OperationState, Stage};

use crate::components::{Button, ButtonSize, ButtonVariant, Icon, IconName};
use crate::screens::operator::dock::{Dock, Primary};
use crate::screens::words;
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Start,
    Resume,
    Report,
    Pause,
    Finish,
    Complete,
}

#[component]
pub fn ActionDock(card: NowCard, dock: Dock, busy: bool, on_press: EventHandler<Press>) -> Element {
    let primary = match dock.primary {
        Primary::Start => Some((Press::Start, IconName::Play, "now-start", t!("now-start"))),
        Primary::Resume if card.clocks.is_empty() => {
            Some((Press::Resume, IconName::Play, "now-start", t!("now-resume")))
        }
        Primary::Resume => Some((Press::Resume, IconName::Users, "now-start", t!("now-join"))),
        Primary::Report => Some((Press::Report, IconName::Plus, "now-report", t!("now-report"))),
        Primary::Finish => Some((Press::Finish, IconName::Check, "now-finish", t!("now-finish"))),
        Primary::CompleteOrder => Some((Press::Complete, IconName::Flag, "now-complete", t!("now-complete"))),
        Primary::Nothing => None,
    };
    rsx! {
        div { class: "dock", role: "group", "aria-label": t!("now-actions"),
            if let Some((press, icon, testid, word)) = primary {
                Button {
                    variant: ButtonVariant::Primary,
                    size: ButtonSize::Dock,
                    icon,
                    busy,
                    "data-testid": testid,
                    onclick: move |_| on_press.call(press),
                    {word}
                }
            } else {
                p { class: "dock__rest", "data-testid": "now-reason",
                    Icon { name: IconName::Info }
                    span { {why_nothing(&card)} }
                }
            }
            div { class: "dock__others",
                if dock.may_report {
                    Button {
                        size: ButtonSize::Large,
                        icon: IconName::Plus,
                        "data-testid": "now-report",
                        onclick: move |_| on_press.call(Press::Report),
                        {t!("now-report")}
                    }
                }
                if dock.may_pause {
                    Button {
                        size: ButtonSize::Large,
                        icon: IconName::Pause,
                        "data-testid": "now-pause",
                        onclick: move |_| on_press.call(Press::Pause),
                        {t!("now-pause")}
                    }
                }
                if dock.may_finish {
                    Button {
                        size: ButtonSize::Large,
                        icon: IconName::Check,
                        "data-testid": "now-finish",
                        onclick: move |_| on_press.call(Press::Finish),
                        {t!("now-finish")}
                    }
                }
            }
        }
    }
}

/// Why there is nothing to press, and who can change that.
fn why_nothing(card: &NowCard) -> String {
    let reason = card.state_reason.clone().filter(|reason| !reason.is_empty());
    match (card.row.stage, reason) {
        (Stage::Planned, _) => t!("now-planned"),
        (Stage::Paused, Some(reason)) => t!("now-paused-because", reason = reason),
        (Stage::Paused, None) => t!("now-paused"),
        (Stage::Cancelled, Some(reason)) => t!("now-cancelled-because", reason = reason),
        (Stage::Completed | Stage::Cancelled, _) => {
            t!("now-closed", stage = words::stage_in_sentence(card.row.stage))
        }
        (Stage::Released | Stage::InProgress, _) if card.row.state == OperationState::Finished => {
            t!("now-operation-finished")
        }
        (Stage::Released | Stage::InProgress, _) => t!("now-nothing"),
    }
}
