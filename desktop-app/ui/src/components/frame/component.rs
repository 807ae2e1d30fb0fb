use dioxus::prelude::*;

use crate::appearance::Density;
use crate::{dom, i18n};

/// Where the skip link leads. Not "main": that is what the page mounts into.
pub const MAIN_ID: &str = "work";

/// Bar above, work below. `aside` stands between them: banners and the tabs of the area.
#[component]
pub fn Frame(
    density: Density,
    #[props(default)] large_text: bool,
    /// The heading of the page, read where the page shows none of its own.
    title: Option<String>,
    bar: Option<Element>,
    aside: Option<Element>,
    /// The work fills the window and scrolls inside its parts, as a table or a board does.
    #[props(default)]
    fixed: bool,
    children: Element,
) -> Element {
    // What floats over the page, toasts above all, stands outside the frame and has its sizes too.
    use_effect(use_reactive((&density, &large_text), |(density, large_text)| {
        dom::set_root_attribute("data-density", Some(density.attribute()));
        dom::set_root_attribute("data-text", large_text.then_some("large"));
    }));
    rsx! {
        div {
            class: "frame",
            lang: i18n::language().tag(),
            "data-density": density.attribute(),
            "data-text": large_text.then_some("large"),
            "data-fixed": fixed.then_some("true"),
            if let Some(bar) = bar {
                {bar}
            }
            if let Some(aside) = aside {
                {aside}
            }
            main { class: "frame__main", id: MAIN_ID, tabindex: "-1",
                if let Some(title) = title {
                    h1 { class: "visually-hidden", {title} }
                }
                {children}
            }
        }
    }
}
