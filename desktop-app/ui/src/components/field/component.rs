use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::t;

/// What surrounds a control. The control itself carries `id: control_id` and
/// `aria-describedby: describe(...)`.
#[component]
pub fn Field(
    control_id: String,
    label: String,
    hint: Option<String>,
    /// What is wrong, and what would be right.
    error: Option<String>,
    #[props(default)] required: bool,
    #[props(default)] hide_label: bool,
    children: Element,
) -> Element {
    let invalid = error.is_some().then_some("true");
    rsx! {
        div { class: "field", "data-invalid": invalid,
            label {
                class: if hide_label { "visually-hidden" } else { "field__label" },
                r#for: control_id.clone(),
                {label}
                if required {
                    span { class: "field__required", title: t!("field-required"), "aria-hidden": "true", "*" }
                }
            }
            {children}
            if let Some(error) = error {
                p { class: "field__error", id: "{control_id}-error",
                    Icon { name: IconName::Alert }
                    span { {error} }
                }
            } else if let Some(hint) = hint {
                p { class: "field__hint", id: "{control_id}-hint", {hint} }
            }
        }
    }
}

/// The value of `aria-describedby` for a control inside a [`Field`].
pub fn describe(control_id: &str, hint: Option<&String>, error: Option<&String>) -> Option<String> {
    match (error, hint) {
        (Some(_), _) => Some(format!("{control_id}-error")),
        (None, Some(_)) => Some(format!("{control_id}-hint")),
        (None, None) => None,
    }
}
