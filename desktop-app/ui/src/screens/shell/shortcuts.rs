//! The keys, for those who have a keyboard.

use dioxus::prelude::*;

use crate::components::{Sheet, SheetSide};
use crate::state::{Panel, use_panels};
use crate::t;

#[component]
pub fn Shortcuts() -> Element {
    let mut panels = use_panels();
    let keys = [
        ("/", t!("key-search")),
        ("↑ ↓", t!("key-rows")),
        ("Enter", t!("key-open")),
        ("Esc", t!("key-back")),
        ("0–9", t!("key-digits")),
        ("Tab", t!("key-tab")),
        ("?", t!("key-help")),
    ];
    rsx! {
        Sheet {
            open: panels.is_open(Panel::Shortcuts),
            on_close: move |()| panels.close(),
            title: t!("shortcuts-title"),
            side: SheetSide::Side,
            dl { class: "shortcuts",
                for (key, meaning) in keys {
                    dt { key: "{key}", kbd { class: "shortcuts__key", {key} } }
                    dd { {meaning} }
                }
            }
        }
    }
}
