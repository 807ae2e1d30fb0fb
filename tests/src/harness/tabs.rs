//! Several tabs of one browser, and what happens to tabs: they are left in the background, frozen,
//! closed, and they crash.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use fantoccini::wd::{WebDriverCompatibleCommand, WindowHandle};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::process::signal;
use super::{Browser, wait};

const PATIENCE: Duration = Duration::from_secs(60);
/// How long a page works so that its process can be told from others, in milliseconds.
const WORK_MILLIS: u32 = 700;

impl Browser {
    /// The tab that is in front.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn tab(&self) -> anyhow::Result<WindowHandle> {
        wait::at_most("the tab in front", PATIENCE, self.client().window()).await
    }

    /// Opens one more tab, in front of the others.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_tab(&self, url: &str) -> anyhow::Result<WindowHandle> {
        let opened = wait::at_most("opening a tab", PATIENCE, self.client().new_window(true)).await?;
        self.show_tab(&opened.handle).await?;
        self.goto(url).await?;
        Ok(opened.handle)
    }

    /// # Errors
    /// When the tab is gone.
    pub async fn show_tab(&self, tab: &WindowHandle) -> anyhow::Result<()> {
        wait::at_most("showing a tab", PATIENCE, self.client().switch_to_window(tab.clone())).await
    }

    /// Closes the tab in front, as a person does, and shows another.
    ///
    /// # Errors
    /// When it does not close.
    pub async fn close_tab(&self, then: &WindowHandle) -> anyhow::Result<()> {
        wait::at_most("closing a tab", PATIENCE, self.client().close_window()).await?;
        self.show_tab(then).await
    }

    /// Ends the process of the tab in front, as running out of memory does, and shows another.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn crash_tab(&self, then: &WindowHandle) -> anyhow::Result<()> {
        // There is nobody left to answer this.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.devtools("Page.crash", json!({}))).await;
        self.show_tab(then).await
    }

    /// Freezes the tab in front, or lets it go on: what browsers do with tabs that nobody looks at.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn freeze_tab(&self, is_frozen: bool) -> anyhow::Result<()> {
        let state = if is_frozen { "frozen" } else { "active" };
        self.devtools("Page.setWebLifecycleState", json!({ "state": state })).await.map(drop)
    }

    /// A command of the browser's own protocol, on the tab in front.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn devtools(&self, command: &'static str, params: Value) -> anyhow::Result<Value> {
        wait::at_most(command, PATIENCE, self.client().issue_cmd(Devtools { command, params })).await
    }

    /// The process in which the page in front runs: the one that works while the page does.
    ///
    /// # Errors
    /// When the page does not work, or nobody does.
    pub async fn process_of_tab(&self) -> anyhow::Result<u32> {
        let before = self.processor_ticks()?;
        let script = "const end = performance.now() + arguments[0]; while (performance.now() < end);";
        self.client().execute(script, vec![json!(WORK_MILLIS)]).await?;
        let after = self.processor_ticks()?;
        let worked = |process: &u32| after[process] - before.get(process).copied().unwrap_or_default();
        after.keys().copied().max_by_key(worked).context("the browser has no page's process")
    }

    /// The processor time of each process of this browser that runs pages, in ticks.
    fn processor_ticks(&self) -> anyhow::Result<BTreeMap<u32, u64>> {
        let mut ticks = BTreeMap::new();
        for process in self.processes()? {
            let read = |file: &str| std::fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            if !String::from_utf8_lossy(&read("cmdline")).contains("--type=renderer") {
                continue;
            }
            // After the name, which ends with the last parenthesis, the 12th and 13th are user and system.
            let stat = String::from_utf8_lossy(&read("stat")).into_owned();
            let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
            ticks.insert(process, times.filter_map(|time| u64::from_str(time).ok()).sum());
        }
        Ok(ticks)
    }

    /// Stops a process where it is: a tab that hangs.
    ///
    /// # Errors
    /// When it is gone.
    pub fn hang(&self, process: u32) -> anyhow::Result<()> {
        signal(process, "STOP")
    }

    /// Ends a process at once.
    ///
    /// # Errors
    /// When it is gone.
    pub fn end(&self, process: u32) -> anyhow::Result<()> {
        signal(process, "KILL")
    }
}

#[derive(Debug)]
struct Devtools {
    command: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.command, "params": self.params }).to_string()))
    }
}
