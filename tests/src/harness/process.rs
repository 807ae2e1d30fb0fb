//! Programs that a story starts. None outlives it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    lines: Option<mpsc::Receiver<String>>,
}

impl Process {
    /// Starts a program with its errors in a log file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command, name: &str, log: &Path) -> anyhow::Result<Self> {
        let errors = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().with_context(|| format!("starting {name} ({command:?})"))?;
        let lines = child.stdout.take().map(|stdout| read_lines(stdout, log));
        Ok(Self { name: name.to_owned(), child, log: log.to_owned(), lines })
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it holds, in bytes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// The processor time that it has taken so far.
    ///
    /// # Errors
    /// When it does not run.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // Behind the name, which may hold anything: the 12th and 13th figure, in hundredths of a second.
        let mut figures = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        let mut ticks = || anyhow::Ok(figures.next().context("no processor time")?.parse::<u64>()?);
        Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
    }

    /// The first line of its standard output that says what is looked for.
    ///
    /// # Errors
    /// When it ends, or the time is over, without saying so.
    pub fn wait_for_line<T>(
        &mut self,
        patience: Duration,
        mut find: impl FnMut(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let until = Instant::now() + patience;
        let lines = self.lines.as_ref().context("its output is not read")?;
        loop {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = find(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("{} said nothing of it in {patience:?}; {}", self.name, self.last_words())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    bail!("{} ended ({status}); {}", self.name, self.last_words());
                }
            }
        }
    }

    /// Ends it as a power cut would; it may be gone already.
    ///
    /// # Errors
    /// When the operating system does not do it.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not.
    pub fn stop(mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        self.end_by_term(patience)
    }

    /// The same. The lines that it said and nobody has read.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub fn stop_and_hear(mut self, patience: Duration) -> anyhow::Result<Vec<String>> {
        let status = self.end_by_term(patience)?;
        anyhow::ensure!(status.success(), "{} ended ({status}); {}", self.name, self.last_words());
        // To the end of its output: the reader hangs up then.
        Ok(self.lines.take().into_iter().flatten().collect())
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not.
    pub fn wait(mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        self.wait_for_end(patience)
    }

    fn end_by_term(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        signal(self.child.id(), "TERM")?;
        self.wait_for_end(patience).context("after SIGTERM")
    }

    fn wait_for_end(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("{} did not end in {patience:?}; {}", self.name, self.last_words())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(15).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        format!("its log ends with\n{}", tail.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked first, so that a server stops its PostgreSQL.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let _ = signal(self.child.id(), "TERM");
        let until = Instant::now() + Duration::from_secs(15);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// # Errors
/// When there is no such process.
pub fn signal(process: u32, name: &str) -> anyhow::Result<()> {
    let status = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status()?;
    if status.success() { Ok(()) } else { bail!("process {process} cannot be told {name}") }
}

/// Reads all that it says, so that it never waits for a reader; kept in a file, too.
fn read_lines(stdout: ChildStdout, log: &Path) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let log = log.with_extension("out");
    std::thread::spawn(move || {
        let mut copy = File::options().create(true).append(true).open(log).ok();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(copy) = &mut copy {
                let _ = std::io::Write::write_fmt(copy, format_args!("{line}\n"));
            }
            if sender.send(line).is_err() {
                // Nobody listens any more; the pipe is emptied all the same.
            }
        }
    });
    lines
}

/// A port that nobody listens on now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
