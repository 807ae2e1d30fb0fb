//! The tokens keep the contrasts that UX asks for, in every theme: text 7:1, edges and marks 3:1. And
//! nothing but the tokens says a colour.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Tokens = BTreeMap<String, String>;

const SURFACES: [&str; 3] = ["bg", "surface", "raised"];
const TEXTS: [&str; 6] = ["text", "muted", "danger-text", "warning-text", "good-text", "info-text"];
const EDGES: [&str; 6] =
    ["border-strong", "accent", "focus", "alarm-edge", "progress-good", "progress-scrap"];
const STATES: [&str; 8] = ["run", "down", "setup", "idle", "starved", "maintenance", "offline", "unsynced"];

#[test]
fn text_keeps_seven_to_one_on_every_surface_of_every_theme() {
    for (theme, tokens) in themes() {
        for text in TEXTS {
            for surface in SURFACES {
                assert_contrast(theme, &tokens, &color(text), &color(surface), 7.0);
            }
        }
        for kind in ["danger", "warning", "good", "info"] {
            assert_contrast(
                theme,
                &tokens,
                &color(&format!("{kind}-text")),
                &color(&format!("{kind}-soft")),
                7.0,
            );
        }
        for fill in ["primary", "primary-hover", "primary-pressed"] {
            let least = if fill == "primary-hover" { 4.5 } else { 7.0 };
            assert_contrast(theme, &tokens, &color("on-primary"), &color(fill), least);
        }
        assert_contrast(theme, &tokens, &color("chrome-text"), &color("chrome"), 7.0);
        assert_contrast(theme, &tokens, &color("chrome-muted"), &color("chrome"), 7.0);
        assert_contrast(theme, &tokens, &color("placeholder"), &color("raised"), 4.5);
    }
}

#[test]
fn edges_and_marks_keep_three_to_one() {
    for (theme, tokens) in themes() {
        for edge in EDGES {
            for surface in SURFACES {
                assert_contrast(theme, &tokens, &color(edge), &color(surface), 3.0);
            }
        }
    }
}

#[test]
fn the_words_of_states_keep_seven_to_one() {
    for (theme, tokens) in themes() {
        for state in STATES {
            assert_contrast(
                theme,
                &tokens,
                &format!("--state-{state}-fg"),
                &format!("--state-{state}-bg"),
                7.0,
            );
        }
    }
}

#[test]
fn people_and_danger_keep_seven_to_one() {
    for (theme, tokens) in themes() {
        for shade in 1..=4 {
            assert_contrast(theme, &tokens, "--color-on-person", &color(&format!("person-{shade}")), 7.0);
        }
        assert_contrast(theme, &tokens, "--color-on-danger", "--color-danger", 7.0);
    }
}

#[test]
fn only_the_theme_says_a_colour() {
    let mut sheets = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sheets);
    assert!(!sheets.is_empty());
    let mut offenders = Vec::new();
    for sheet in sheets {
        let css = fs::read_to_string(&sheet).unwrap();
        for (at, line) in css.lines().enumerate().filter(|(_, line)| has_color(line)) {
            offenders.push(format!("{}:{}: {}", sheet.display(), at + 1, line.trim()));
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

fn collect(directory: &Path, sheets: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sheets);
        } else if path.extension().is_some_and(|extension| extension == "css") {
            sheets.push(path);
        }
    }
}

/// A hexadecimal colour, or a function that makes one, in a declaration.
fn has_color(line: &str) -> bool {
    let Some((_, value)) = line.split_once(':') else { return false };
    let is_hex = |rest: &str| rest.chars().take_while(char::is_ascii_hexdigit).count() >= 3;
    value.split('#').skip(1).any(is_hex)
        || ["rgb(", "rgba(", "hsl("].iter().any(|function| value.contains(function))
}

fn color(name: &str) -> String {
    format!("--color-{name}")
}

fn assert_contrast(theme: &str, tokens: &Tokens, one: &str, other: &str, least: f64) {
    let ratio = contrast(&tokens[one], &tokens[other]);
    assert!(ratio >= least, "{theme}: {one} on {other} is {ratio:.2}, wanted {least}");
}

/// Every token with the value it has in each theme.
fn themes() -> [(&'static str, Tokens); 3] {
    let css = include_str!("../assets/theme.css");
    let base = declarations(css, ":root {");
    let pick = |dark: bool| -> Tokens {
        base.iter().map(|(name, value)| (name.clone(), of_scheme(value, dark))).collect()
    };
    let mut contrast = pick(true);
    contrast.extend(declarations(css, ":root[data-theme=\"contrast\"] {"));
    [("light", pick(false)), ("dark", pick(true)), ("contrast", contrast)]
}

fn declarations(css: &str, opening: &str) -> Tokens {
    let from = css.find(opening).unwrap() + opening.len();
    let block = &css[from..from + css[from..].find('}').unwrap()];
    let pairs = block.split(';').filter_map(|line| line.rsplit("*/").next()?.trim().split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

fn of_scheme(value: &str, dark: bool) -> String {
    let Some(inner) = value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) else {
        return value.to_owned();
    };
    inner.split(',').nth(usize::from(dark)).unwrap().trim().to_owned()
}

/// The contrast ratio of WCAG 2.
fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(hex: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}
