//! The replica's side stopped. The page stays as it is, with what was typed, until it runs again.

use dioxus::prelude::*;

use crate::components::Dialog;
use crate::state::use_live;
use crate::t;

#[component]
pub fn Stopped() -> Element {
    let mut live = use_live();
    let problem = live.stopped();
    rsx! {
        Dialog {
            open: problem.is_some(),
            title: t!("stopped-title"),
            confirm: t!("stopped-start"),
            must: true,
            on_confirm: move |()| live.start_again(),
            on_cancel: |()| {},
            p { {t!("stopped-text")} }
            if let Some(problem) = problem {
                p { {t!("stopped-problem", problem = problem.as_str())} }
            }
        }
    }
}
