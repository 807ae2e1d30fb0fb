//! A NATS server of a story's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;

use super::process::{Process, free_port};
use super::{binaries, wait};

const PATIENCE: Duration = Duration::from_secs(30);

/// One that can be killed and started again on the same port.
pub struct Nats {
    port: u16,
    logs: TempDir,
    process: Option<Process>,
}

impl Nats {
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let mut nats = Self { port: free_port()?, logs: tempfile::tempdir()?, process: None };
        nats.resume().await?;
        Ok(nats)
    }

    /// # Errors
    /// When it does not start.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(binaries::nats_server());
        command.args(["--addr", "127.0.0.1", "--port", &self.port.to_string()]);
        self.process = Some(Process::start(command, "nats-server", &self.logs.path().join("nats.log"))?);
        wait::until("NATS", PATIENCE, async || Ok(Some(TcpStream::connect(("127.0.0.1", self.port))?)))
            .await
            .map(drop)
    }

    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("NATS does not run")?.kill()
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Hears what servers tell each other from now on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn listen(&self) -> anyhow::Result<Onlooker> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut onlooker = Onlooker(BufReader::new(stream));
        // It greets; the answer to PING says that the subscription is there.
        onlooker.line()?;
        onlooker.0.get_mut().write_all(b"CONNECT {\"verbose\":false}\r\nSUB unison.feed 1\r\nPING\r\n")?;
        while onlooker.line()? != "PONG" {}
        Ok(onlooker)
    }
}

/// A client that only listens.
pub struct Onlooker(BufReader<TcpStream>);

impl Onlooker {
    /// The next thing that a server says to the others.
    ///
    /// # Errors
    /// When nothing is said.
    pub fn hear(&mut self) -> anyhow::Result<String> {
        loop {
            let line = self.line()?;
            if line.starts_with("MSG ") {
                return self.line();
            }
            if line.starts_with("-ERR") {
                bail!("NATS said {line}");
            }
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        anyhow::ensure!(self.0.read_line(&mut line).context("NATS says nothing")? > 0, "NATS hung up");
        Ok(line.trim_end().to_owned())
    }
}
