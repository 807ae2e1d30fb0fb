//! A keychain of a story's own: GNOME's, on a session bus that only the story knows.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use super::process::Process;
use super::wait;

const PATIENCE: Duration = Duration::from_secs(30);

/// A bus that starts nothing by itself: a keychain that was killed stays so.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// One that can be killed and started again.
pub struct Keychain {
    home: TempDir,
    address: String,
    _bus: Process,
    daemon: Option<Process>,
}

impl Keychain {
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let home = tempfile::Builder::new().prefix("unison-keychain-").tempdir()?;
        std::fs::write(home.path().join("password"), "secret")?;
        let mut command = Command::new("dbus-daemon");
        let config = home.path().join("bus.conf");
        std::fs::write(&config, BUS)?;
        command.arg("--config-file").arg(config).args(["--nofork", "--nopidfile", "--print-address=1"]);
        command.envs(self::home(home.path()));
        let mut bus = Process::start(command, "dbus-daemon", &home.path().join("bus.log"))?;
        let address = bus.wait_for_line(PATIENCE, |line| line.contains("unix:").then(|| line.to_owned()))?;
        let mut keychain = Self { home, address, _bus: bus, daemon: None };
        keychain.resume().await?;
        Ok(keychain)
    }

    /// Starts it again, and unlocks it.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn resume(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new("sh");
        let line =
            r#"exec gnome-keyring-daemon --foreground --unlock --components=secrets < "$HOME/password""#;
        command.args(["-c", line]).envs(self.environment());
        let log = self.home.path().join("keychain.log");
        self.daemon = Some(Process::start(command, "gnome-keyring-daemon", &log)?);
        wait::until("the keychain", PATIENCE, async || Ok(self.is_there()?.then_some(()))).await
    }

    /// Whether somebody on the bus keeps secrets.
    fn is_there(&self) -> anyhow::Result<bool> {
        let mut command = Command::new("dbus-send");
        command.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
        command.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        let said = command.envs(self.environment()).output()?;
        Ok(String::from_utf8_lossy(&said.stdout).contains("boolean true"))
    }

    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.daemon.take().context("the keychain does not run")?.kill()
    }

    /// The environment in which programs use it, and no other.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment = home(self.home.path());
        environment.push(("DBUS_SESSION_BUS_ADDRESS", OsString::from(&self.address)));
        environment
    }
}

fn home(home: &Path) -> Vec<(&'static str, OsString)> {
    vec![
        ("HOME", home.into()),
        ("XDG_RUNTIME_DIR", home.into()),
        ("XDG_DATA_HOME", home.join("data").into_os_string()),
    ]
}
