use dioxus::prelude::*;

use super::{Limits, PadKey, pad_key, press};
use crate::components::icon::{Icon, IconName};
use crate::{dom, i18n, t};

/// Keys for the value given. Children (the fields that it fills) stand above the keys and share its
/// keyboard: digits, both decimal signs, Backspace and Delete type, Enter emits `on_enter`.
#[component]
pub fn NumberPad(
    value: String,
    on_change: EventHandler<String>,
    #[props(default)] on_enter: EventHandler<()>,
    /// Which of several fields the keys fill. The first digit after a change of it starts a new number
    /// instead of growing the one that stands there.
    #[props(default)]
    field: String,
    #[props(default = 7)] whole: usize,
    /// Digits after the decimal sign; 0 for a counted unit.
    #[props(default)]
    decimals: usize,
    #[props(default = VNode::empty())] children: Element,
) -> Element {
    let mut typing_in = use_signal(|| None::<String>);
    let limits = Limits { whole, decimals };
    let enter = use_callback({
        let (value, field) = (value.clone(), field.clone());
        move |key: PadKey| {
            let is_fresh = typing_in.peek().as_ref() != Some(&field);
            let starts_anew = is_fresh && matches!(key, PadKey::Digit(_) | PadKey::Decimal);
            typing_in.set(Some(field.clone()));
            on_change.call(press(if starts_anew { "" } else { &value }, key, limits));
        }
    });
    let decimal_sign = i18n::language().separators().decimal;
    rsx! {
        div {
            class: "number-pad",
            onkeydown: move |event| {
                if dom::is_text_entry(&event) || event.modifiers().ctrl() || event.modifiers().alt() || event.modifiers().meta() {
                    return;
                }
                if event.key() == Key::Enter {
                    event.prevent_default();
                    on_enter.call(());
                } else if let Some(key) = pad_key(&event.key()) {
                    event.prevent_default();
                    enter.call(key);
                }
            },
            {children}
            div { class: "number-pad__keys", role: "group", "aria-label": t!("number-pad-label"),
                for digit in [7, 8, 9, 4, 5, 6, 1, 2, 3] {
                    PadButton { key: "{digit}", pressed: PadKey::Digit(digit), on_press: enter, "{digit}" }
                }
                if decimals > 0 {
                    PadButton { pressed: PadKey::Decimal, label: t!("number-pad-decimal"), on_press: enter, "{decimal_sign}" }
                } else {
                    PadButton { pressed: PadKey::Clear, label: t!("action-clear"), on_press: enter, "C" }
                }
                PadButton { pressed: PadKey::Digit(0), on_press: enter, "0" }
                PadButton { pressed: PadKey::Backspace, label: t!("number-pad-backspace"), on_press: enter,
                    Icon { name: IconName::Backspace }
                }
            }
            output { class: "visually-hidden", {i18n::number(&value)} }
        }
    }
}

/// Not a tab stop: who has a Tab key has digit keys.
#[component]
fn PadButton(
    pressed: PadKey,
    label: Option<String>,
    on_press: EventHandler<PadKey>,
    children: Element,
) -> Element {
    let kind = match pressed {
        PadKey::Digit(_) | PadKey::Decimal => "digit",
        PadKey::Backspace | PadKey::Clear => "edit",
    };
    let name = match pressed {
        PadKey::Digit(digit) => digit.to_string(),
        PadKey::Decimal => "decimal".to_owned(),
        PadKey::Backspace => "backspace".to_owned(),
        PadKey::Clear => "clear".to_owned(),
    };
    rsx! {
        button {
            class: "number-pad__key",
            r#type: "button",
            tabindex: "-1",
            "data-testid": "keypad-{name}",
            "data-kind": kind,
            "aria-label": label,
            onclick: move |_| on_press.call(pressed),
            {children}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Language, use_i18n_provider};
    use crate::testing::html;

    #[component]
    fn Pad(language: Language, decimals: usize) -> Element {
        use_i18n_provider(language);
        rsx! { NumberPad { value: "12.5", decimals, on_change: |_| {} } }
    }

    #[test]
    fn the_decimal_key_shows_the_sign_of_the_language() {
        let point = html(move || rsx! { Pad { language: Language::English, decimals: 3usize } });
        let comma = html(move || rsx! { Pad { language: Language::Pseudo, decimals: 3usize } });
        assert!(point.contains(">.</button>"), "{point}");
        assert!(comma.contains(">,</button>") && comma.contains(">12,5</output>"), "{comma}");
    }

    #[test]
    fn a_counted_unit_has_no_decimal_key() {
        let markup = html(move || rsx! { Pad { language: Language::English, decimals: 0usize } });
        assert!(!markup.contains(">.</button>") && markup.contains(r#"aria-label="Clear""#), "{markup}");
    }
}
