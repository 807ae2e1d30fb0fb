//! The web bundle: two wasm modules (the screens, and the worker that owns the replica), one style
//! sheet, the service worker with its precache list, and a compressed copy beside every file.
//!
//! Every file except the entry points carries a hash of its content in its name, so that a browser
//! and the service worker may keep it for ever.

mod files;
mod modules;
mod precache;
mod styles;

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::workspace;
use files::Bundle;

/// Pictures that the page and the manifest point at.
const ICONS: &[&str] = &[
    "icon.svg",
    "favicon-32.png",
    "apple-touch-180.png",
    "icon-192.png",
    "icon-512.png",
    "maskable-512.png",
];

/// Writes the bundle made from the modules in `module_dir` to `out`.
///
/// The bundle appears under `out` only when it is complete: an interrupted build leaves what was
/// there before.
pub fn build(out: &Path, module_dir: &Path) -> Result<()> {
    let root = workspace::root();
    let assets = root.join("desktop-app/ui/assets");
    let mut bundle = Bundle::default();

    for name in ICONS {
        bundle.add_hashed(name, read(&root.join("icons").join(name))?);
    }
    bundle.add_hashed("app.css", styles::collect(&root.join("desktop-app/ui"))?.into_bytes());
    modules::add(&mut bundle, module_dir, "ui")?;
    modules::add(&mut bundle, module_dir, "worker")?;
    for name in ["start.js", "start-worker.js"] {
        let script = bundle.fill(&read_text(&assets.join(name))?)?;
        bundle.add_hashed(name, script.into_bytes());
    }
    for name in ["index.html", "manifest.webmanifest"] {
        let text = bundle.fill(&read_text(&assets.join(name))?)?;
        bundle.add_entry(name, text.into_bytes());
    }
    bundle.add_entry("favicon.ico", read(&root.join("icons/icon.ico"))?);
    let worker = precache::service_worker(&bundle, &read_text(&assets.join("sw.js"))?)?;
    bundle.add_entry("sw.js", worker.into_bytes());

    bundle.write(out)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
