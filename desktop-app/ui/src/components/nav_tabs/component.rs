use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::components::key_hint::KeyHint;
use crate::components::link::is_plain_click;
use crate::i18n;

#[derive(Clone, Debug, PartialEq)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub icon: Option<IconName>,
    /// What is ready there.
    pub count: Option<u64>,
    /// Something there is not normal: the count is shown in the alarm's colour.
    pub is_alarming: bool,
    pub key_hint: Option<String>,
}

impl NavItem {
    pub fn new(href: impl Into<String>, label: impl Into<String>) -> Self {
        NavItem {
            href: href.into(),
            label: label.into(),
            icon: None,
            count: None,
            is_alarming: false,
            key_hint: None,
        }
    }
}

/// Real links, for a new tab and for a copied address; a plain click is emitted instead.
#[component]
pub fn NavTabs(
    label: String,
    items: Vec<NavItem>,
    current: String,
    on_navigate: EventHandler<String>,
) -> Element {
    rsx! {
        nav { class: "nav-tabs", "aria-label": label,
            ul { class: "nav-tabs__list",
                for item in items {
                    li { key: "{item.href}", class: "nav-tabs__item",
                        a {
                            class: "nav-tabs__link",
                            "data-testid": "nav{item.href.replace('/', \"-\")}",
                            href: item.href.clone(),
                            "aria-current": (item.href == current).then_some("page"),
                            "aria-keyshortcuts": item.key_hint.clone(),
                            onclick: {
                                let href = item.href.clone();
                                move |event: MouseEvent| {
                                    if is_plain_click(&event) {
                                        event.prevent_default();
                                        on_navigate.call(href.clone());
                                    }
                                }
                            },
                            if let Some(name) = item.icon {
                                Icon { name }
                            }
                            span { class: "nav-tabs__label", {item.label} }
                            if let Some(count) = item.count {
                                span {
                                    class: "nav-tabs__count",
                                    "data-alarm": item.is_alarming.then_some("true"),
                                    {i18n::number(&count.to_string())}
                                }
                            }
                            if let Some(keys) = &item.key_hint {
                                KeyHint { keys: keys.clone() }
                            }
                        }
                    }
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
    fn the_current_page_is_marked_for_everyone() {
        let items = vec![NavItem::new("/a", "All"), NavItem::new("/b", "My work")];
        let markup =
            html(move || rsx! { NavTabs { label: "Work", items, current: "/b", on_navigate: |_| {} } });
        assert_eq!(markup.matches(r#"aria-current="page""#).count(), 1);
        assert!(markup.contains(r#"href="/b" aria-current"#), "{markup}");
    }
}
