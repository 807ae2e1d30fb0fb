//! One refused entry: what was entered, why not, what happened meanwhile, who decides, what to do.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::AttentionRow;

use super::Wish;
use crate::components::{Button, ButtonSize, ButtonVariant, Card, CardTone, Icon, IconName};
use crate::routes::Route;
use crate::screens::orders::History;
use crate::screens::{format, words};
use crate::state::{use_access, use_clock};
use crate::t;

/// More than these say no more.
const MEANWHILE: usize = 6;

#[component]
pub fn EntryCard(row: AttentionRow, on_wish: EventHandler<Wish>) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let navigator = use_navigator();
    let now = clock.peek();
    let item = &row.item;
    let at = format::moment(&access.zone, item.at, now);
    let head: Vec<String> = [words::command(&item.code), item.order_number.clone()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let is_report = matches!(row.entered, Command::ReportProduction { .. });
    let meanwhile: Vec<_> = row.meanwhile.iter().take(MEANWHILE).cloned().collect();
    rsx! {
        div { "data-testid": "attention-row", "data-code": item.code.clone(),
            Card { tone: CardTone::Warning,
                div { class: "attention__entry",
                    p { class: "attention__what", {head.join(" · ")} }
                    p { class: "attention__summary", {item.summary.clone()} }
                    p { class: "attention__by", "{at} · {item.user_name}" }
                    if let Some(refusal) = &item.refusal {
                        p { class: "sync-item__refusal", "data-testid": "attention-why",
                            Icon { name: IconName::Block }
                            span { {words::refusal(refusal)} }
                        }
                    }
                    if !meanwhile.is_empty() {
                        h2 { class: "attention__label", {t!("attention-meanwhile")} }
                        div { "data-testid": "attention-meanwhile",
                            History { rows: meanwhile }
                        }
                    }
                    p { class: "attention__decides", "data-testid": "attention-decides",
                        Icon { name: IconName::User }
                        span { {t!("attention-decides", who = words::role(row.decides))} }
                    }
                    if let Some(again) = &row.refused_again {
                        p { class: "attention__again",
                            {t!("attention-again", why = words::refusal(again))}
                        }
                    }
                    div { class: "attention__actions",
                        if is_report {
                            Button {
                                icon: IconName::Edit,
                                "data-testid": "attention-edit",
                                onclick: move |_| on_wish.call(Wish::Edit),
                                {t!("attention-edit")}
                            }
                        }
                        Button {
                            variant: if row.refused_again.is_none() { ButtonVariant::Primary } else { ButtonVariant::Secondary },
                            icon: IconName::CloudUp,
                            disabled: row.refused_again.is_some(),
                            "data-testid": "attention-resend",
                            onclick: move |_| on_wish.call(Wish::Resend),
                            {t!("attention-resend")}
                        }
                        Button {
                            icon: IconName::ArrowRight,
                            "data-testid": "attention-hand-over",
                            onclick: move |_| on_wish.call(Wish::HandOver),
                            {t!("hand-over")}
                        }
                        if let Some(order) = item.order {
                            Button {
                                size: ButtonSize::Small,
                                variant: ButtonVariant::Quiet,
                                onclick: move |_| {
                                    navigator.push(Route::OrderOf { order });
                                },
                                {t!("exception-open-order")}
                            }
                        }
                        Button {
                            variant: ButtonVariant::Quiet,
                            icon: IconName::Cross,
                            "data-testid": "attention-discard",
                            onclick: move |_| on_wish.call(Wish::Discard),
                            {t!("discard-confirm")}
                        }
                    }
                }
            }
        }
    }
}
