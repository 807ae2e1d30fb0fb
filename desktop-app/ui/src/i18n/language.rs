//! The languages, their texts and their number signs.

use super::Separators;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    English,
    /// Made from English in code: accented, 40 % longer, with a decimal comma. A screen that holds in it
    /// holds in any translation, and a string without accents is a string that skipped translation.
    Pseudo,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Pseudo];

    /// The BCP 47 tag, as in the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Pseudo => "en-XA",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    pub fn separators(self) -> Separators {
        match self {
            Language::English => Separators { decimal: '.', group: ',' },
            Language::Pseudo => Separators { decimal: ',', group: '.' },
        }
    }

    /// Name and content of every file of the language, one per feature.
    pub(super) fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Language::English | Language::Pseudo => ENGLISH,
        }
    }
}

macro_rules! files {
    ($directory:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../locales/", $directory, "/", $name, ".ftl")))),*]
    };
}

const ENGLISH: &[(&str, &str)] = files!(
    "en": "attention", "common", "components", "exceptions", "operator", "orders", "settings", "setup", "shell", "stock", "sync", "words"
);
