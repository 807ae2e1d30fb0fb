use dioxus::prelude::*;

/// Only a picture of the key: the control itself carries `aria-keyshortcuts`.
#[component]
pub fn KeyHint(#[props(into)] keys: String) -> Element {
    rsx! {
        kbd { class: "key-hint", "aria-hidden": "true", {keys} }
    }
}
