//! `unison-device`: a device without a screen, as a process for each thing it does.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command as Program, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use shared_model::command::Command;
use shared_model::host::{Comparison, OrderDetail, OrderRow, Page, Query, ReadModel, Saved, SyncStatus};
use shared_model::sync::client::Link;
use tempfile::TempDir;

use super::binaries;
use super::keychain::Keychain;
use super::process::Process;
use super::server::{ADMIN_EMAIL, PASSWORD, Server};

pub struct Device {
    data: TempDir,
    /// Where its keychain is, if it is to use one.
    keychain: Option<Vec<(&'static str, OsString)>>,
}

impl Device {
    /// A device that has joined the server's plant, with the administrator signed in.
    ///
    /// # Errors
    /// When the server does not let it.
    pub fn joined(server: &Server, name: &str) -> anyhow::Result<Self> {
        Self::joined_by(&server.url(), server, name)
    }

    /// The same, by another address than the server's own.
    ///
    /// # Errors
    /// When the server does not let it.
    pub fn joined_by(url: &str, server: &Server, name: &str) -> anyhow::Result<Self> {
        Self::new(None)?.join(url, server, name)
    }

    /// One that has joined, and keeps its key in a keychain.
    ///
    /// # Errors
    /// When the server does not let it.
    pub fn joined_with(keychain: &Keychain, server: &Server, name: &str) -> anyhow::Result<Self> {
        Self::new(Some(keychain.environment()))?.join(&server.url(), server, name)
    }

    fn new(keychain: Option<Vec<(&'static str, OsString)>>) -> anyhow::Result<Self> {
        Ok(Self { data: tempfile::Builder::new().prefix("unison-device-").tempdir()?, keychain })
    }

    fn join(self, url: &str, server: &Server, name: &str) -> anyhow::Result<Self> {
        let code = server.enrollment_code()?;
        self.run(&["enroll", "--server", url, "--code", &code, "--name", name])?;
        self.sign_in(ADMIN_EMAIL)?;
        Ok(self)
    }

    /// # Errors
    /// When the server does not know them.
    pub fn sign_in(&self, email: &str) -> anyhow::Result<()> {
        self.run(&["sign-in", "--email", email, "--password", PASSWORD]).map(drop)
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Sends and fetches until nothing is left.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn sync(&self) -> anyhow::Result<()> {
        self.run(&["sync", "--timeout", "60"]).map(drop)
    }

    /// Compares everything here with what the server has, and mends what differs.
    ///
    /// # Errors
    /// When the server does not answer, or it does not come to an end.
    pub fn compare(&self) -> anyhow::Result<Comparison> {
        let output = self.run(&["sync", "--timeout", "60", "--compare", "--json"])?;
        let status: SyncStatus = serde_json::from_slice(&output.stdout).context("reading the status")?;
        Ok(status.comparison)
    }

    /// Enters one command; durable when this returns.
    ///
    /// # Errors
    /// When it is refused.
    pub fn enter(&self, command: &Command) -> anyhow::Result<Saved> {
        let mut entering = self.entering()?;
        entering.enter(command)
    }

    /// A process that takes commands one by one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn entering(&self) -> anyhow::Result<Entering> {
        self.start_entering(&["do"])
    }

    /// The same, and connected: what is entered is sent at once. In the end it gives up sending when
    /// nothing has moved for `patience`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn connected(&self, patience: Duration) -> anyhow::Result<Entering> {
        self.start_entering(&["do", "--sync", "--timeout", &patience.as_secs().to_string()])
    }

    fn start_entering(&self, arguments: &[&str]) -> anyhow::Result<Entering> {
        let mut program = self.program()?;
        program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = program.spawn()?;
        let stdin = child.stdin.take().context("no standard input")?;
        let stdout = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Entering { child, stdin: Some(stdin), stdout })
    }

    /// A process that stays connected and says how it stands with the server.
    ///
    /// # Errors
    /// When it does not start.
    pub fn watching(&self) -> anyhow::Result<Watching> {
        let mut program = self.program()?;
        program.args(["sync", "--watch"]);
        let process = Process::start(program, "unison-device", &self.data().join("watch.log"))?;
        Ok(Watching { process, was_online: false })
    }

