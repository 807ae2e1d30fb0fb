use dioxus::prelude::*;

use crate::components::frame::MAIN_ID;
use crate::components::link::is_plain_click;
use crate::{dom, t};

#[component]
pub fn TopBar(
    /// The plant, and where in it: work center, station, area.
    plant: String,
    place: Option<String>,
    /// Between the place and the right end: navigation of the area.
    children: Option<Element>,
    operator: Option<Element>,
    /// The plant's time, as text.
    clock: Option<String>,
    sync: Option<Element>,
    /// The call for help; always the last.
    andon: Option<Element>,
) -> Element {
    rsx! {
        header { class: "top-bar",
            a {
                class: "top-bar__skip",
                href: "#{MAIN_ID}",
                onclick: move |event| {
                    if is_plain_click(&event) {
                        event.prevent_default();
                        dom::focus(MAIN_ID);
                    }
                },
                {t!("top-bar-skip")}
            }
            div { class: "top-bar__place",
                span { class: "top-bar__plant", {plant} }
                if let Some(place) = place {
                    span { class: "top-bar__where", {place} }
                }
            }
            div { class: "top-bar__middle", {children} }
            div { class: "top-bar__end",
                if let Some(operator) = operator {
                    {operator}
                }
                if let Some(clock) = clock {
                    span { class: "top-bar__clock", {clock} }
                }
                if let Some(sync) = sync {
                    {sync}
                }
                if let Some(andon) = andon {
                    {andon}
                }
            }
        }
    }
}
