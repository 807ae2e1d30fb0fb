use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::components::key_hint::KeyHint;
use crate::dom::{self, use_id};
use crate::t;

/// Emits every change; Esc empties it first, so that it never closes what it stands in by surprise.
#[component]
pub fn SearchField(
    label: String,
    value: String,
    on_input: EventHandler<String>,
    #[props(default)] on_enter: EventHandler<String>,
    placeholder: Option<String>,
    /// The key that leads here, such as "/".
    key_hint: Option<String>,
    /// A fixed id, where a key of the screen moves focus here. Also its `data-testid`.
    id: Option<String>,
) -> Element {
    let own_id = use_id("search");
    let id = id.unwrap_or(own_id);
    let is_filled = !value.is_empty();
    let (current, target) = (value.clone(), id.clone());
    rsx! {
        div { class: "search-field", role: "search",
            Icon { name: IconName::Search, class: "search-field__icon" }
            input {
                class: "control search-field__control",
                "data-testid": id.clone(),
                id,
                r#type: "text",
                inputmode: "search",
                enterkeyhint: "search",
                autocomplete: "off",
                spellcheck: "false",
                placeholder,
                "aria-label": label,
                "aria-keyshortcuts": key_hint.clone(),
                value,
                oninput: move |event| on_input.call(event.value()),
                onkeydown: move |event| match event.key() {
                    Key::Enter => on_enter.call(current.clone()),
                    Key::Escape if !current.is_empty() => {
                        event.prevent_default();
                        event.stop_propagation();
                        on_input.call(String::new());
                    }
                    _ => {}
                },
            }
            if is_filled {
                button {
                    class: "search-field__clear",
                    r#type: "button",
                    "aria-label": t!("action-clear"),
                    onclick: move |_| {
                        on_input.call(String::new());
                        dom::focus(&target);
                    },
                    Icon { name: IconName::Cross }
                }
            } else if let Some(keys) = &key_hint {
                span { class: "search-field__hint",
                    KeyHint { keys: keys.clone() }
                }
            }
        }
    }
}
