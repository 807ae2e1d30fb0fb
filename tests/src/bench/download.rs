//! What the first visit of the web application downloads.

use anyhow::Context;
use serde_json::Value;

use super::lab::say;
use super::{Figures, sync};
use crate::harness::binaries;

pub fn measure() -> anyhow::Result<Figures> {
    let Ok(bundle) = binaries::web_bundle() else {
        say("no web bundle (UNISON_WEB_BUNDLE): its size is left out");
        return Ok(Figures::new());
    };
    let report: Value = serde_json::from_slice(&std::fs::read(bundle.join("bundle.json"))?)?;
    let files = report["files"].as_array().context("bundle.json lists no files")?;
    let mut total = 0;
    for file in files {
        let name = file["name"].as_str().context("a file has a name")?;
        // What is sent, and not what the report says of it.
        total += std::fs::metadata(bundle.join(format!("{name}.br")))?.len();
    }
    say(&format!("web bundle: {} files, {total} bytes with brotli", files.len()));
    Ok(Figures::from([("web-bundle", sync::megabytes(total))]))
}
