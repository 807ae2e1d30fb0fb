use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::components::roving::{self, Layout};
use crate::dom::{self, use_id};
use crate::t;

/// What fits without reading a list.
const AT_FIRST: usize = 8;
const COLUMNS: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct ReasonTile {
    pub id: String,
    pub label: String,
    pub icon: Option<IconName>,
    /// The address of a picture; goes before the icon.
    pub picture: Option<String>,
}

impl ReasonTile {
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        ReasonTile { id: id.into(), label: label.into(), icon: None, picture: None }
    }

    #[must_use]
    pub fn with_icon(mut self, icon: IconName) -> Self {
        self.icon = Some(icon);
        self
    }
}

/// One of the reasons. Arrow keys move, Space chooses.
#[component]
pub fn ReasonTiles(
    label: String,
    tiles: Vec<ReasonTile>,
    selected: Option<String>,
    on_select: EventHandler<String>,
    #[props(default)] hide_label: bool,
) -> Element {
    let group = use_id("reasons");
    let mut shows_all = use_signal(|| false);
    let chosen = selected.as_ref().and_then(|id| tiles.iter().position(|tile| tile.id == *id));
    let is_hidden = chosen.is_some_and(|at| at >= AT_FIRST);
    let n_hidden = tiles.len().saturating_sub(AT_FIRST);
    // One single hidden tile would take no more room than the button that shows it.
    let is_short = n_hidden > 1 && !shows_all() && !is_hidden;
    let n_shown = if is_short { AT_FIRST - 1 } else { tiles.len() };
    let stop = chosen.filter(|at| *at < n_shown).unwrap_or(0);
    let ids: Vec<String> = tiles.iter().take(n_shown).map(|tile| tile.id.clone()).collect();
    rsx! {
        div {
            class: "reason-tiles",
            role: "radiogroup",
            "aria-labelledby": "{group}-label",
            onkeydown: {
                let group = group.clone();
                move |event: KeyboardEvent| {
                    let layout = Layout::Grid { columns: COLUMNS };
                    if let Some(to) = roving::next(&event.key(), stop, n_shown, layout) {
                        event.prevent_default();
                        on_select.call(ids[to].clone());
                        dom::focus(&format!("{group}-{to}"));
                    }
                }
            },
            p { class: if hide_label { "visually-hidden" } else { "reason-tiles__label" }, id: "{group}-label", {label} }
            div { class: "reason-tiles__grid",
                for (at, tile) in tiles.into_iter().take(n_shown).enumerate() {
                    button {
                        key: "{tile.id}",
                        class: "reason-tiles__tile",
                        id: "{group}-{at}",
                        r#type: "button",
                        "data-testid": "reason-{tile.id}",
                        role: "radio",
                        tabindex: if at == stop { "0" } else { "-1" },
                        "aria-checked": if chosen == Some(at) { "true" } else { "false" },
                        onclick: {
                            let id = tile.id.clone();
                            move |_| on_select.call(id.clone())
                        },
                        Face { tile: tile.clone() }
                        if chosen == Some(at) {
                            Icon { name: IconName::CheckCircle, class: "reason-tiles__mark" }
                        }
                    }
                }
                if is_short {
                    button {
                        class: "reason-tiles__tile reason-tiles__tile--more",
                        r#type: "button",
                        "data-testid": "reasons-more",
                        "aria-expanded": "false",
                        onclick: move |_| shows_all.set(true),
                        span { class: "reason-tiles__picture", {t!("reason-tiles-hidden", count = n_hidden + 1)} }
                        span { class: "reason-tiles__name", {t!("action-more")} }
                    }
                }
            }
        }
    }
}

#[component]
fn Face(tile: ReasonTile) -> Element {
    let initials: String =
        tile.label.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    rsx! {
        span { class: "reason-tiles__picture", "aria-hidden": "true",
            if let Some(src) = tile.picture {
                img { src, alt: "", loading: "lazy" }
            } else if let Some(name) = tile.icon {
                Icon { name }
            } else {
                {initials.to_uppercase()}
            }
        }
        span { class: "reason-tiles__name", {tile.label} }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    fn tiles(count: usize) -> Vec<ReasonTile> {
        (0..count).map(|i| ReasonTile::new(format!("r{i}"), format!("Reason {i}"))).collect()
    }

    fn n_radios(markup: &str) -> usize {
        markup.matches(r#"role="radio""#).count()
    }

    #[test]
    fn eight_reasons_are_shown_at_once() {
        let markup = html(move || rsx! { ReasonTiles { label: "Why", tiles: tiles(8), on_select: |_| {} } });
        assert_eq!(n_radios(&markup), 8);
    }

    #[test]
    fn more_than_eight_hide_behind_one_tile() {
        let markup = html(move || rsx! { ReasonTiles { label: "Why", tiles: tiles(12), on_select: |_| {} } });
        assert_eq!(n_radios(&markup), 7);
        assert!(markup.contains("+5"), "{markup}");
    }

    #[test]
    fn a_chosen_reason_is_never_hidden() {
        let markup = html(move || {
            rsx! {
                ReasonTiles { label: "Why", tiles: tiles(12), selected: "r11", on_select: |_| {} }
            }
        });
        assert_eq!(n_radios(&markup), 12);
        assert_eq!(markup.matches(r#"aria-checked="true""#).count(), 1);
    }

    #[test]
    fn the_group_is_one_tab_stop() {
        let markup = html(move || {
            rsx! {
                ReasonTiles { label: "Why", tiles: tiles(6), selected: "r3", on_select: |_| {} }
            }
        });
        assert_eq!(markup.matches(r#"tabindex="0""#).count(), 1);
    }
}
