use dioxus::prelude::*;

use crate::dom::use_id;

#[component]
pub fn Checkbox(
    label: String,
    checked: bool,
    on_change: EventHandler<bool>,
    hint: Option<String>,
    /// Also its `data-testid`.
    name: Option<String>,
    #[props(default)] disabled: bool,
) -> Element {
    let id = use_id("check");
    let described = hint.as_ref().map(|_| format!("{id}-hint"));
    let hint_id = described.clone();
    rsx! {
        div { class: "checkbox", "data-disabled": disabled.then_some("true"),
            input {
                class: "checkbox__box",
                id: id.clone(),
                "data-testid": name.clone(),
                name,
                r#type: "checkbox",
                checked,
                disabled,
                "aria-describedby": described,
                onchange: move |event| on_change.call(event.checked()),
            }
            label { class: "checkbox__label", r#for: id, {label} }
            if let Some(hint) = hint {
                p { class: "checkbox__hint", id: hint_id, {hint} }
            }
        }
    }
}
