//! The process of the embedded PostgreSQL: started, watched, started again when it ended, stopped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Error;
use super::account::Account;
use super::binaries::Binaries;
use super::place::Place;

/// A larger log of PostgreSQL is begun anew when it starts.
const LOG_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// How often it is looked whether PostgreSQL runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between two attempts to start it again. What is left of one that was killed needs a moment to end.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// When it could not be started again for so long, the server ends, and whoever started that decides.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(super) struct Postmaster {
    pub(super) account: Account,
    pub(super) binaries: Binaries,
    pub(super) place: Place,
    /// Whether it is to run. Locked while it is started or stopped, so that nobody starts what
    /// another one stops.
    is_wanted: Mutex<bool>,
}

impl Postmaster {
    pub(super) const fn new(account: Account, binaries: Binaries, place: Place) -> Self {
        Self { account, binaries, place, is_wanted: Mutex::new(true) }
    }

    /// Starts it, and comes back when it takes connections.
    pub(super) fn start(&self) -> Result<(), Error> {
        let log = self.place.log();
        if log.metadata().is_ok_and(|about| about.len() > LOG_BYTES_MAX) {
            fs::remove_file(&log).map_err(Error::file(&log))?;
        }
        let before = log.metadata().map_or(0, |about| about.len());
        let mut command = self.account.command(&self.binaries.program("pg_ctl"));
        // A session of its own: Ctrl-C in a terminal reaches the server, which stops it in good order.
        command.arg("start").arg("-D").arg(self.place.data()).arg("-l").arg(&log);
        command.args(["-w", "-t", "120"]);
        run("pg_ctl start", command).map_err(|error| match error {
            Error::Failed { program, output } => {
                let said = fs::read(&log).unwrap_or_default();
                let new = said.get(usize::try_from(before).unwrap_or(0)..).unwrap_or_default();
                let new = String::from_utf8_lossy(new);
                Error::Failed { program, output: format!("{output}\n{}", new.trim_end()) }
            }
            other => other,
        })
    }

    /// Stops it for good: connections are cut, nothing that was committed is lost.
    pub(super) fn stop(&self) -> Result<(), Error> {
        let mut is_wanted = self.is_wanted.lock().unwrap_or_else(PoisonError::into_inner);
        *is_wanted = false;
        if self.is_running() { self.end() } else { Ok(()) }
    }

    fn end(&self) -> Result<(), Error> {
        self.pg_ctl_stop("fast", "60").or_else(|_| self.pg_ctl_stop("immediate", "30"))
    }

    fn pg_ctl_stop(&self, mode: &str, seconds: &str) -> Result<(), Error> {
        let mut command = self.account.command(&self.binaries.program("pg_ctl"));
        command.arg("stop").arg("-D").arg(self.place.data()).args(["-m", mode, "-w", "-t", seconds]);
        run("pg_ctl stop", command)
    }

    /// Starts it again if it has ended although nobody stopped it. Says whether it had.
    pub(super) fn revive(&self) -> Result<bool, Error> {
        let is_wanted = self.is_wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_wanted || self.is_running() {
            return Ok(false);
        }
        self.clear_note()?;
        self.start()?;
        Ok(true)
    }

    /// Stops a PostgreSQL that an earlier server left behind when it was killed.
    pub(super) fn end_orphan(&self) -> Result<(), Error> {
        if self.is_running() {
            tracing::info!("stopping the PostgreSQL that an earlier server left running");
            return self.end();
        }
        self.clear_note()
    }

    /// Clears away the note of one that is gone, where it would keep the next from starting: its
    /// process number is somebody else's by now, or was never written. Any other note is left to
    /// PostgreSQL, which finds by it whether parts of the one before still run.
    fn clear_note(&self) -> Result<(), Error> {
        let note = self.note();
        let is_fine = self.process().is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
        if is_fine || !note.exists() {
            return Ok(());
        }
        fs::remove_file(&note).map_err(Error::file(&note))
    }

    /// Whether it runs, be it that it only starts up or shuts down.
    fn is_running(&self) -> bool {
        self.process().is_some_and(|pid| is_postgres_of(pid, &self.place.data()))
    }

    /// The number that its process has, or had.
    pub(super) fn process(&self) -> Option<u32> {
        let content = fs::read_to_string(self.note()).ok()?;
        content.lines().next()?.trim().parse().ok()
    }

    fn note(&self) -> PathBuf {
        self.place.data().join("postmaster.pid")
    }
}

/// Starts PostgreSQL again whenever it has ended: it was killed, ran out of memory, was stopped by
/// hand. Comes back, with the last reason, when that has failed for so long.
pub(super) async fn keep(postmaster: &Arc<Postmaster>, patience: Duration) -> Error {
    let mut failing_since = None;
    loop {
        tokio::time::sleep(if failing_since.is_some() { TRY_EVERY } else { LOOK_EVERY }).await;
        if postmaster.is_running() {
            failing_since = None;
            continue;
        }
        if failing_since.is_none() {
            tracing::error!(log = %postmaster.place.log().display(), "PostgreSQL has ended; starting it again");
        }
        let reviving = Arc::clone(postmaster);
        let revived = tokio::task::spawn_blocking(move || reviving.revive()).await;
        let revived = revived
            .unwrap_or_else(|panic| Err(Error::Failed { program: "PostgreSQL", output: panic.to_string() }));
        match revived {
            Ok(is_revived) => {
                failing_since = None;
                if is_revived {
                    tracing::info!("PostgreSQL runs again");
                }
            }
            Err(error) => {
                let since = *failing_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= patience {
                    return error;
                }
                tracing::error!("PostgreSQL does not start, trying again: {error}");
            }
        }
    }
}

/// A PostgreSQL server works in its data directory. Where the system does not show that, the note
/// is believed.
fn is_postgres_of(pid: u32, data: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    if !Path::new("/proc/self").exists() {
        return true;
    }
    match (fs::read_link(process.join("cwd")), data.canonicalize()) {
        (Ok(cwd), Ok(data)) => cwd == data,
        _ => false,
    }
}

/// Runs a program to its end; its last words become the error.
pub(super) fn run(program: &'static str, mut command: Command) -> Result<(), Error> {
    // Not pipes: the PostgreSQL that pg_ctl starts would hold them open.
    let said = tempfile::tempfile().map_err(Error::file(std::env::temp_dir()))?;
    let copy = said.try_clone().map_err(Error::file(std::env::temp_dir()))?;
    let status =
        command.stdout(Stdio::null()).stderr(copy).status().map_err(Error::file(command.get_program()))?;
    if status.success() {
        return Ok(());
    }
    let mut said = said;
    let mut text = String::new();
    use std::io::{Read as _, Seek as _};
    let _ = said.rewind().and_then(|()| said.read_to_string(&mut text));
    let text = text.trim();
    Err(Error::Failed { program, output: if text.is_empty() { status.to_string() } else { text.to_owned() } })
}
