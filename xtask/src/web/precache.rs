//! The service worker: the script of `assets/sw.js` under the list of files it keeps.

use anyhow::Result;

use super::files::Bundle;

/// Served for every page, so it is kept under the address of the page.
const PAGE: &str = "index.html";

pub fn service_worker(bundle: &Bundle, script: &str) -> Result<String> {
    let paths: Vec<String> =
        bundle.names().map(|name| if name == PAGE { "/".to_owned() } else { format!("/{name}") }).collect();
    Ok(format!(
        "const VERSION = {};\nconst PRECACHE = {};\n\n{script}",
        serde_json::to_string(&bundle.version())?,
        serde_json::to_string_pretty(&paths)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_kept_under_its_address_and_the_rest_under_their_names() {
        let mut bundle = Bundle::default();
        bundle.add_entry("index.html", b"<p>".to_vec());
        bundle.add_entry("manifest.webmanifest", b"{}".to_vec());
        let script = service_worker(&bundle, "start();").unwrap();
        assert!(script.contains("[\n  \"/\",\n  \"/manifest.webmanifest\"\n]"), "{script}");
        assert!(script.ends_with("start();"));
    }

    #[test]
    fn a_changed_page_makes_another_version() {
        let with = |page: &[u8]| {
            let mut bundle = Bundle::default();
            bundle.add_entry("index.html", page.to_vec());
            service_worker(&bundle, "").unwrap()
        };
        assert_ne!(with(b"a"), with(b"b"));
    }
}
