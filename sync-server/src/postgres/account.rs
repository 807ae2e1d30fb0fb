//! The operating system user that PostgreSQL runs as: our own, or `postgres` when we are root.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Error;

#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// User and group, when they are not our own.
    other: Option<(u32, u32)>,
}

impl Account {
    pub(super) fn find() -> Result<Self, Error> {
        if id_of(&["-u"]) != Some(0) {
            return Ok(Self { other: None });
        }
        let user = id_of(&["-u", "postgres"]).ok_or(Error::NoAccount)?;
        let group = id_of(&["-g", "postgres"]).ok_or(Error::NoAccount)?;
        Ok(Self { other: Some((user, group)) })
    }

    /// A command that runs as this user, away from directories that it may not enter, and deaf to
    /// the settings that libpq programs take from the environment.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_MESSAGES", "C");
        if let Some((user, group)) = self.other {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a file or directory to this user.
    pub(super) fn own(self, path: &Path) -> Result<(), Error> {
        match self.other {
            Some((user, group)) => {
                std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(Error::file(path))
            }
            None => Ok(()),
        }
    }

    pub(super) fn is_other(self) -> bool {
        self.other.is_some()
    }

    pub(super) fn owns(self, about: &Metadata) -> bool {
        match self.other {
            Some((user, _)) => about.uid() == user,
            None => id_of(&["-u"]) == Some(about.uid()),
        }
    }

    /// Whether this user may pass through a directory and all that it is in.
    pub(super) fn may_enter(self, dir: &Path) -> bool {
        let Some((user, group)) = self.other else { return true };
        let Ok(dir) = dir.canonicalize() else { return false };
        dir.ancestors().all(|part| {
            part.metadata().is_ok_and(|about| {
                let bit = if about.uid() == user {
                    0o100
                } else if about.gid() == group {
                    0o010
                } else {
                    0o001
                };
                about.mode() & bit != 0
            })
        })
    }
}

fn id_of(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
