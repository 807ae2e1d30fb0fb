//! One wasm module as cargo left it → its module and the JavaScript that loads it, by wasm-bindgen.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use super::files::Bundle;

/// Adds `NAME.wasm`, `NAME.js` and the snippets that the latter imports.
///
/// The script exports `init({ module_or_path })` by default and starts nothing by itself.
pub fn add(bundle: &mut Bundle, module_dir: &Path, name: &str) -> Result<()> {
    let source = module_dir.join(format!("{name}.wasm"));
    if !source.exists() {
        bail!("{} does not exist; cargo builds it before this step", source.display());
    }
    let mut output = Bindgen::new()
        .input_path(&source)
        .web(true)?
        .typescript(false)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("binding {}", source.display()))?;
    refuse_env_imports(name, output.wasm().imports.iter().map(|i| (&*i.module, &*i.name)))?;

    let wasm = output.wasm_mut().emit_wasm();
    bundle.add_hashed(&format!("{name}.wasm"), wasm);
    let mut script = output.js().to_owned();
    for (path, text) in snippets(&output) {
        // A function that no code reaches any more leaves its snippet behind without an import.
        if imports(&script, &path) {
            let served = add_snippet(bundle, &path, text)?;
            script = redirect_import(&script, &path, &served);
        }
    }
    if script.contains("from \"./snippets/") || script.contains("from './snippets/") {
        bail!("{name}.js imports a snippet that wasm-bindgen did not hand over");
    }
    bundle.add_hashed(&format!("{name}.js"), script.into_bytes());
    Ok(())
}

/// Paths (below `snippets/`) and texts of the JavaScript that crates brought along.
fn snippets(output: &wasm_bindgen_cli_support::Output) -> Vec<(String, &str)> {
    let inline = output.snippets().iter().flat_map(|(crate_id, texts)| {
        texts.iter().enumerate().map(move |(i, text)| (format!("{crate_id}/inline{i}.js"), text.as_str()))
    });
    let local = output.local_modules().iter().map(|(path, text)| (path.clone(), text.as_str()));
    let mut all: Vec<_> = inline.chain(local).collect();
    // A map has no order of its own, and a bundle must come out the same twice.
    all.sort();
    all
}

/// wasm-bindgen quotes a name in one way when it imports all of a file and in the other when it imports
/// functions of it.
const QUOTES: [char; 2] = ['"', '\''];

fn imports(script: &str, path: &str) -> bool {
    QUOTES.iter().any(|quote| script.contains(&format!("from {quote}./snippets/{path}{quote}")))
}

/// Only the import statement changes: the module asks for its imports under the old path.
fn redirect_import(script: &str, path: &str, served: &str) -> String {
    QUOTES.iter().fold(script.to_owned(), |script, quote| {
        script.replace(&format!("from {quote}./snippets/{path}{quote}"), &format!("from \"./{served}\""))
    })
}

fn add_snippet(bundle: &mut Bundle, path: &str, text: &str) -> Result<String> {
    // Renaming would break an import from one snippet to another.
    if text.contains("from\"./") || text.contains("from \"./") || text.contains("from './") {
        bail!("the snippet {path} imports another file, which the bundle does not follow");
    }
    let name = format!("snippet-{}", path.replace('/', "-"));
    bundle.add_hashed(&name, text.as_bytes().to_vec());
    Ok(bundle.served(&name)?.to_owned())
}

/// An import from `env` is a C function that nothing provides: the module would not start.
fn refuse_env_imports<'a>(name: &str, imports: impl Iterator<Item = (&'a str, &'a str)>) -> Result<()> {
    let missing: Vec<_> =
        imports.filter(|(module, _)| *module == "env").map(|(_, function)| function).collect();
    if !missing.is_empty() {
        bail!("{name}.wasm needs functions that no browser has: {}", missing.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_from_env_is_refused_by_name() {
        let imports = [("./ui_bg.js", "__wbg_log"), ("env", "strlen")];
        let error = refuse_env_imports("ui", imports.into_iter()).unwrap_err();
        assert!(error.to_string().contains("strlen"), "{error}");
        refuse_env_imports("ui", imports[..1].iter().copied()).unwrap();
    }

    #[test]
    fn an_import_follows_its_snippet_and_the_key_of_the_module_stays() {
        let script = "import * as i from \"./snippets/a/b.js\"\nreturn {\"./snippets/a/b.js\": i}";
        let redirected = redirect_import(script, "a/b.js", "b-1.js");
        assert_eq!(redirected, "import * as i from \"./b-1.js\"\nreturn {\"./snippets/a/b.js\": i}");
        let named = redirect_import("import { f } from './snippets/a/b.js';", "a/b.js", "b-1.js");
        assert_eq!(named, "import { f } from \"./b-1.js\";");
    }

    #[test]
    fn a_snippet_counts_only_where_it_is_imported() {
        let script = "import { f } from './snippets/a/b.js';\n\"./snippets/c.js\"";
        assert!(imports(script, "a/b.js"));
        assert!(!imports(script, "c.js"));
    }

    #[test]
    fn a_snippet_that_imports_another_is_refused() {
        let mut bundle = Bundle::default();
        assert!(add_snippet(&mut bundle, "a/inline0.js", "import x from './b.js'").is_err());
        let served = add_snippet(&mut bundle, "a/inline0.js", "export const x = 1").unwrap();
        assert!(served.starts_with("snippet-a-inline0-"), "{served}");
    }
}
