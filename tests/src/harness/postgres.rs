//! The PostgreSQL of a server, as the machine sees it: a process that can be killed, and files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::process::signal;

pub struct Postgres {
    data: PathBuf,
}

impl Postgres {
    /// The cluster of a server's data directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(server_data: &Path) -> anyhow::Result<Self> {
        let cluster = match fs::read_to_string(server_data.join("postgres.location")) {
            Ok(elsewhere) => PathBuf::from(elsewhere.trim()),
            Err(_) => server_data.join("postgres"),
        };
        let data = cluster.join("data");
        anyhow::ensure!(data.join("PG_VERSION").is_file(), "there is no cluster in {}", data.display());
        Ok(Self { data })
    }

    /// Ends it as the operating system does when it is short of memory. Connections are cut.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> anyhow::Result<()> {
        signal(self.process()?, "KILL")
    }

    /// Stops all its processes where they stand, as a machine that hangs does, until the value is dropped.
    /// Connections stay open, and new ones are let in by the operating system; nobody answers.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> anyhow::Result<Paused> {
        let postmaster = self.process()?;
        // First, so that it starts no others.
        let mut paused = Paused(Vec::new());
        paused.stop(postmaster)?;
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))?;
        for child in children.split_whitespace() {
            paused.stop(child.parse()?)?;
        }
        Ok(paused)
    }

    /// Keeps it from being started, until the value is dropped.
    ///
    /// # Errors
    /// When its files are not ours.
    pub fn spoil(&self) -> anyhow::Result<Spoiled> {
        // PostgreSQL looks at this when it starts, and does not work on data that others may read.
        fs::set_permissions(&self.data, Permissions::from_mode(0o755))?;
        Ok(Spoiled { data: self.data.clone() })
    }

    /// The number of its process.
    ///
    /// # Errors
    /// When it does not run.
    pub fn process(&self) -> anyhow::Result<u32> {
        let note = fs::read_to_string(self.data.join("postmaster.pid")).context("PostgreSQL does not run")?;
        let line = note.lines().next().context("postmaster.pid is empty")?;
        line.trim().parse().context("postmaster.pid names no process")
    }
}

/// Processes that stand still as long as this lives.
pub struct Paused(Vec<u32>);

impl Paused {
    fn stop(&mut self, process: u32) -> anyhow::Result<()> {
        signal(process, "STOP")?;
        self.0.push(process);
        Ok(())
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for process in &self.0 {
            // Where it fails the story fails too: PostgreSQL does not come back.
            let _ = signal(*process, "CONT");
        }
    }
}

/// A cluster that does not start as long as this lives.
pub struct Spoiled {
    data: PathBuf,
}

impl Drop for Spoiled {
    fn drop(&mut self) {
        // Where it fails the story fails too: PostgreSQL does not come back.
        let _ = fs::set_permissions(&self.data, Permissions::from_mode(0o700));
    }
}
