//! The server as a process of its own, on its own data directory, with its own PostgreSQL.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;

use super::process::{Process, free_port};
use super::{Database, Postgres, binaries, workshop};

/// Starting includes making a PostgreSQL cluster, on a machine that may be busy.
const START: Duration = Duration::from_secs(120);
const STOP: Duration = Duration::from_secs(60);

/// A server that can be stopped, killed and started again on the same port and data.
pub struct Server {
    data: TempDir,
    port: u16,
    web: Option<PathBuf>,
    database_url: Option<String>,
    nats_url: Option<String>,
    log: PathBuf,
    process: Option<Process>,
}

/// What a new server is to be given.
#[derive(Clone, Debug, Default)]
pub struct ServerSetup {
    /// The web bundle to serve.
    pub web: Option<PathBuf>,
    /// A PostgreSQL that the story runs; none: the server runs its own.
    pub database_url: Option<String>,
    /// A NATS that the story runs; none: PostgreSQL tells the servers of each other.
    pub nats_url: Option<String>,
}

/// The person that a new organization begins with: everything is allowed to them.
pub const ADMIN_EMAIL: &str = "admin@unison.test";
pub const PASSWORD: &str = "correct horse battery";
pub const PLANT: &str = "P1";

impl Server {
    /// A server with one organization and one empty plant, started.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(setup: ServerSetup) -> anyhow::Result<Self> {
        let mut server = Self::prepare(setup)?;
        server.run(&create_organization(), Some(PASSWORD))?;
        server.resume()?;
        Ok(server)
    }

    /// A server with the CSV files of a directory in its plant, started.
    ///
    /// # Errors
    /// When the import fails, or the server does not start.
    pub fn with_import(setup: ServerSetup, files: &Path) -> anyhow::Result<Self> {
        let mut server = Self::prepare(setup)?;
        server.run(&create_organization(), Some(PASSWORD))?;
        let files = files.to_str().context("the directory's name is not text")?;
        server.run(&["import", files, "--plant", PLANT], None)?;
        server.resume()?;
        Ok(server)
    }

    /// A server with the small plant of [`workshop`], started.
    ///
    /// # Errors
    /// When it does not start.
    pub fn with_workshop() -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        workshop::write(files.path())?;
        Self::with_import(ServerSetup::default(), files.path())
    }

    /// One more server on the PostgreSQL of others, which have everything in it already.
    ///
    /// # Errors
    /// When it does not start.
    pub fn beside(setup: ServerSetup) -> anyhow::Result<Self> {
        let mut server = Self::prepare(setup)?;
        server.resume()?;
        Ok(server)
    }

    fn prepare(setup: ServerSetup) -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("unison-story-").tempdir()?;
        // Below /tmp, and passable: the postgres user has to enter it. Nothing stays behind elsewhere.
        fs::set_permissions(data.path(), Permissions::from_mode(0o711))?;
        let log = data.path().join("server.log");
        let ServerSetup { web, database_url, nats_url } = setup;
        Ok(Self { port: free_port()?, web, database_url, nats_url, log, process: None, data })
    }

    /// Starts it on the data that is there.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn resume(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(binaries::server()?);
        command.arg("serve").arg("--data").arg(self.data()).args(["--port", &self.port.to_string()]);
        if let Some(web) = &self.web {
            command.arg("--web").arg(web);
        }
        self.name_database(&mut command);
        let mut process = Process::start(command, "unison-server", &self.log)?;
        process.wait_for_line(START, |line| line.starts_with("ready ").then_some(()))?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it, and its PostgreSQL, as an administrator does.
    ///
    /// # Errors
    /// When it does not stop cleanly.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let process = self.process.take().context("the server does not run")?;
        let status = process.stop(STOP)?;
        if status.success() { Ok(()) } else { bail!("the server ended with {status}") }
    }

    /// Ends it as a power cut would; its PostgreSQL goes on, an orphan, until the next start.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().context("the server does not run")?.kill()
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The memory that its process holds, in bytes.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.process.as_ref().context("the server does not run")?.resident_bytes()
    }

    /// The processor time that its process has taken so far.
    ///
    /// # Errors
    /// When it does not run.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        self.process.as_ref().context("the server does not run")?.processor_time()
    }

    /// Its PostgreSQL as a process and files.
    ///
    /// # Errors
    /// When there is no cluster.
    pub fn postgres(&self) -> anyhow::Result<Postgres> {
        Postgres::of(self.data())
    }

    /// Whether the process that was started still is there.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        self.process.as_mut().map_or(Ok(false), Process::is_running)
    }

    /// # Errors
    /// When PostgreSQL does not run.
    pub async fn database(&self) -> anyhow::Result<Database> {
        match &self.database_url {
            Some(url) => Database::at(url).await,
            None => Database::of(self.data()).await,
        }
    }

    /// A code with which one device may join the plant.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn enrollment_code(&self) -> anyhow::Result<String> {
        let output = self.run(&["code", "--plant", PLANT], None)?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Starts a command of the server's program on its data, for a fault to come over it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn begin(&self, arguments: &[&str]) -> anyhow::Result<Process> {
        let mut command = Command::new(binaries::server()?);
        command.args(arguments).arg("--data").arg(self.data());
        self.name_database(&mut command);
        Process::start(command, "unison-server", &self.data().join("command.log"))
    }

    fn name_database(&self, command: &mut Command) {
        // Whoever starts the test may have a database of their own.
        command.env_remove("UNISON_DATA");
        match &self.database_url {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        match &self.nats_url {
            Some(url) => command.env("NATS_URL", url),
            None => command.env_remove("NATS_URL"),
        };
    }

    /// Runs a command of the server's program on its data.
    ///
    /// # Errors
    /// When the command fails.
    pub fn run(&self, arguments: &[&str], input: Option<&str>) -> anyhow::Result<Output> {
        let mut command = Command::new(binaries::server()?);
        command.args(arguments).arg("--data").arg(self.data());
        self.name_database(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{}", input.unwrap_or_default())?;
        }
        let output = child.wait_with_output()?;
        if output.status.success() {
            return Ok(output);
        }
        bail!(
            "unison-server {arguments:?} failed: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

/// PostgreSQL of a killed server is an orphan; the harness ends it with its data.
impl Drop for Server {
    fn drop(&mut self) {
        let was_killed = self.process.is_none();
        self.process = None;
        if was_killed && self.database_url.is_none() {
            // Starting and stopping once clears away what is left, and only that.
            let _ = self.run(&["migrate"], None);
        }
    }
}

fn create_organization() -> [&'static str; 18] {
    [
        "admin",
        "create-organization",
        "--code",
        "STORY",
        "--name",
        "Story Works",
        "--plant-code",
        PLANT,
        "--plant-name",
        "Main plant",
        "--zone",
        "Europe/Berlin",
        "--currency",
        "EUR",
        "--email",
        ADMIN_EMAIL,
        "--admin-name",
        "Ada Admin",
    ]
}
