//! Where things are in the work tree and in cargo's target directory.

use std::path::{Path, PathBuf};

/// The root of the work tree this binary was compiled from.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root of the workspace")
}

/// Where cargo leaves the wasm modules of a profile.
pub fn module_dir(target_dir: &Path, profile: &str) -> PathBuf {
    let directory = if profile == "dev" { "debug" } else { profile };
    target_dir.join("wasm32-unknown-unknown").join(directory)
}
