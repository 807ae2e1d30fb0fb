use dioxus::prelude::*;

use crate::components::field::{Field, describe};
use crate::dom::use_id;

#[component]
pub fn DateField(
    label: String,
    value: String,
    on_input: EventHandler<String>,
    /// The first and the last day that may be chosen.
    min: Option<String>,
    max: Option<String>,
    hint: Option<String>,
    error: Option<String>,
    /// Also its `data-testid`.
    name: Option<String>,
    #[props(default)] required: bool,
    #[props(default)] disabled: bool,
    #[props(default)] hide_label: bool,
) -> Element {
    let id = use_id("date");
    let described = describe(&id, hint.as_ref(), error.as_ref());
    let invalid = error.is_some().then_some("true");
    rsx! {
        Field { control_id: id.clone(), label, hint, error, required, hide_label,
            input {
                class: "control date-field__control",
                id,
                "data-testid": name.clone(),
                name,
                r#type: "date",
                min,
                max,
                required,
                disabled,
                "aria-describedby": described,
                "aria-invalid": invalid,
                value,
                oninput: move |event| on_input.call(event.value()),
            }
        }
    }
}
