use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::dom::use_id;
use crate::i18n;

/// What the number counts, as an edge and an icon, never as colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberTone {
    #[default]
    Neutral,
    Good,
    Scrap,
    Rework,
}

impl NumberTone {
    fn attribute(self) -> &'static str {
        match self {
            NumberTone::Neutral => "neutral",
            NumberTone::Good => "good",
            NumberTone::Scrap => "scrap",
            NumberTone::Rework => "rework",
        }
    }

    fn icon(self) -> Option<IconName> {
        match self {
            NumberTone::Neutral => None,
            NumberTone::Good => Some(IconName::CheckCircle),
            NumberTone::Scrap => Some(IconName::Scrap),
            NumberTone::Rework => Some(IconName::Undo),
        }
    }
}

/// Shows a plain decimal; a press selects it as what the pad fills.
#[component]
pub fn NumberField(
    label: String,
    value: String,
    unit: Option<String>,
    #[props(default)] tone: NumberTone,
    #[props(default)] selected: bool,
    on_select: EventHandler<()>,
    /// Its `data-testid`.
    name: Option<String>,
    hint: Option<String>,
    error: Option<String>,
    /// Digits are dots: a PIN.
    #[props(default)]
    masked: bool,
) -> Element {
    let note_id = format!("{}-note", use_id("number"));
    let described = (error.is_some() || hint.is_some()).then(|| note_id.clone());
    let invalid = error.is_some().then_some("true");
    let is_empty = value.is_empty();
    let shown = match (is_empty, masked) {
        (true, true) => String::new(),
        (true, false) => "0".to_owned(),
        (false, true) => "•".repeat(value.chars().count()),
        (false, false) => i18n::number(&value),
    };
    rsx! {
        div { class: "number-field", "data-tone": tone.attribute(), "data-invalid": invalid,
            button {
                class: "number-field__box",
                r#type: "button",
                "data-testid": name,
                "data-value": (!masked).then(|| value.clone()),
                "aria-pressed": if selected { "true" } else { "false" },
                "aria-describedby": described,
                onclick: move |_| on_select.call(()),
                // Typing goes on where it was: Enter belongs to the pad, Space chooses the field.
                span { class: "number-field__label",
                    if let Some(name) = tone.icon() {
                        Icon { name }
                    }
                    {label}
                }
                span { class: "number-field__value", "data-empty": is_empty.then_some("true"),
                    {shown}
                    if selected {
                        span { class: "number-field__caret", "aria-hidden": "true" }
                    }
                    if let Some(unit) = unit {
                        span { class: "number-field__unit", {unit} }
                    }
                }
            }
            if let Some(error) = error {
                p { class: "number-field__error", id: note_id,
                    Icon { name: IconName::Alert }
                    {error}
                }
            } else if let Some(hint) = hint {
                p { class: "number-field__hint", id: note_id, {hint} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn the_selected_field_says_so() {
        let markup = html(move || {
            rsx! {
                NumberField { label: "Good", value: "1048", unit: "pcs", selected: true, on_select: |()| {} }
            }
        });
        assert!(markup.contains(r#"aria-pressed="true""#) && markup.contains("1,048"), "{markup}");
    }

    #[test]
    fn a_masked_value_is_never_in_the_markup() {
        let markup = html(move || {
            rsx! {
                NumberField { label: "PIN", value: "4711", masked: true, on_select: |()| {} }
            }
        });
        assert!(!markup.contains("4711") && markup.contains("••••"), "{markup}");
    }
}