    /// A process that sends and fetches, for a fault to come over it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn syncing(&self) -> anyhow::Result<Process> {
        let mut program = self.program()?;
        program.args(["sync", "--timeout", "60"]);
        Process::start(program, "unison-device", &self.data().join("sync.log"))
    }

    /// Asks a read model; needs no network.
    ///
    /// # Errors
    /// When the device cannot answer.
    pub fn ask<Q: ReadModel>(&self, query: Q) -> anyhow::Result<Q::View> {
        let query: Query = query.into();
        let Value::Object(mut arguments) = serde_json::to_value(&query)? else {
            bail!("a query is an object")
        };
        let name = arguments.remove("query").context("a query has a name")?;
        let name = name.as_str().context("its name is text")?.to_owned();
        let output = self.run(&["query", &name, &Value::Object(arguments).to_string()])?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The orders that a search finds.
    ///
    /// # Errors
    /// When the device cannot answer.
    pub fn orders(&self, search: &str) -> anyhow::Result<Page<OrderRow>> {
        self.ask(shared_model::host::WorkOrders {
            search: search.to_owned(),
            stages: Vec::new(),
            sort: shared_model::host::OrderSort::Number,
            after: None,
            limit: 200,
        })
    }

    /// One order by its number.
    ///
    /// # Errors
    /// When it is not here.
    pub fn order(&self, number: &str) -> anyhow::Result<OrderDetail> {
        let rows = self.orders(number)?;
        let row = rows.items.iter().find(|row| row.number == number);
        let row = row.with_context(|| format!("order {number} is not on the device"))?;
        self.ask(shared_model::host::OrderOf { order: row.id })
    }

    /// Gives a planned order to the floor, and the order as it is then.
    ///
    /// # Errors
    /// When it is not there, or whoever is signed in may not.
    pub fn release(&self, number: &str) -> anyhow::Result<OrderDetail> {
        self.sync()?;
        let order = self.order(number)?.row.id;
        self.enter(&Command::release(order))?;
        self.sync()?;
        self.order(number)
    }

    /// How many entries wait to be sent.
    ///
    /// # Errors
    /// When the device cannot answer.
    pub fn unsent_count(&self) -> anyhow::Result<u32> {
        Ok(self.ask(shared_model::host::SyncState {})?.status.unsent_count)
    }

    /// # Errors
    /// When the program fails.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.program()?.args(arguments).stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(output);
        }
        bail!("unison-device {arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr))
    }

    fn program(&self) -> anyhow::Result<Program> {
        let mut program = Program::new(binaries::device()?);
        program.arg("--json").arg("--data").arg(self.data());
        match &self.keychain {
            Some(environment) => program.envs(environment.iter().cloned()).env_remove("UNISON_KEYCHAIN"),
            // The keychain of whoever runs this is none of our business.
            None => program.env("UNISON_KEYCHAIN", "off"),
        };
        Ok(program)
    }
}

/// A running `unison-device do`.
pub struct Entering {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Entering {
    /// # Errors
    /// When it is refused, or the process is gone.
    pub fn enter(&mut self, command: &Command) -> anyhow::Result<Saved> {
        self.begin(command)?;
        self.finish()
    }

    /// Hands a command over, and does not wait until it is saved.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn begin(&mut self, command: &Command) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("the process was closed")?;
        writeln!(stdin, "{}", serde_json::to_string(command)?)?;
        stdin.flush()?;
        Ok(())
    }

    /// What came of the command handed over first.
    ///
    /// # Errors
    /// When it was refused, or the process is gone.
    pub fn finish(&mut self) -> anyhow::Result<Saved> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            bail!("unison-device ended before it answered");
        }
        let mut answer: Value = serde_json::from_str(&line)?;
        match answer.get_mut("saved") {
            Some(saved) => Ok(serde_json::from_value(saved.take())?),
            None => bail!("refused: {line}"),
        }
    }

    /// Ends its input and waits for it. Whether all was saved, and sent if it is connected.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn end(mut self) -> anyhow::Result<bool> {
        self.stdin = None;
        Ok(self.child.wait()?.success())
    }

    /// Ends the process as a power cut would.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Entering {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.stdin = None;
        let _ = self.child.wait();
    }
}

/// A running `unison-device sync --watch`.
pub struct Watching {
    process: Process,
    was_online: bool,
}

impl Watching {
    /// Waits until it says that everything of the server is here.
    ///
    /// # Errors
    /// When it does not come to that; or when it says that the connection was lost since it was first
    /// online.
    pub fn wait_until_online(&mut self, patience: Duration) -> anyhow::Result<SyncStatus> {
        let was_online = &mut self.was_online;
        self.process.wait_for_line(patience, |line| match read_status(line, was_online) {
            Ok(status) => (status.link == Link::Online).then_some(Ok(status)),
            Err(error) => Some(Err(error)),
        })?
    }

    /// The memory that its process holds, in bytes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.process.resident_bytes()
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it does not stop; or when it says that the connection was lost since it was first online.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let lines = self.process.stop_and_hear(Duration::from_secs(30))?;
        lines.iter().try_for_each(|line| read_status(line, &mut self.was_online).map(drop))
    }
}

fn read_status(line: &str, was_online: &mut bool) -> anyhow::Result<SyncStatus> {
    let status: SyncStatus = serde_json::from_str(line).with_context(|| line.to_owned())?;
    *was_online |= status.link == Link::Online;
    let is_connected = matches!(status.link, Link::Online | Link::CatchingUp);
    anyhow::ensure!(is_connected || !*was_online, "the connection was lost: {line}");
    Ok(status)
}
