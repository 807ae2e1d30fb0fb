//! How the page looks to this person: theme, size of text. Kept in the browser, never synced: a tablet in
//! the sun and a desk in an office want different things from the same account.

use dioxus::prelude::*;

use crate::dom;

const THEME_KEY: &str = "unison.theme";
const TEXT_KEY: &str = "unison.text";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// What the operating system asks for.
    #[default]
    System,
    Light,
    Dark,
    Contrast,
}

impl Theme {
    pub const ALL: [Theme; 4] = [Theme::System, Theme::Light, Theme::Dark, Theme::Contrast];

    /// The value of `data-theme`; none leaves the choice to the media queries.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
            Theme::Contrast => Some("contrast"),
        }
    }

    fn from_attribute(value: Option<&str>) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.attribute() == value).unwrap_or_default()
    }
}

/// Sizes of targets and text: a finger in a glove, or a mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    Operator,
    #[default]
    Office,
}

impl Density {
    pub fn attribute(self) -> &'static str {
        match self {
            Density::Operator => "operator",
            Density::Office => "office",
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub struct Appearance {
    theme: Signal<Theme>,
    large_text: Signal<bool>,
}

impl Appearance {
    pub fn theme(&self) -> Theme {
        (self.theme)()
    }

    pub fn choose(&mut self, theme: Theme) {
        self.theme.set(theme);
        dom::set_root_attribute("data-theme", theme.attribute());
        dom::remember(THEME_KEY, theme.attribute());
    }

    pub fn large_text(&self) -> bool {
        (self.large_text)()
    }

    pub fn enlarge(&mut self, large: bool) {
        self.large_text.set(large);
        dom::remember(TEXT_KEY, large.then_some("large"));
    }
}

/// Provides the remembered appearance to everything below, and shows key hints from the first press of a
/// hardware keyboard on.
pub fn use_appearance_provider() -> Appearance {
    let theme = use_signal(|| Theme::from_attribute(dom::remembered(THEME_KEY).as_deref()));
    let large_text = use_signal(|| dom::remembered(TEXT_KEY).is_some());
    use_hook(|| {
        dom::set_root_attribute("data-theme", theme.peek().attribute());
        dom::on_first_key(|| dom::set_root_attribute("data-keyboard", Some("true")));
    });
    use_context_provider(|| Appearance { theme, large_text })
}

pub fn use_appearance() -> Appearance {
    use_context()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_survives_being_remembered() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_attribute(theme.attribute()), theme);
        }
    }

    #[test]
    fn an_unknown_theme_falls_back_to_the_system_s() {
        assert_eq!(Theme::from_attribute(Some("sepia")), Theme::System);
    }

    #[test]
    fn the_two_high_contrast_blocks_are_equal() {
        let css = include_str!("../assets/theme.css");
        let block = |start: &str| {
            let from = css.find(start).unwrap_or_else(|| panic!("{start} is in theme.css")) + start.len();
            let to = css[from..].find('}').map_or(css.len(), |at| from + at);
            css[from..to].split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            block(":root[data-theme=\"contrast\"] {"),
            block("@media (prefers-contrast: more) {\n    :root:not([data-theme]) {")
        );
    }
}
