use dioxus::prelude::*;

use crate::components::roving::{self, Layout};
use crate::dom::{self, use_id};
use crate::i18n;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    pub id: String,
    pub label: String,
    pub count: Option<u64>,
}

impl Tab {
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Tab { id: id.into(), label: label.into(), count: None }
    }

    #[must_use]
    pub fn with_count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// The children are the panel of the selected tab.
#[component]
pub fn Tabs(
    label: String,
    tabs: Vec<Tab>,
    selected: String,
    on_select: EventHandler<String>,
    children: Element,
) -> Element {
    let id = use_id("tabs");
    let panel_id = format!("{id}-panel");
    let at = tabs.iter().position(|tab| tab.id == selected).unwrap_or(0);
    let ids: Vec<String> = tabs.iter().map(|tab| tab.id.clone()).collect();
    rsx! {
        div { class: "tabs",
            div {
                class: "tabs__list",
                role: "tablist",
                "aria-label": label,
                onkeydown: {
                    let id = id.clone();
                    move |event: KeyboardEvent| {
                        if let Some(to) = roving::next(&event.key(), at, ids.len(), Layout::Row) {
                            event.prevent_default();
                            on_select.call(ids[to].clone());
                            dom::focus(&format!("{id}-{to}"));
                        }
                    }
                },
                for (i, tab) in tabs.into_iter().enumerate() {
                    button {
                        key: "{tab.id}",
                        class: "tabs__tab",
                        "data-testid": "tab-{tab.id}",
                        id: "{id}-{i}",
                        r#type: "button",
                        role: "tab",
                        tabindex: if i == at { "0" } else { "-1" },
                        "aria-selected": if i == at { "true" } else { "false" },
                        "aria-controls": panel_id.clone(),
                        onclick: {
                            let chosen = tab.id.clone();
                            move |_| on_select.call(chosen.clone())
                        },
                        {tab.label.clone()}
                        if let Some(count) = tab.count {
                            span { class: "tabs__count", {i18n::number(&count.to_string())} }
                        }
                    }
                }
            }
            div { class: "tabs__panel", id: panel_id, role: "tabpanel", "aria-labelledby": "{id}-{at}", {children} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn one_tab_is_selected_and_it_names_the_panel() {
        let tabs = vec![Tab::new("a", "Operations"), Tab::new("b", "Materials").with_count(7)];
        let markup = html(move || {
            rsx! {
                Tabs { label: "Order", tabs, selected: "b", on_select: |_| {}, "panel" }
            }
        });
        assert_eq!(markup.matches(r#"aria-selected="true""#).count(), 1);
        let named_by = markup.split(r#"aria-labelledby=""#).nth(1).unwrap().split('"').next().unwrap();
        assert!(named_by.ends_with("-1") && markup.contains(&format!(r#"id="{named_by}""#)), "{markup}");
    }
}
