//! Fluent bundles, one per language and thread, built when the language is first asked for.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::{Language, number};

type Bundle = FluentBundle<FluentResource>;

thread_local! {
    static BUILT: RefCell<Vec<(Language, Rc<Bundle>)>> = const { RefCell::new(Vec::new()) };
}

/// The message in a given language. A key that does not exist is shown as itself: a test makes sure that
/// no such key is ever shipped, and a screen is never worth a crash.
pub fn translate_in(language: Language, key: &str, arguments: &[(&str, FluentValue<'_>)]) -> String {
    let bundle = bundle(language);
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let arguments: FluentArgs<'_> = arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned()
}

fn bundle(language: Language) -> Rc<Bundle> {
    BUILT.with_borrow_mut(|built| {
        if let Some((_, bundle)) = built.iter().find(|(known, _)| *known == language) {
            return Rc::clone(bundle);
        }
        let bundle = Rc::new(build(language));
        built.push((language, Rc::clone(&bundle)));
        bundle
    })
}

fn build(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().expect("tags of the enum are valid");
    let mut bundle = Bundle::new(vec![tag]);
    // Isolation marks would travel with copied order numbers and bar codes.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match language {
        Language::English => english_number,
        Language::Pseudo => pseudo_number,
    }));
    if language == Language::Pseudo {
        bundle.set_transform(Some(pseudo_text));
    }
    for (_, source) in language.files() {
        // A broken entry leaves the others usable; a test refuses broken files.
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn english_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    grouped(value, Language::English)
}

fn pseudo_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    grouped(value, Language::Pseudo)
}

fn grouped(value: &FluentValue<'_>, language: Language) -> Option<String> {
    match value {
        FluentValue::Number(n) => Some(number::grouped(&n.as_string(), language.separators())),
        _ => None,
    }
}

/// Accents every letter, adds two fifths of length, and brackets the run so that a cut end shows.
fn pseudo_text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_alphabetic) {
        return Cow::Borrowed(text);
    }
    let mut out = String::from("[");
    out.extend(text.chars().map(accent));
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    out.extend(std::iter::repeat_n('~', (letters * 2).div_ceil(5)));
    out.push(']');
    Cow::Owned(out)
}

fn accent(letter: char) -> char {
    const PLAIN: &str = "aceinosuyzACEINOSUYZ";
    const ACCENTED: &str = "áçéíñóšúýžÁÇÉÍÑÓŠÚÝŽ";
    PLAIN.chars().position(|plain| plain == letter).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_messages_are_grouped_as_the_language_does() {
        let days = |language| translate_in(language, "time-days", &[("count", FluentValue::from(12_345))]);
        assert!(days(Language::English).contains("12,345"));
        assert!(days(Language::Pseudo).contains("12.345"));
    }

    #[test]
    fn the_pseudo_language_is_accented_longer_and_keeps_its_values() {
        let text = translate_in(Language::Pseudo, "action-close", &[]);
        assert_eq!(text, "[Çlóšé~~]");
    }

    #[test]
    fn every_file_parses() {
        for (name, source) in Language::English.files() {
            let problem = FluentResource::try_new((*source).to_owned()).err().map(|(_, errors)| errors);
            assert_eq!(problem, None, "locales/en/{name}.ftl");
        }
    }
}
