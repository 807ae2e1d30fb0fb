use dioxus::prelude::*;

use super::BadgeState;
use crate::components::icon::{Icon, IconName};

#[component]
pub fn StateBadge(
    state: BadgeState,
    /// Instead of the state's word: "Paused 12 min".
    label: Option<String>,
    /// Who says so, as an icon: a hand, a machine.
    source: Option<IconName>,
    /// For the head of a card.
    #[props(default)]
    large: bool,
) -> Element {
    rsx! {
        span {
            class: "state-badge",
            "data-state": state.attribute(),
            "data-large": large.then_some("true"),
            span { class: "state-badge__pattern", "aria-hidden": "true" }
            Icon { name: state.icon() }
            span { class: "state-badge__word", {label.unwrap_or_else(|| state.word())} }
            if let Some(name) = source {
                Icon { name, class: "state-badge__source" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn every_state_has_a_word_an_icon_and_a_look_of_its_own() {
        for state in BadgeState::ALL {
            let markup = html(move || rsx! { StateBadge { state } });
            assert!(markup.contains(&state.word()), "{markup}");
            assert!(markup.contains("<svg"), "{markup}");
            let css = include_str!("style.css");
            let rule = format!(r#"[data-state="{}"]"#, state.attribute());
            assert!(css.contains(&rule), "no look for {rule}");
        }
    }
}
