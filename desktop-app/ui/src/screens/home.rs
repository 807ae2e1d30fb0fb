//! Where a person starts, and what a wrong address shows.

use dioxus::prelude::*;

use crate::components::{Button, EmptyState, IconName};
use crate::routes::{Area, Route};
use crate::state::use_access;
use crate::t;

#[component]
pub fn Home() -> Element {
    let access = use_access();
    let navigator = use_navigator();
    use_effect(move || {
        navigator.replace(Area::home(&access).route(&access));
    });
    rsx! {}
}

#[component]
pub fn NotFound(path: Vec<String>) -> Element {
    let navigator = use_navigator();
    let path = format!("/{}", path.join("/"));
    rsx! {
        EmptyState {
            icon: IconName::Search,
            title: t!("not-found-title"),
            text: t!("not-found-text", path = path),
            action: rsx! {
                Button {
                    onclick: move |_| {
                        navigator.replace(Route::Home {});
                    },
                    {t!("not-found-home")}
                }
            },
        }
    }
}
