//! Where the PostgreSQL server is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// The oldest version that has what the schema needs.
const OLDEST: u32 = 15;

#[derive(Clone, Debug)]
pub(super) struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// The newest installed server; of the version `made_by`, where a database exists already.
    pub(super) fn find(made_by: Option<(u32, &Path)>) -> Result<Self, Error> {
        let mut found: Vec<(u32, PathBuf)> = candidates()
            .into_iter()
            .filter_map(|dir| Some((version(&dir)?, dir)))
            .filter(|(version, _)| *version >= OLDEST)
            .collect();
        // Stable, so that among equals the first candidate stays first.
        found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        if found.is_empty() {
            return Err(Error::NoBinaries);
        }
        let suitable =
            found.into_iter().find(|(version, _)| made_by.is_none_or(|(wanted, _)| *version == wanted));
        match (suitable, made_by) {
            (Some((_, dir)), _) => Ok(Self { dir }),
            (None, Some((made_by, dir))) => Err(Error::OtherVersion { dir: dir.to_owned(), made_by }),
            (None, None) => Err(Error::NoBinaries),
        }
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output()
        && let Ok(dir) = String::from_utf8(output.stdout)
    {
        dirs.push(PathBuf::from(dir.trim()));
    }
    // Debian and Ubuntu keep the server's programs out of PATH.
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        dirs.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        dirs.extend(std::env::split_paths(&path));
    }
    dirs.retain(|dir| ["initdb", "pg_ctl", "postgres"].iter().all(|program| dir.join(program).exists()));
    dirs
}

/// The major version; "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)" is 15.
fn version(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    major(&String::from_utf8(output.stdout).ok()?)
}

fn major(text: &str) -> Option<u32> {
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_version_is_read_from_releases_and_previews_of_any_distribution() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta2\n"), Some(18));
        assert_eq!(major("postgres: command not found"), None);
    }
}
