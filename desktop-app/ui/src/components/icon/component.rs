use dioxus::prelude::*;

use super::IconName;

/// A picture beside a word, hidden from assistive technology; with a `label` it stands alone and is read.
#[component]
pub fn Icon(name: IconName, label: Option<String>, class: Option<String>) -> Element {
    let class = class.map_or_else(|| "icon".to_owned(), |extra| format!("icon {extra}"));
    let hidden = label.is_none().then_some("true");
    let role = label.is_some().then_some("img");
    rsx! {
        svg {
            class,
            role,
            "viewBox": "0 0 24 24",
            "aria-hidden": hidden,
            "aria-label": label,
            "focusable": "false",
            path { d: name.path() }
        }
    }
}
