use dioxus::prelude::*;

use crate::appearance::Density;
use crate::i18n;

/// Bar above, work below. `aside` stands between them: banners and the tabs of the area.
#[component]
pub fn Frame(
    density: Density,
    #[props(default)] large_text: bool,
    bar: Option<Element>,
    aside: Option<Element>,
    /// The work fills the window and scrolls inside its parts, as a table or a board does.
    #[props(default)]
    fixed: bool,
    children: Element,
) -> Element {
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
            main { class: "frame__main", id: "main", tabindex: "-1", {children} }
        }
    }
}
