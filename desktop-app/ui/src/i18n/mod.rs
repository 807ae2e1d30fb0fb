//! Every string a person reads. Texts are Fluent messages in `locales/<language>/<feature>.ftl`; code
//! names them with `t!("key", name = value)`. The language comes from a context, so that one operator at
//! a shared terminal may read another language than the next; without the context it is English.
//!
//! Numbers inside messages are grouped and pointed as the language does it. Clock times arrive as text:
//! only the replica knows the plant's time zone.

mod bundle;
mod language;
mod number;

#[cfg(test)]
mod keys_test;

use dioxus::core::Runtime;
use dioxus::prelude::*;

pub use bundle::translate_in;
pub use fluent_bundle::FluentValue;
pub use language::Language;
pub use number::{Separators, ungroup};

/// Who reads: the language of this part of the tree. Provided at the root, and again where a shared
/// terminal switches to another operator.
#[derive(Clone, Copy, PartialEq)]
pub struct I18n {
    language: Signal<Language>,
}

impl I18n {
    pub fn language(&self) -> Language {
        (self.language)()
    }

    pub fn speak(&mut self, language: Language) {
        self.language.set(language);
    }
}

/// Provides the language to everything below the calling component.
pub fn use_i18n_provider(language: Language) -> I18n {
    let language = use_signal(|| language);
    use_context_provider(|| I18n { language })
}

/// The language of the calling component; a change of it renders the component again.
pub fn language() -> Language {
    if Runtime::try_current().is_none() {
        return Language::default();
    }
    try_consume_context::<I18n>().map_or_else(Language::default, |i18n| i18n.language())
}

/// The function behind [`t!`](crate::t).
pub fn translate(key: &str, arguments: &[(&str, FluentValue<'_>)]) -> String {
    translate_in(language(), key, arguments)
}

/// A plain decimal ("1234.5") as people write it here ("1,234.5").
pub fn number(plain: &str) -> String {
    number::grouped(plain, language().separators())
}

/// A span of time in its largest unit: "2 h", "3 d". Under a minute it is "now".
pub fn span(secs: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match secs {
        s if s < MINUTE => crate::t!("time-now"),
        s if s < HOUR => crate::t!("time-minutes", count = s / MINUTE),
        s if s < DAY => crate::t!("time-hours", count = s / HOUR),
        s => crate::t!("time-days", count = s / DAY),
    }
}

/// A message in the reader's language: `t!("sync-sending", count = 3)`. The key is a literal, so that a
/// test finds every use of it.
#[macro_export]
macro_rules! t {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::i18n::translate($key, &[$((stringify!($name), $crate::i18n::FluentValue::from($value))),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        assert_eq!(span(59), "now");
        assert_eq!(span(61), "1 min");
        assert_eq!(span(2 * 3600 + 5), "2 h");
        assert_eq!(span(3 * 86_400), "3 d");
    }

    #[test]
    fn the_language_of_the_context_reaches_the_text() {
        fn root() -> Element {
            use_i18n_provider(Language::Pseudo);
            rsx! { {t!("action-close")} }
        }
        let mut dom = VirtualDom::new(root);
        dom.rebuild_in_place();
        assert!(dioxus_ssr::render(&dom).starts_with('['), "the pseudo language marks its strings");
    }
}
