//! The web application's own worker in headless Chromium, on OPFS: its first sync and its commits. The
//! screens are left out; what they would send is sent by a script in a page of the same server.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use fantoccini::wd::TimeoutConfiguration;
use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::host::{OrderRow, Page, Query, Request, SyncState};
use shared_model::ids::WorkOrderId;
use tempfile::TempDir;

use super::gate::Gate;
use super::lab::{Lab, say};
use super::samples::Samples;
use super::station::released_page;
use super::work::round_robin;
use super::{Figures, Selection};
use crate::harness::browser::TABLET;
use crate::harness::server::{ADMIN_EMAIL, PASSWORD};
use crate::harness::{Browser, Server, binaries, worker};

const FIRST_SYNCS: usize = 5;
const ORDERS: usize = 200;
const STEPS: usize = 6;
const WARM_UP: usize = 50;
/// One script runs for so many commands.
const STRETCH: usize = 100;
const SCRIPT_PATIENCE: Duration = Duration::from_secs(180);

const ASK: &str = "const [request, done] = arguments; ask(request).then(done);";
/// Joins, and gives the milliseconds from then until the worker is in step with the server.
const FIRST_SYNC: &str = "
    const [enroll, state, done] = arguments;
    (async () => {
        const joined = await ask(enroll);
        if (!joined.Ok) return done({ problem: JSON.stringify(joined) });
        const begun = performance.now();
        for (;;) {
            const report = await ask(state);
            if (report.Ok?.view.status.link === 'online') break;
            await new Promise(later => setTimeout(later, 10));
        }
        done({ millis: [performance.now() - begun] });
    })();";
/// The milliseconds of each command, from the message to its answer.
const COMMANDS: &str = "
    const [commands, done] = arguments;
    (async () => {
        const millis = [];
        for (const command of commands) {
            const begun = performance.now();
            const saved = await ask({ command });
            millis.push(performance.now() - begun);
            if (!saved.Ok) return done({ problem: JSON.stringify(saved) });
        }
        done({ millis });
    })();";

pub async fn measure(lab: &mut Lab, selection: &Selection) -> anyhow::Result<Figures> {
    if binaries::web_bundle().is_err() || !binaries::chrome().is_file() {
        say("no Chromium, or no web bundle: what runs in the browser is left out");
        return Ok(Figures::new());
    }
    let server = &*lab.server().await?;
    let gate = Gate::before(server.port()).await?;
    let mut figures = Figures::new();
    let mut first_syncs = Samples::default();
    let times = if selection.wants("initial-sync-opfs") { FIRST_SYNCS } else { 1 };
    for n in 1..=times {
        let tab = Tab::open(&gate).await?;
        let took = tab.first_sync(server, n).await?;
        say(&format!("first sync in Chromium: {took:.0} ms"));
        first_syncs.add_figure(took);
        if n == times && selection.wants("commit-opfs") {
            let took = commits(&tab, &gate).await?;
            say(&format!("commit in Chromium, {}", took.summary()));
            figures.insert("commit-opfs-p50", took.percentile(50));
            figures.insert("commit-opfs-p99", took.percentile(99));
        }
        tab.browser.close().await?;
    }
    figures.insert("initial-sync-opfs", first_syncs.percentile(50) / 1000.0);
    Ok(figures)
}

/// Without a network, as on the native device.
async fn commits(tab: &Tab, gate: &Gate) -> anyhow::Result<Samples> {
    let (email, password) = (ADMIN_EMAIL.to_owned(), PASSWORD.to_owned());
    tab.ask(&Request::SignIn { email, password }).await?;
    let orders = tab.released(ORDERS).await?;
    gate.close();
    let commands: Vec<Command> = round_robin(&orders, STEPS).collect();
    let mut all = Vec::new();
    for stretch in commands.chunks(STRETCH) {
        all.extend(tab.timed(COMMANDS, vec![serde_json::to_value(stretch)?]).await?);
    }
    ensure!(all.len() == commands.len(), "{} commands were saved of {}", all.len(), commands.len());
    let mut took = Samples::default();
    all.into_iter().skip(WARM_UP).for_each(|millis| took.add_figure(millis));
    Ok(took)
}

/// A page of the server with the worker, and nothing else.
struct Tab {
    browser: Browser,
    _profile: TempDir,
}

impl Tab {
    async fn open(gate: &Gate) -> anyhow::Result<Self> {
        let index = reqwest::get(gate.url()).await?.error_for_status()?.text().await?;
        let script =
            index.split_once("name=\"unison-worker\" content=\"").and_then(|(_, it)| it.split_once('"'));
        let (script, _) = script.context("the page names no worker")?;
        let profile = tempfile::tempdir()?;
        let browser = Browser::start(profile.path(), TABLET, &profile.path().join("driver.log")).await?;
        let client = browser.client();
        client.update_timeouts(TimeoutConfiguration::new(Some(SCRIPT_PATIENCE), None, None)).await?;
        // Any file will do, shown as text: only its origin counts.
        browser.goto(&format!("{}{script}", gate.url())).await?;
        client.execute(worker::START, vec![json!(script)]).await?;
        Ok(Self { browser, _profile: profile })
    }

    async fn first_sync(&self, server: &Server, n: usize) -> anyhow::Result<f64> {
        let (code, name) = (server.enrollment_code()?, format!("Tablet {n}"));
        let enroll = Request::Enroll { server: String::new(), code, name };
        let state = Request::Query(Query::from(SyncState {}));
        let arguments = vec![serde_json::to_value(enroll)?, serde_json::to_value(state)?];
        let millis = self.timed(FIRST_SYNC, arguments).await?;
        millis.first().copied().context("the script measured nothing")
    }

    /// The orders of the first pages.
    async fn released(&self, count: usize) -> anyhow::Result<Vec<WorkOrderId>> {
        let mut orders = Vec::new();
        let mut after = None;
        while orders.len() < count {
            let reply = self.ask(&Request::Query(Query::from(released_page(after)))).await?;
            let page: Page<OrderRow> = serde_json::from_value(reply["view"].clone())?;
            orders.extend(page.items.into_iter().map(|row| row.id));
            after = page.next;
            ensure!(after.is_some() || orders.len() >= count, "only {} orders are released", orders.len());
        }
        orders.truncate(count);
        Ok(orders)
    }

    async fn ask(&self, request: &Request) -> anyhow::Result<Value> {
        let mut reply =
            self.browser.client().execute_async(ASK, vec![serde_json::to_value(request)?]).await?;
        match reply.get_mut("Ok") {
            Some(answer) => Ok(answer.take()),
            None => bail!("the worker answered {reply}"),
        }
    }

    /// Runs a script that gives milliseconds.
    async fn timed(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Vec<f64>> {
        let outcome = self.browser.client().execute_async(script, arguments).await?;
        match outcome.get("millis") {
            Some(millis) => Ok(serde_json::from_value(millis.clone())?),
            None => bail!("in Chromium: {outcome}"),
        }
    }
}
