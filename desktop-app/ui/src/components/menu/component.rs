use dioxus::prelude::*;

use crate::components::button::ButtonVariant;
use crate::components::icon::{Icon, IconName};
use crate::components::key_hint::KeyHint;
use crate::components::roving::{self, Layout};
use crate::dom::{self, use_id};

#[derive(Clone, Debug, PartialEq)]
pub struct MenuItem {
    pub id: String,
    pub label: String,
    pub icon: Option<IconName>,
    pub key_hint: Option<String>,
    pub is_danger: bool,
    /// Why it cannot be chosen now; it stays in the list, so that one learns that it exists.
    pub disabled_because: Option<String>,
}

impl MenuItem {
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        MenuItem {
            id: id.into(),
            label: label.into(),
            icon: None,
            key_hint: None,
            is_danger: false,
            disabled_because: None,
        }
    }

    #[must_use]
    pub fn with_icon(mut self, icon: IconName) -> Self {
        self.icon = Some(icon);
        self
    }

    #[must_use]
    pub fn danger(mut self) -> Self {
        self.is_danger = true;
        self
    }
}

/// A button and its list. Emits the id of what was chosen.
#[component]
pub fn Menu(
    label: String,
    items: Vec<MenuItem>,
    on_select: EventHandler<String>,
    #[props(default = IconName::More)] icon: IconName,
    #[props(default = ButtonVariant::Quiet)] variant: ButtonVariant,
    /// Its `data-testid`; that of an item is "menu-" and the item's id.
    name: Option<String>,
    /// The label is a word on the button, not only read.
    #[props(default)]
    show_label: bool,
) -> Element {
    let id = use_id("menu");
    let (trigger_id, list_id) = (format!("{id}-trigger"), format!("{id}-list"));
    let mut is_open = use_signal(|| false);
    let mut current = use_signal(|| 0_usize);
    let n_items = items.len();
    let open = use_callback({
        let (id, trigger_id, list_id) = (id.clone(), trigger_id.clone(), list_id.clone());
        move |first: usize| {
            dom::show_popover_at(&trigger_id, &list_id);
            is_open.set(true);
            current.set(first);
            dom::focus(&format!("{id}-{first}"));
        }
    });
    let close = use_callback({
        let (trigger_id, list_id) = (trigger_id.clone(), list_id.clone());
        move |()| {
            dom::hide_popover(&list_id);
            is_open.set(false);
            dom::focus(&trigger_id);
        }
    });
    let data_variant = match variant {
        ButtonVariant::Primary => "primary",
        ButtonVariant::Secondary => "secondary",
        ButtonVariant::Quiet => "quiet",
        ButtonVariant::Danger => "danger",
    };
    rsx! {
        // In a row that opens on a click, a press here is not one.
        span { class: "menu", onclick: move |event| event.stop_propagation(),
            button {
                class: "button menu__trigger",
                "data-testid": name,
                id: trigger_id,
                r#type: "button",
                "data-variant": data_variant,
                "data-icon-only": (!show_label).then_some("true"),
                "aria-haspopup": "menu",
                "aria-expanded": if is_open() { "true" } else { "false" },
                "aria-controls": list_id.clone(),
                "aria-label": (!show_label).then(|| label.clone()),
                onclick: move |_| if is_open() { close.call(()) } else { open.call(0) },
                onkeydown: move |event| {
                    let first = match event.key() {
                        Key::ArrowDown => 0,
                        Key::ArrowUp => n_items.saturating_sub(1),
                        _ => return,
                    };
                    event.prevent_default();
                    event.stop_propagation();
                    open.call(first);
                },
                Icon { name: icon }
                if show_label {
                    span { {label.clone()} }
                }
            }
            div {
                class: "menu__list",
                id: list_id,
                role: "menu",
                popover: "manual",
                "aria-label": label,
                onkeydown: {
                    let id = id.clone();
                    move |event: KeyboardEvent| {
                        event.stop_propagation();
                        match event.key() {
                            Key::Escape => {
                                event.prevent_default();
                                close.call(());
                            }
                            Key::Tab => close.call(()),
                            key => {
                                if let Some(to) = roving::next(&key, current(), n_items, Layout::Column) {
                                    event.prevent_default();
                                    current.set(to);
                                    dom::focus(&format!("{id}-{to}"));
                                }
                            }
                        }
                    }
                },
                for (at, item) in items.into_iter().enumerate() {
                    button {
                        key: "{item.id}",
                        class: "menu__item",
                        "data-testid": "menu-{item.id}",
                        id: "{id}-{at}",
                        r#type: "button",
                        role: "menuitem",
                        tabindex: "-1",
                        "data-danger": item.is_danger.then_some("true"),
                        "aria-disabled": item.disabled_because.is_some().then_some("true"),
                        onclick: {
                            let (chosen, is_disabled) = (item.id.clone(), item.disabled_because.is_some());
                            move |_| {
                                if !is_disabled {
                                    close.call(());
                                    on_select.call(chosen.clone());
                                }
                            }
                        },
                        if let Some(name) = item.icon {
                            Icon { name }
                        }
                        span { class: "menu__words",
                            span { {item.label.clone()} }
                            if let Some(reason) = &item.disabled_because {
                                span { class: "menu__reason", {reason.clone()} }
                            }
                        }
                        if let Some(keys) = &item.key_hint {
                            KeyHint { keys: keys.clone() }
                        }
                    }
                }
            }
            if is_open() {
                div { class: "menu__elsewhere", onclick: move |_| close.call(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn what_cannot_be_chosen_says_why() {
        let mut item = MenuItem::new("cancel", "Cancel order").danger();
        item.disabled_because = Some("only a supervisor may".into());
        let markup = html(move || rsx! { Menu { label: "More", items: vec![item], on_select: |_| {} } });
        assert!(
            markup.contains(r#"role="menuitem""#) && markup.contains("only a supervisor may"),
            "{markup}"
        );
        assert!(markup.contains(r#"aria-disabled="true""#), "{markup}");
    }
}
