//! What measurements share: the server, and the way to say what goes on.

use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::Context;

use super::plant;
use crate::harness::Server;

static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Progress, on standard error.
pub fn say(what: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{:>6.1} s  {what}", BEGUN.elapsed().as_secs_f64());
}

/// Says what the figures depend on.
pub fn describe_machine() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    say(&format!("{cores} cores; the load before is {load}, which should be near 0"));
    if is_in_memory(&std::env::temp_dir()) {
        say(
            "the temporary directory is in memory, so no figure waits for a disk; set TMPDIR to one on a disk",
        );
    }
    if cfg!(debug_assertions) {
        say("this is not the optimised build; ./dev bench makes it");
    }
}

/// Whether a directory is on a file system that has no disk.
fn is_in_memory(directory: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let below = fields.filter(|mount| mount.len() > 2 && directory.starts_with(mount[1]));
    below.max_by_key(|mount| mount[1].len()).is_some_and(|mount| matches!(mount[2], "tmpfs" | "ramfs"))
}

/// The server is made when the first measurement needs it.
#[derive(Default)]
pub struct Lab(Option<Server>);

impl Lab {
    /// # Errors
    /// When it does not start, or PostgreSQL does not wait for the disk.
    pub async fn server(&mut self) -> anyhow::Result<&mut Server> {
        if self.0.is_none() {
            self.0 = Some(plant::start(plant::ORDERS).await?);
        }
        self.0.as_mut().context("the server was just started")
    }
}
