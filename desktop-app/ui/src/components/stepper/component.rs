use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::i18n;
use crate::t;

/// Arrow keys, Home and End work on the number itself.
#[component]
pub fn Stepper(
    label: String,
    value: i64,
    on_change: EventHandler<i64>,
    #[props(default = 0)] min: i64,
    #[props(default = i64::MAX)] max: i64,
    #[props(default)] disabled: bool,
) -> Element {
    let step = move |by: i64| {
        let next = value.saturating_add(by).clamp(min, max);
        if next != value && !disabled {
            on_change.call(next);
        }
    };
    rsx! {
        div { class: "stepper", role: "group", "aria-label": label.clone(),
            button {
                class: "stepper__button",
                r#type: "button",
                tabindex: "-1",
                "aria-label": t!("stepper-less"),
                disabled: disabled || value <= min,
                onclick: move |_| step(-1),
                Icon { name: IconName::Minus }
            }
            span {
                class: "stepper__value",
                role: "spinbutton",
                tabindex: if disabled { "-1" } else { "0" },
                "aria-label": label,
                "aria-valuenow": value,
                "aria-valuemin": min,
                "aria-valuemax": (max < i64::MAX).then_some(max),
                onkeydown: move |event| {
                    match event.key() {
                        Key::ArrowUp | Key::ArrowRight => step(1),
                        Key::ArrowDown | Key::ArrowLeft => step(-1),
                        Key::Home => step(min.saturating_sub(value)),
                        Key::End if max < i64::MAX => step(max.saturating_sub(value)),
                        _ => return,
                    }
                    event.prevent_default();
                },
                {i18n::number(&value.to_string())}
            }
            button {
                class: "stepper__button",
                r#type: "button",
                tabindex: "-1",
                "aria-label": t!("stepper-more"),
                disabled: disabled || value >= max,
                onclick: move |_| step(1),
                Icon { name: IconName::Plus }
            }
        }
    }
}
