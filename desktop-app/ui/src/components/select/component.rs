use dioxus::prelude::*;

use crate::components::field::{Field, describe};
use crate::components::icon::{Icon, IconName};
use crate::dom::use_id;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    pub value: String,
    pub label: String,
    pub disabled: bool,
}

impl SelectOption {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        SelectOption { value: value.into(), label: label.into(), disabled: false }
    }
}

#[component]
pub fn Select(
    label: String,
    value: String,
    options: Vec<SelectOption>,
    on_change: EventHandler<String>,
    /// Shown while nothing is chosen (the value is empty).
    placeholder: Option<String>,
    hint: Option<String>,
    error: Option<String>,
    /// Also its `data-testid`.
    name: Option<String>,
    #[props(default)] required: bool,
    #[props(default)] disabled: bool,
    #[props(default)] hide_label: bool,
) -> Element {
    let id = use_id("select");
    let described = describe(&id, hint.as_ref(), error.as_ref());
    let invalid = error.is_some().then_some("true");
    rsx! {
        Field { control_id: id.clone(), label, hint, error, required, hide_label,
            div { class: "select",
                select {
                    class: "control select__control",
                    id,
                    "data-testid": name.clone(),
                    name,
                    required,
                    disabled,
                    "aria-describedby": described,
                    "aria-invalid": invalid,
                    onchange: move |event| on_change.call(event.value()),
                    if let Some(placeholder) = placeholder {
                        option { value: "", selected: value.is_empty(), {placeholder} }
                    }
                    for option in options {
                        option {
                            key: "{option.value}",
                            value: option.value.clone(),
                            selected: option.value == value,
                            disabled: option.disabled,
                            {option.label}
                        }
                    }
                }
                Icon { name: IconName::ChevronDown, class: "select__arrow" }
            }
        }
    }
}
