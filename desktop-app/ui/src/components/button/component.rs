use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::components::key_hint::KeyHint;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonVariant {
    /// The one thing to do on this screen.
    Primary,
    #[default]
    Secondary,
    /// No surface of its own: in rows, bars and cards.
    Quiet,
    /// Takes something away.
    Danger,
}

impl ButtonVariant {
    fn attribute(self) -> &'static str {
        match self {
            ButtonVariant::Primary => "primary",
            ButtonVariant::Secondary => "secondary",
            ButtonVariant::Quiet => "quiet",
            ButtonVariant::Danger => "danger",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonSize {
    /// The height of controls here: 72 px for operators, 32 px in the office.
    #[default]
    Density,
    /// 96 px, at least 160 wide: the primary of an operator's dock.
    Dock,
    /// 72 px in either density.
    Large,
    /// The smallest allowed target: 64 px for operators, 24 px in the office.
    Small,
}

impl ButtonSize {
    fn attribute(self) -> &'static str {
        match self {
            ButtonSize::Density => "density",
            ButtonSize::Dock => "dock",
            ButtonSize::Large => "large",
            ButtonSize::Small => "small",
        }
    }
}

/// A button. While `busy` it keeps its width and its focus and ignores presses. With an icon and no
/// children it needs a `label`.
#[component]
pub fn Button(
    #[props(default)] variant: ButtonVariant,
    #[props(default)] size: ButtonSize,
    icon: Option<IconName>,
    /// Read instead of the children.
    label: Option<String>,
    #[props(default)] busy: bool,
    #[props(default)] disabled: bool,
    /// For a button that stays in: on or off.
    pressed: Option<bool>,
    /// The key that does the same, such as "F2".
    key_hint: Option<String>,
    /// Sends the form that it is in.
    #[props(default)]
    submit: bool,
    #[props(default)] onclick: EventHandler<MouseEvent>,
    #[props(extends = GlobalAttributes)] attributes: Vec<Attribute>,
    #[props(default = VNode::empty())] children: Element,
) -> Element {
    let icon_only = icon.is_some() && label.is_some() && children == VNode::empty();
    rsx! {
        button {
            class: "button",
            r#type: if submit { "submit" } else { "button" },
            "data-variant": variant.attribute(),
            "data-size": size.attribute(),
            "data-icon-only": icon_only.then_some("true"),
            "aria-label": label,
            "aria-busy": busy.then_some("true"),
            "aria-disabled": busy.then_some("true"),
            "aria-pressed": pressed.map(|on| if on { "true" } else { "false" }),
            "aria-keyshortcuts": key_hint.clone(),
            disabled,
            onclick: move |event| {
                if busy {
                    event.prevent_default();
                } else {
                    onclick.call(event);
                }
            },
            ..attributes,
            if busy {
                span { class: "button__spinner", "aria-hidden": "true" }
            } else if let Some(name) = icon {
                Icon { name }
            }
            if !icon_only {
                span { class: "button__label", {children} }
            }
            if let Some(keys) = &key_hint {
                KeyHint { keys: keys.clone() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn a_button_of_a_form_does_not_send_it_unless_it_says_so() {
        let markup = html(move || rsx! { Button { "Later" } });
        assert!(markup.contains(r#"type="button""#), "{markup}");
    }

    #[test]
    fn a_busy_button_keeps_focus_and_says_that_it_is_busy() {
        let markup = html(move || rsx! { Button { busy: true, "Save" } });
        assert!(
            markup.contains(r#"aria-busy="true""#) && markup.contains(r#"aria-disabled="true""#),
            "{markup}"
        );
        assert!(!markup.contains(" disabled"), "{markup}");
    }

    #[test]
    fn a_button_with_only_a_picture_is_read_by_its_label() {
        let markup = html(move || rsx! { Button { icon: IconName::Cross, label: "Close" } });
        assert!(
            markup.contains(r#"aria-label="Close""#) && markup.contains(r#"data-icon-only="true""#),
            "{markup}"
        );
    }
}
