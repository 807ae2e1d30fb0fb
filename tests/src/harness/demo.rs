//! The demo data that stories import; it lies outside of the repository.

use std::path::PathBuf;

use anyhow::Context;

/// # Errors
/// When it is not there. Tests whose name says `demo_data` are skipped then.
pub fn directory() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("UNISON_DEMO_DATA").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/inventree-demo");
    let directory = named.unwrap_or(beside);
    directory.canonicalize().with_context(|| format!("no demo data in {}", directory.display()))
}
