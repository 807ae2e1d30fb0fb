//! What a story leaves behind for people to look at: screenshots of each step, logs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The directory of one story's artefacts: below `UNISON_ARTIFACTS`, or a temporary one.
#[derive(Debug)]
pub struct Artifacts {
    directory: PathBuf,
    step: AtomicU32,
}

impl Artifacts {
    /// An empty directory for a story.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn of(story: &str) -> anyhow::Result<Self> {
        let all = std::env::var_os("UNISON_ARTIFACTS")
            .map_or_else(|| std::env::temp_dir().join("unison-artifacts"), PathBuf::from);
        let directory = all.join(story);
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        Ok(Self { directory, step: AtomicU32::new(0) })
    }

    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of the next step, numbered in the order of the story.
    #[must_use]
    pub fn next(&self, name: &str, extension: &str) -> PathBuf {
        let step = self.step.fetch_add(1, Ordering::Relaxed) + 1;
        self.directory.join(format!("{step:02}-{name}.{extension}"))
    }
}
