//! The passwords of the embedded cluster's roles: drawn once, kept beside it, readable by the
//! server's user alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::edge;

#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    pub(super) admin: String,
    pub(super) owner: String,
    pub(super) app: String,
    pub(super) system: String,
}

impl Secrets {
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join("postgres.passwords.json")
    }

    pub(super) fn load(dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(dir)).ok()?).ok()
    }

    /// Draws new ones, for a cluster that is about to be made.
    pub(super) fn create(dir: &Path) -> Result<Self, Error> {
        let secrets = Self {
            admin: edge::secret(),
            owner: edge::secret(),
            app: edge::secret(),
            system: edge::secret(),
        };
        let path = Self::path(dir);
        let json = serde_json::to_vec_pretty(&secrets).unwrap_or_default();
        write_private(&path, &json).map_err(Error::file(path))?;
        Ok(secrets)
    }
}

/// Replaces a file by one that only its owner reads.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}
