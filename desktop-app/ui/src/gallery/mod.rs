//! Every component in every state, at `/gallery`: to look at while changing a component, and for the
//! tests that look with a browser. Not part of the shipped bundle; its words are not translated.

mod messages;
mod office;
mod operator;
mod parts;

use dioxus::prelude::*;

use crate::appearance::{Density, Theme, use_appearance};
use crate::components::{Frame, NavItem, NavTabs, PillState, Select, SelectOption, SyncPill, TopBar};
use crate::dom;
use crate::i18n::{I18n, Language};

#[component]
pub fn Gallery() -> Element {
    let mut appearance = use_appearance();
    let mut i18n = use_context::<I18n>();
    let mut part = use_signal(|| dom::hash().trim_start_matches('#').to_owned());
    let pages =
        [("operator", "Operator"), ("office", "Office"), ("parts", "Parts"), ("messages", "Messages")];
    let current = if part().is_empty() { "operator".to_owned() } else { part() };
    let density = if current == "office" { Density::Office } else { Density::Operator };
    let items: Vec<NavItem> =
        pages.iter().map(|(id, label)| NavItem::new(format!("#{id}"), *label)).collect();
    rsx! {
        Frame {
            density,
            title: "Gallery",
            fixed: current == "operator",
            bar: rsx! {
                TopBar {
                    plant: "Gallery",
                    place: "CNC-2 · Milling",
                    clock: "14:02",
                    sync: rsx! {
                        SyncPill { state: PillState::Offline { count: 3, oldest: Some("2 h".into()) }, onclick: |()| {} }
                    },
                    NavTabs {
                        label: "Parts of the gallery",
                        items,
                        current: format!("#{current}"),
                        on_navigate: move |href: String| part.set(href.trim_start_matches('#').to_owned()),
                    }
                    div { style: "display:flex;gap:8px;align-items:center;margin-inline-start:auto", "data-density": "office",
                        Select {
                            label: "Theme",
                            hide_label: true,
                            value: appearance.theme().attribute().unwrap_or("system"),
                            options: vec![
                                SelectOption::new("system", "System"),
                                SelectOption::new("light", "Light"),
                                SelectOption::new("dark", "Dark"),
                                SelectOption::new("contrast", "Contrast"),
                            ],
                            on_change: move |value: String| {
                                let theme = Theme::ALL.into_iter().find(|theme| theme.attribute() == Some(value.as_str()));
                                appearance.choose(theme.unwrap_or_default());
                            },
                        }
                        Select {
                            label: "Language",
                            hide_label: true,
                            value: i18n.language().tag(),
                            options: Language::ALL.into_iter().map(|l| SelectOption::new(l.tag(), l.tag())).collect::<Vec<_>>(),
                            on_change: move |tag: String| i18n.speak(Language::from_tag(&tag).unwrap_or_default()),
                        }
                    }
                }
            },
            match current.as_str() {
                "office" => rsx! { office::Office {} },
                "parts" => rsx! { parts::Parts {} },
                "messages" => rsx! { messages::Messages {} },
                _ => rsx! { operator::Operator {} },
            }
        }
    }
}

/// A titled row of examples.
#[component]
fn Shelf(title: String, children: Element) -> Element {
    rsx! {
        section { style: "display:flex;flex-direction:column;gap:10px",
            h2 { style: "font-size:var(--text-label);color:var(--color-muted)", {title} }
            div { style: "display:flex;flex-wrap:wrap;gap:12px;align-items:center", {children} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[component]
    fn Stage(language: Language) -> Element {
        crate::i18n::use_i18n_provider(language);
        crate::appearance::use_appearance_provider();
        crate::components::toast::use_toasts_provider();
        rsx! {
            operator::Operator {}
            office::Office {}
            parts::Parts {}
            messages::Messages {}
        }
    }

    #[test]
    fn every_component_renders_in_every_language() {
        for language in Language::ALL {
            let markup = html(move || rsx! { Stage { language } });
            assert!(markup.contains("board__card") || markup.contains("data-table__row"), "{markup}");
        }
    }

    #[test]
    fn no_two_elements_share_an_id() {
        let markup = html(move || rsx! { Stage { language: Language::English } });
        let mut ids: Vec<&str> =
            markup.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        ids.sort_unstable();
        let n_ids = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), n_ids);
    }
}
