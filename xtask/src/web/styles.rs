//! One small style sheet from the sheets that lie beside the components.
//!
//! Order: `assets/theme.css`, `assets/base.css`, components, screens, each folder by path. A sheet
//! that names no layer belongs to the layer of its folder, so that a screen always wins over a
//! component and a component over the tokens, whatever the selectors.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};

const LAYERS: &str = "@layer reset, tokens, components, screens;\n";

/// Reads, checks and joins the sheets of the `ui` crate.
pub fn collect(ui: &Path) -> Result<String> {
    let mut joined = LAYERS.to_owned();
    for (path, layer) in sheets(ui)? {
        let css = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        // Parsed alone first, so that a mistake is reported with its own file and line.
        minified(&css).with_context(|| format!("in {}", path.display()))?;
        joined.push_str(&layered(&css, layer));
        joined.push('\n');
    }
    minified(&joined)
}

fn sheets(ui: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let mut all = vec![(ui.join("assets/theme.css"), "tokens"), (ui.join("assets/base.css"), "reset")];
    for (folder, layer) in [("src/components", "components"), ("src/screens", "screens")] {
        let mut found = Vec::new();
        walk(&ui.join(folder), &mut found)?;
        found.sort();
        all.extend(found.into_iter().map(|path| (path, layer)));
    }
    Ok(all)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "css") {
            found.push(path);
        }
    }
    Ok(())
}

fn layered(css: &str, layer: &str) -> String {
    if css.contains("@layer") { css.to_owned() } else { format!("@layer {layer} {{\n{css}\n}}") }
}

fn minified(css: &str) -> Result<String> {
    let mut sheet = StyleSheet::parse(css, ParserOptions::default()).map_err(|e| anyhow!("{e}"))?;
    sheet.minify(MinifyOptions::default()).map_err(|e| anyhow!("{e}"))?;
    let printed = sheet.to_css(PrinterOptions { minify: true, ..PrinterOptions::default() })?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_without_a_layer_joins_the_layer_of_its_folder() {
        assert_eq!(layered("a{}", "screens"), "@layer screens {\na{}\n}");
        assert_eq!(layered("@layer tokens{a{}}", "screens"), "@layer tokens{a{}}");
    }

    #[test]
    fn a_mistake_is_reported_with_its_line() {
        let error = minified("a { color: red }\n} b {").unwrap_err();
        assert!(error.to_string().contains(":1:"), "{error}");
    }

    #[test]
    fn the_sheets_of_this_project_join_without_a_mistake() {
        let css = collect(&crate::workspace::root().join("desktop-app/ui")).unwrap();
        // The minifier leaves the list of layers out where their first blocks come in its order.
        let mut layers: Vec<&str> = Vec::new();
        for named in css.split("@layer ").skip(1) {
            for layer in named.split(['{', ';']).next().unwrap_or_default().split(',') {
                if !layers.contains(&layer) {
                    layers.push(layer);
                }
            }
        }
        assert_eq!(layers, ["reset", "tokens", "components", "screens"]);
        assert!(!css.contains("/*"), "comments are left out");
    }
}
