//! Chromium, driven as a person would: by what is on the screen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};

use super::process::{Process, free_port};
use super::{Artifacts, binaries, display, wait};

/// Browsers and screens on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const ALWAYS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A browser with one window.
pub struct Browser {
    client: Client,
    driver: Process,
    profile: Profile,
    is_desktop: bool,
}

/// What a browser's processes can be told by: a directory that only they have. None outlives the story, however that
/// ends.
struct Profile(PathBuf);

impl Drop for Profile {
    fn drop(&mut self) {
        // A story that fails has said why already.
        let _ = kill_all_with(&self.0);
    }
}

/// How large the window is: a tablet of the shop floor.
pub const TABLET: (u32, u32) = (1280, 800);
pub const DESKTOP: (u32, u32) = (1440, 900);

impl Browser {
    /// Starts Chromium on a profile directory, which keeps what the page stores.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(profile: &Path, size: (u32, u32), log: &Path) -> anyhow::Result<Self> {
        Self::chromium(profile, size, log, &[]).await
    }

    /// Starts Chromium with a private window, which keeps nothing when it is closed.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_private(profile: &Path, size: (u32, u32), log: &Path) -> anyhow::Result<Self> {
        Self::chromium(profile, size, log, &["--incognito"]).await
    }

    async fn chromium(
        profile: &Path,
        size: (u32, u32),
        log: &Path,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(binaries::chromedriver());
        command.arg("--port=0");
        let mut driver = Process::start(command, "chromedriver", log)?;
        let port: u16 = driver.wait_for_line(PATIENCE, |line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })?;
        let mut arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        arguments.extend(ALWAYS.map(str::to_owned));
        arguments.push(format!("--user-data-dir={}", profile.display()));
        arguments.push(format!("--window-size={},{}", size.0, size.1));
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": binaries::chrome(),
                "args": arguments,
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { anyhow::bail!("capabilities are an object") };
        let client = connect("starting Chromium", port, capabilities).await?;
        Ok(Self { client, driver, profile: Profile(profile.to_owned()), is_desktop: false })
    }

    /// Opens the desktop application on a data directory. Needs a display.
    ///
    /// # Errors
    /// When the window does not open.
    pub async fn desktop(data: &Path, bundle: &Path, log: &Path) -> anyhow::Result<Self> {
        let (port, native_port) = (free_port()?, free_port()?);
        let mut command = Command::new(binaries::tauri_driver());
        command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
        // The driver starts the application with its own environment.
        command.env("UNISON_DATA", data).env("UNISON_WEB_BUNDLE", bundle).env("UNISON_KEYCHAIN", "off");
        command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "1").env("GDK_BACKEND", "x11");
        let driver = Process::start(command, "tauri-driver", log)?;
        // It listens before the driver of the web view does, which it starts and hands everything on to.
        let status = format!("http://127.0.0.1:{port}/status");
        wait::until("tauri-driver and the driver of its web view", PATIENCE, || async {
            reqwest::get(&status).await?.error_for_status()?;
            Ok(Some(()))
        })
        .await?;
        let capabilities = json!({
            "browserName": "wry",
            "tauri:options": { "application": binaries::desktop()? },
        });
        let Value::Object(capabilities) = capabilities else { anyhow::bail!("capabilities are an object") };
        let client = connect("opening the desktop application", port, capabilities).await?;
        Ok(Self { client, driver, profile: Profile(data.to_owned()), is_desktop: true })
    }

    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// # Errors
    /// When the page cannot be opened.
    pub async fn goto(&self, url: &str) -> anyhow::Result<()> {
        wait::at_most(url, PATIENCE, self.client.goto(url)).await
    }

    /// Loads the page anew.
    ///
    /// # Errors
    /// When the page cannot be loaded.
    pub async fn reload(&self) -> anyhow::Result<()> {
        wait::at_most("loading the page anew", PATIENCE, self.client.refresh()).await
    }

    /// Ends the browser as a power cut would: nothing is closed, nothing is flushed.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn kill(self) -> anyhow::Result<()> {
        // The browser is a child of the driver, and its renderers children of its own: all of them
        // name the profile, on their command lines or in their environment.
        kill_all_with(&self.profile.0)?;
        self.driver.kill()
    }

    /// Closes the window properly.
    ///
    /// # Errors
    /// When it does not close.
    pub async fn close(self) -> anyhow::Result<()> {
        wait::at_most("closing the window", PATIENCE, self.client.close()).await?;
        self.driver.stop(PATIENCE).map(drop)
    }

    /// Keeps a picture of the screen.
    ///
    /// # Errors
    /// When it cannot be taken or kept.
    pub async fn picture(&self, artifacts: &Artifacts, name: &str) -> anyhow::Result<()> {
        let file = artifacts.next(name, "png");
        if self.is_desktop {
            return display::picture(&file);
        }
        let picture = wait::at_most("taking a picture", PATIENCE, self.client.screenshot()).await?;
        Ok(std::fs::write(file, picture)?)
    }

    /// Waits for an element that is shown.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn find(&self, test_id: &str) -> anyhow::Result<Element> {
        let css = by(test_id);
        let what = format!("{test_id} on {}", self.place().await);
        wait::until(&what, PATIENCE, || async {
            let found = self.client.find(Locator::Css(&css)).await?;
            Ok(found.is_displayed().await?.then_some(found))
        })
        .await
    }

    /// Waits until one of several is shown, and says which.
    ///
    /// # Errors
    /// When none comes.
    pub async fn find_any<'a>(&self, test_ids: &[&'a str]) -> anyhow::Result<&'a str> {
        wait::until(&test_ids.join(" or "), PATIENCE, || async {
            for test_id in test_ids {
                if self.is_shown(test_id).await? {
                    return Ok(Some(*test_id));
                }
            }
            Ok(None)
        })
        .await
    }

    /// # Errors
    /// When the browser does not answer.
    pub async fn is_shown(&self, test_id: &str) -> anyhow::Result<bool> {
        let found = self.client.find_all(Locator::Css(&by(test_id))).await?;
        match found.first() {
            Some(first) => Ok(first.is_displayed().await.unwrap_or_default()),
            None => Ok(false),
        }
    }

    /// Presses something. Screens are drawn anew while one presses: then once more.
    ///
    /// # Errors
    /// When it is not there, or cannot be pressed.
    pub async fn press(&self, test_id: &str) -> anyhow::Result<()> {
        wait::until(&format!("{test_id} to press"), PATIENCE, || async {
            self.client.find(Locator::Css(&by(test_id))).await?.click().await?;
            Ok(Some(()))
        })
        .await
        .with_context(|| format!("pressing {test_id}"))
    }

    /// Types into a field, in place of what is there.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn enter(&self, test_id: &str, text: &str) -> anyhow::Result<()> {
        wait::until(&format!("{test_id} to type into"), PATIENCE, || async {
            let field = self.client.find(Locator::Css(&by(test_id))).await?;
            field.clear().await?;
            field.send_keys(text).await?;
            Ok(Some(()))
        })
        .await
        .with_context(|| format!("typing into {test_id}"))
    }

    /// Waits until an attribute has a value.
    ///
    /// # Errors
    /// When it does not; says what it has instead.
    pub async fn wait_for_attribute(&self, test_id: &str, name: &str, value: &str) -> anyhow::Result<()> {
        let seen = std::cell::RefCell::new(None);
        let outcome = wait::until(&format!("{test_id} to be {name}={value:?}"), PATIENCE, || async {
            let found = self.client.find(Locator::Css(&by(test_id))).await?.attr(name).await?;
            let is_so = found.as_deref() == Some(value);
            seen.replace(found);
            Ok(is_so.then_some(()))
        })
        .await;
        let last = seen.into_inner();
        outcome.with_context(|| format!("the last was {last:?}"))
    }

    /// # Errors
    /// When it is not there.
    pub async fn attribute(&self, test_id: &str, name: &str) -> anyhow::Result<Option<String>> {
        Ok(self.find(test_id).await?.attr(name).await?)
    }

    /// How many there are, shown or not.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn count(&self, css: &str) -> anyhow::Result<usize> {
        Ok(self.client.find_all(Locator::Css(css)).await?.len())
    }

    /// Waits until the service worker is in charge, and has everything: until then a reload needs the server.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn wait_until_installed(&self) -> anyhow::Result<()> {
        wait::until("the service worker to be in charge", PATIENCE, || async {
            let script = "return navigator.serviceWorker.controller?.state ?? null";
            let state = self.client.execute(script, Vec::new()).await?;
            Ok((state == "activated").then_some(()))
        })
        .await
    }

    /// All processes of this browser.
    pub(super) fn processes(&self) -> anyhow::Result<Vec<u32>> {
        all_with(&self.profile.0)
    }

    async fn place(&self) -> String {
        self.client.current_url().await.map_or_else(|_| "a page".to_owned(), |url| url.path().to_owned())
    }
}

async fn connect(what: &str, port: u16, capabilities: Map<String, Value>) -> anyhow::Result<Client> {
    let mut builder = ClientBuilder::rustls()?;
    builder.capabilities(capabilities);
    let url = format!("http://127.0.0.1:{port}");
    wait::at_most(what, PATIENCE, builder.connect(&url)).await
}

/// A selector by `data-testid`.
#[must_use]
pub fn by(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}

/// Ends every process that names a directory which only this story has.
fn kill_all_with(profile: &Path) -> anyhow::Result<()> {
    for process in all_with(profile)? {
        // It may be gone by now.
        let _ = super::process::signal(process, "KILL");
    }
    Ok(())
}

fn all_with(profile: &Path) -> anyhow::Result<Vec<u32>> {
    let mut processes = Vec::new();
    let needle = profile.to_str().context("the profile's path is not text")?.to_owned();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let names_it = |file: &str| {
            let content = std::fs::read(entry.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&content).contains(&needle)
        };
        if process != std::process::id() && (names_it("cmdline") || names_it("environ")) {
            processes.push(process);
        }
    }
    Ok(processes)
}
