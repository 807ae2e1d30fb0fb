use dioxus::prelude::*;

use crate::components::field::{Field, describe};
use crate::dom::use_id;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextKind {
    #[default]
    Text,
    Email,
    Password,
    /// Digits and a decimal sign on the screen keyboard, any text in the value: see `i18n::ungroup`.
    Decimal,
    /// Several lines.
    Multiline,
}

impl TextKind {
    fn input_type(self) -> &'static str {
        match self {
            TextKind::Email => "email",
            TextKind::Password => "password",
            TextKind::Text | TextKind::Decimal | TextKind::Multiline => "text",
        }
    }
}

#[component]
pub fn TextField(
    label: String,
    value: String,
    on_input: EventHandler<String>,
    #[props(default)] kind: TextKind,
    hint: Option<String>,
    error: Option<String>,
    placeholder: Option<String>,
    /// The `autocomplete` token, such as "current-password".
    autocomplete: Option<String>,
    /// Also its `data-testid`.
    name: Option<String>,
    maxlength: Option<i64>,
    #[props(default)] required: bool,
    #[props(default)] disabled: bool,
    #[props(default)] readonly: bool,
    #[props(default)] hide_label: bool,
    #[props(default)] on_enter: EventHandler<()>,
    #[props(default)] on_blur: EventHandler<()>,
) -> Element {
    let id = use_id("text");
    let described = describe(&id, hint.as_ref(), error.as_ref());
    let invalid = error.is_some().then_some("true");
    rsx! {
        Field { control_id: id.clone(), label, hint, error, required, hide_label,
            if kind == TextKind::Multiline {
                textarea {
                    class: "control text-field__lines",
                    id,
                    "data-testid": name.clone(),
                    name,
                    rows: 3,
                    placeholder,
                    maxlength,
                    required,
                    disabled,
                    readonly,
                    "aria-describedby": described,
                    "aria-invalid": invalid,
                    value,
                    oninput: move |event| on_input.call(event.value()),
                    onblur: move |_| on_blur.call(()),
                }
            } else {
                input {
                    class: "control",
                    id,
                    "data-testid": name.clone(),
                    name,
                    r#type: kind.input_type(),
                    inputmode: (kind == TextKind::Decimal).then_some("decimal"),
                    placeholder,
                    autocomplete,
                    maxlength,
                    required,
                    disabled,
                    readonly,
                    "aria-describedby": described,
                    "aria-invalid": invalid,
                    value,
                    oninput: move |event| on_input.call(event.value()),
                    onblur: move |_| on_blur.call(()),
                    onkeydown: move |event| {
                        if event.key() == Key::Enter {
                            on_enter.call(());
                        }
                    },
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn an_error_is_tied_to_its_control() {
        let markup = html(move || {
            rsx! {
                TextField { label: "Lot", value: "", error: "no such lot", on_input: |_| {} }
            }
        });
        let id = markup.split(r#"aria-describedby=""#).nth(1).unwrap().split('"').next().unwrap();
        assert!(
            markup.contains(&format!(r#"id="{id}""#)) && markup.contains(r#"aria-invalid="true""#),
            "{markup}"
        );
    }

    #[test]
    fn a_label_names_its_control() {
        let markup = html(move || rsx! { TextField { label: "Lot", value: "", on_input: |_| {} } });
        let id = markup.split(r#"for=""#).nth(1).unwrap().split('"').next().unwrap();
        assert!(markup.contains(&format!(r#"id="{id}""#)), "{markup}");
    }
}
