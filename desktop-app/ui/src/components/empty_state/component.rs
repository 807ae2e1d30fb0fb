use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};

#[component]
pub fn EmptyState(icon: IconName, title: String, text: Option<String>, action: Option<Element>) -> Element {
    rsx! {
        div { class: "empty-state",
            span { class: "empty-state__picture",
                Icon { name: icon }
            }
            p { class: "empty-state__title", {title} }
            if let Some(text) = text {
                p { class: "empty-state__text", {text} }
            }
            if let Some(action) = action {
                div { class: "empty-state__action", {action} }
            }
        }
    }
}
