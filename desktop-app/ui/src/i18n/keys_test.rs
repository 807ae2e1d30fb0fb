//! Code and locale files agree: every key that the sources name exists with exactly the variables they
//! give, and no text lies around unused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Language;

type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_key_that_the_code_uses_exists_with_the_same_variables() {
    let defined = defined();
    let mut problems = Vec::new();
    for (key, variables, place) in used() {
        match defined.get(&key) {
            None => problems.push(format!("{place}: no message {key}")),
            Some(wanted) if *wanted != variables => {
                problems.push(format!("{place}: {key} wants {wanted:?} and is given {variables:?}"));
            }
            Some(_) => {}
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_key_of_the_files_is_used() {
    let used: BTreeSet<String> = used().into_iter().map(|(key, ..)| key).collect();
    let unused: Vec<String> = defined().into_keys().filter(|key| !used.contains(key)).collect();
    assert!(unused.is_empty(), "never used: {unused:?}");
}

#[test]
fn no_key_is_defined_twice() {
    let mut seen = BTreeSet::new();
    for (file, source) in Language::English.files() {
        for key in source.lines().filter_map(key_of_line) {
            assert!(seen.insert(key.to_owned()), "{key} again in {file}.ftl");
        }
    }
}

#[test]
fn every_file_of_the_directory_is_part_of_the_language() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales/en");
    let on_disk: BTreeSet<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let embedded: BTreeSet<String> =
        Language::English.files().iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(on_disk, embedded);
}

#[test]
fn the_scanner_reads_names_of_arguments_and_skips_values() {
    let source = format!("{}!(\"a-key\", count = f(x, \"b = c\"), name = y == z)", "t");
    let found = calls(&source);
    let names: BTreeSet<String> = ["count", "name"].map(str::to_owned).into();
    assert_eq!(found, [("a-key".to_owned(), names)]);
}

/// Key → variables, from the files.
fn defined() -> Uses {
    let mut uses = Uses::new();
    for (_, source) in Language::English.files() {
        let mut key = None;
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some(found) = key_of_line(line) {
                uses.insert(found.to_owned(), BTreeSet::new());
                key = Some(found.to_owned());
            }
            let Some(variables) = key.as_ref().and_then(|key| uses.get_mut(key)) else { continue };
            for rest in line.split('$').skip(1) {
                variables.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    uses
}

fn key_of_line(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    let starts = key.starts_with(|c: char| c.is_ascii_lowercase());
    (starts && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).then_some(key)
}

/// Every `t!` of the crate's sources: key, names of arguments, file.
fn used() -> Vec<(String, BTreeSet<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let mut found = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&root).unwrap().display().to_string();
        // Doc comments show the macro too.
        let code: String =
            source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        found.extend(calls(&code).into_iter().map(|(key, names)| (key, names, place.clone())));
    }
    found
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn calls(source: &str) -> Vec<(String, BTreeSet<String>)> {
    // Written in two parts, so that this file does not find itself.
    let opening = concat!("t!", "(");
    let mut found = Vec::new();
    for (at, _) in source.match_indices(opening) {
        let before = source[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some(body) = balanced(&source[at + opening.len()..]) else { continue };
        let mut parts = split_top(body).into_iter();
        let Some(key) = parts.next().and_then(|part| part.trim().strip_prefix('"')?.strip_suffix('"')) else {
            continue;
        };
        let names =
            parts.filter_map(|part| part.split_once('=')).map(|(name, _)| name.trim().to_owned()).collect();
        found.push((key.to_owned(), names));
    }
    found
}

/// The text up to the parenthesis that closes the one just opened.
fn balanced(text: &str) -> Option<&str> {
    let mut depth = 1;
    let mut in_string = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => in_string = !in_string,
            '(' | '[' | '{' if !in_string => depth += 1,
            ')' | ']' | '}' if !in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[..at]);
        }
    }
    None
}

/// The parts between the commas that are in no bracket and no string.
fn split_top(text: &str) -> Vec<&str> {
    let (mut depth, mut in_string, mut from) = (0, false, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => in_string = !in_string,
            '(' | '[' | '{' if !in_string => depth += 1,
            ')' | ']' | '}' if !in_string => depth -= 1,
            ',' if depth == 0 && !in_string => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}
