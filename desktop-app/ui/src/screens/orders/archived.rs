//! An order that was closed long ago: what this device still has of it, while the rest comes.

use dioxus::prelude::*;
use shared_model::host::{Details, Request};
use shared_model::ids::WorkOrderId;

use crate::components::{Card, Icon, IconName, Loading, LoadingShape};
use crate::state::{use_acts, use_live};
use crate::t;

/// Asks for the details, and says where they are until they are here.
#[component]
pub fn Archived(order: WorkOrderId, details: Details) -> Element {
    let (live, acts) = (use_live(), use_acts());
    // Opening the order is asking for it.
    use_effect(move || {
        spawn(async move {
            if let Err(error) = live.host().call(Request::OpenOrder { order }).await {
                acts.refused(&error);
            }
        });
    });
    let is_online = live.is_online();
    let mut was_coming = use_signal(|| false);
    if details == Details::Coming && !*was_coming.peek() {
        was_coming.set(true);
    }
    // It was asked for, and is not any more: the server does not know the order.
    let is_gone = details == Details::OnServer && was_coming();
    let place = match (is_gone, is_online) {
        (true, _) => t!("archived-gone"),
        (false, true) => t!("archived-coming"),
        (false, false) => t!("archived-offline"),
    };
    rsx! {
        Card {
            div { class: "archived", "data-testid": "order-archived", "data-details": code(details),
                Icon { name: IconName::Box }
                div {
                    p { {t!("archived-why")} }
                    p { class: "archived__where", role: "status", {place} }
                }
            }
        }
        if is_online && !is_gone {
            Loading { shape: LoadingShape::Lines, count: 6 }
        }
    }
}

const fn code(details: Details) -> &'static str {
    match details {
        Details::Here => "here",
        Details::OnServer => "on-server",
        Details::Coming => "coming",
    }
}
