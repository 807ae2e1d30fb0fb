//! Orders of a newer version than this app: what is known of them, and how to get the version that can
//! work on them.

use dioxus::prelude::*;
use shared_model::host::OutboxItem;

use super::orders::Unsent;
use crate::components::{Banner, BannerKind, Button, ButtonVariant, Card, Icon, IconName};
use crate::{dom, t};

/// On a row of such an order, in place of everything that may mean something else by now.
#[component]
pub fn UpdateMark() -> Element {
    rsx! {
        span { class: "update-mark", "data-testid": "needs-update",
            Icon { name: IconName::Download }
            {t!("update-mark")}
        }
    }
}

/// In place of the order: which it is, why nothing can be pressed, and what was entered here and waits.
#[component]
pub fn NeedsUpdate(number: String, what: String, unsent: Vec<OutboxItem>) -> Element {
    rsx! {
        div { class: "order-head",
            div { class: "order-head__titles",
                p { class: "order-head__line",
                    span { class: "order-head__number", "data-testid": "order-number", {number} }
                    UpdateMark {}
                }
                h1 { class: "order-head__what", {what} }
            }
        }
        Card {
            p { "data-testid": "needs-update-why", {t!("update-why")} }
        }
        if !unsent.is_empty() {
            Unsent { items: unsent }
        }
    }
}

/// Once for the whole app, while there are such orders.
#[component]
pub fn UpdateWaits() -> Element {
    let mut is_updating = use_signal(|| false);
    let is_desktop = dom::is_desktop();
    rsx! {
        div { "data-testid": "update-waits",
            Banner {
                kind: BannerKind::Info,
                title: t!("update-title"),
                text: if is_desktop { t!("update-text-desktop") } else { t!("update-text") },
                action: (!is_desktop).then(|| rsx! {
                    Button {
                        variant: ButtonVariant::Primary,
                        busy: is_updating(),
                        "data-testid": "update-now",
                        onclick: move |_| {
                            is_updating.set(true);
                            dom::update();
                        },
                        {t!("update-now")}
                    }
                }),
            }
        }
    }
}
