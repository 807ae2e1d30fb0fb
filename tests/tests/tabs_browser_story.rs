//! One browser is one device, however many tabs show it; and what it keeps, or cannot keep, it says.

use anyhow::Context;
use e2e::harness::browser::TABLET;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo, worker};
use fantoccini::Locator;
use fantoccini::wd::{TimeoutConfiguration, WindowHandle};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::host::{HostError, Request};
use shared_model::ids::WorkOrderId;
use shared_model::people::Role;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;
use std::time::Duration;
use tempfile::TempDir;

const ORDER: &str = "BO0002";
const OPERATOR: &str = "olga@unison.test";

/// Enters the same again and again, until it is not saved or has been so often.
const UNTIL_FULL: &str = "
    const [request, most, done] = arguments;
    (async () => {
        for (let saved = 0; saved < most; saved += 1) {
            const reply = await ask(request);
            if (!reply.Ok) return done({ saved, error: reply.Err });
        }
        done({ saved: most });
    })();";
/// Far more than fit into the room that is left.
const MOST: u32 = 3_000;

/// A tablet at a job that was started, and an office.
struct Tablet {
    server: Server,
    browser: Browser,
    artifacts: Artifacts,
    /// Where the job is.
    job: String,
    office: Device,
    order: WorkOrderId,
    operation: u32,
    _profile: TempDir,
}

impl Tablet {
    async fn at_work(story: &str) -> anyhow::Result<Self> {
        let artifacts = Artifacts::of(story)?;
        let web = Some(binaries::web_bundle()?);
        let server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
        let api = Api::of_admin(&server).await?;
        api.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
        let office = Device::joined(&server, "Office")?;
        let planned = office.release(ORDER)?;
        let last = planned.operations.iter().max_by_key(|operation| operation.number);
        let last = last.context("no operation")?;

        let profile = tempfile::tempdir()?;
        let log = artifacts.directory().join("chromedriver.log");
        let browser = Browser::start(profile.path(), TABLET, &log).await?;
        browser.goto(&server.url()).await?;
        browser.join(&server, "Tablet 1", OPERATOR).await?;
        browser.wait_until_quiet().await?;
        browser.open_work(&last.work_center_code, ORDER, last.number).await?;
        browser.press("now-start").await?;
        browser.find("now-report").await?;
        let job = browser.client().current_url().await?.to_string();
        let (order, operation) = (planned.row.id, last.number);
        Ok(Self { server, browser, artifacts, job, office, order, operation, _profile: profile })
    }

    /// Opens two more tabs on the same job. The first one was there first, and so keeps the files.
    async fn with_three_tabs(story: &str) -> anyhow::Result<(Self, [WindowHandle; 3])> {
        let tablet = Self::at_work(story).await?;
        let first = tablet.browser.tab().await?;
        let second = tablet.one_more_tab().await?;
        let third = tablet.one_more_tab().await?;
        Ok((tablet, [first, second, third]))
    }

    async fn one_more_tab(&self) -> anyhow::Result<WindowHandle> {
        let tab = self.browser.open_tab(&self.job).await?;
        self.browser.find("now-report").await?;
        Ok(tab)
    }

    fn report(&self, good: i32, note: String) -> Command {
        let operation = Some(self.operation);
        let report =
            ProductionReport { operation, good: Amount::whole(good), note, ..ProductionReport::default() };
        Command::ReportProduction { order: self.order, report }
    }

    /// Every one of these tabs shows so many good pieces, without being loaded again.
    async fn all_show(&self, tabs: &[&WindowHandle], good: u32) -> anyhow::Result<()> {
        for tab in tabs {
            self.browser.show_tab(tab).await?;
            self.browser.wait_for_attribute("now-good", "data-value", &good.to_string()).await?;
        }
        Ok(())
    }

    /// What the server has in the end: every report once.
    async fn has_sent(&self, good: u32, reports: i64) -> anyhow::Result<()> {
        self.browser.wait_until_quiet().await?;
        let totals = self.server.database().await?.totals(ORDER).await?;
        assert_eq!((totals.good, totals.reports), (Decimal::from(good), reports), "in PostgreSQL");
        assert_eq!(totals.good_by_facts, totals.good, "the facts sum to the projection");
        Ok(())
    }
}

#[tokio::test]
async fn three_tabs_in_the_browser_on_the_demo_data_are_one_device_whichever_of_them_ends()
-> anyhow::Result<()> {
    let (mut tablet, [first, second, third]) = Tablet::with_three_tabs("tabs-story").await?;
    let browser = &tablet.browser;

    // A tab that only passes on reports, and all three know it.
    browser.show_tab(&second).await?;
    browser.report(48, 2, 48).await?;
    browser.picture(&tablet.artifacts, "reported-in-the-second").await?;
    tablet.all_show(&[&third, &first], 48).await?;

    // Without a network nothing is anywhere else than in this browser.
    tablet.server.stop()?;
    let browser = &tablet.browser;
    browser.show_tab(&third).await?;
    browser.report(7, 0, 55).await?;

    // The tab that keeps the files is closed.
    browser.show_tab(&first).await?;
    browser.close_tab(&third).await?;
    browser.report(5, 0, 60).await?;
    tablet.all_show(&[&second, &third], 60).await?;
    browser.picture(&tablet.artifacts, "after-the-first-was-closed").await?;

    // The next one hangs while a report is under way, and then crashes.
    browser.show_tab(&second).await?;
    let hanging = browser.process_of_tab().await?;
    browser.show_tab(&third).await?;
    browser.fill_report(3, 0).await?;
    browser.hang(hanging)?;
    browser.press("report-save").await?;
    browser.find("other-tab-silent").await?;
    browser.picture(&tablet.artifacts, "the-second-does-not-answer").await?;
    browser.end(hanging)?;
    browser.wait_for_attribute("now-good", "data-value", "63").await?;
    browser.picture(&tablet.artifacts, "after-the-second-crashed").await?;
    assert!(!browser.is_shown("other-tab-silent").await?, "this tab keeps the files now");

    // A tab that is opened now knows it all; and the server learns each report once.
    let fourth = tablet.one_more_tab().await?;
    tablet.all_show(&[&fourth], 63).await?;
    tablet.server.resume()?;
    tablet.has_sent(63, 4).await?;
    tablet.browser.close().await
}

#[tokio::test]
async fn a_tab_that_the_browser_freezes_or_that_crashes_keeps_nothing_from_the_others_on_the_demo_data()
-> anyhow::Result<()> {
    let (tablet, [first, second, third]) = Tablet::with_three_tabs("tabs-frozen-story").await?;
    let browser = &tablet.browser;

    browser.show_tab(&first).await?;
    browser.freeze_tab(true).await?;
    browser.show_tab(&third).await?;
    browser.report(4, 0, 4).await?;
    browser.picture(&tablet.artifacts, "while-the-first-is-frozen").await?;
    browser.show_tab(&first).await?;
    browser.freeze_tab(false).await?;
    tablet.all_show(&[&first, &second], 4).await?;

    // It goes on as one of the others, and the one that keeps the files now crashes.
    browser.show_tab(&second).await?;
    browser.crash_tab(&first).await?;
    browser.report(5, 0, 9).await?;
    tablet.all_show(&[&third, &first], 9).await?;
    browser.picture(&tablet.artifacts, "after-the-second-crashed").await?;

    // One device, one person: who signs out in one tab has signed out.
    browser.press("user-menu").await?;
    browser.press("menu-sign-out").await?;
    browser.find("sign-in-email").await?;
    browser.show_tab(&third).await?;
    browser.find("sign-in-email").await?;
    browser.sign_in(OPERATOR).await?;
    browser.show_tab(&first).await?;
    browser.find("sync-pill").await?;
    tablet.has_sent(9, 2).await?;
    tablet.browser.close().await
}

#[tokio::test]
async fn a_browser_without_room_says_so_and_goes_on_when_there_is_some_on_the_demo_data() -> anyhow::Result<()>
{
    let tablet = Tablet::at_work("full-story").await?;
    let browser = &tablet.browser;
    let client = browser.client();
    client.update_timeouts(TimeoutConfiguration::new(Some(Duration::from_secs(120)), None, None)).await?;
    client.execute(worker::START, Vec::new()).await?;
    let origin = tablet.server.url();
    let room = browser.devtools("Storage.getUsageAndQuota", json!({ "origin": origin })).await?;
    let used = room["usage"].as_f64().context("no usage")?;
    let limit = json!({ "origin": origin, "quotaSize": used + 4_000_000.0 });
    browser.devtools("Storage.overrideQuotaForOrigin", limit).await?;

    let report = serde_json::to_value(Request::Command(tablet.report(1, "x".repeat(900))))?;
    let ask = async || client.execute_async(UNTIL_FULL, vec![report.clone(), json!(MOST)]).await;
    let outcome = ask().await?;
    let saved = outcome["saved"].as_u64().context("no count")?;
    let error: HostError =
        serde_json::from_value(outcome["error"].clone()).with_context(|| outcome.to_string())?;
    assert_eq!(error, HostError::StorageFull);
    browser.find("storage-full").await?;
    browser.picture(&tablet.artifacts, "full").await?;

    browser.devtools("Storage.overrideQuotaForOrigin", json!({ "origin": origin })).await?;
    let again = client.execute_async(UNTIL_FULL, vec![report, json!(1)]).await?;
    assert_eq!(again, json!({ "saved": 1 }), "there is room");
    browser.wait_for_attribute("now-good", "data-value", &(saved + 1).to_string()).await?;
    assert!(!browser.is_shown("storage-full").await?, "nothing is full any more");
    tablet.has_sent(u32::try_from(saved + 1)?, i64::try_from(saved + 1)?).await?;
    tablet.browser.close().await
}

#[tokio::test]
async fn what_a_device_cannot_send_is_taken_over_as_a_file_in_the_browser_on_the_demo_data()
-> anyhow::Result<()> {
    let tablet = Tablet::at_work("taken-over-story").await?;
    let browser = &tablet.browser;
    // Another device, at which Olga worked before its network broke.
    let stranded = &tablet.office;
    stranded.sign_in(OPERATOR)?;
    stranded.sync()?;
    for good in [6, 7] {
        stranded.enter(&tablet.report(good, String::new()))?;
    }
    let file = tablet.artifacts.directory().join("unsent.json");
    let file = file.to_str().context("the path is no text")?;
    stranded.run(&["export", file])?;
    let broken = tablet.artifacts.directory().join("broken.json");
    std::fs::write(&broken, &std::fs::read_to_string(file)?[..500])?;

    let take = async |file: &str| -> anyhow::Result<()> {
        let css = e2e::harness::browser::by("sync-import-file");
        Ok(browser.client().find(Locator::Css(&css)).await?.send_keys(file).await?)
    };
    browser.press("sync-pill").await?;
    browser.find("sync-import").await?;
    take(broken.to_str().context("the path is no text")?).await?;
    browser.find("sync-import-problem").await?;
    browser.picture(&tablet.artifacts, "a-file-that-ends-in-the-middle").await?;
    take(file).await?;
    browser.find("toast").await?;
    browser.picture(&tablet.artifacts, "taken-over").await?;
    take(file).await?;
    browser.press("sheet-close").await?;
    browser.wait_for_attribute("now-good", "data-value", "13").await?;
    tablet.has_sent(13, 2).await?;

    // A third device takes it over as well, and the first one finds its network again.
    let desk = Device::joined(&tablet.server, "Desk")?;
    let olga: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    assert_eq!(olga["commands"][0]["shown"]["user_name"], "Olga Operator");
    let refused = desk.run(&["import", file]).expect_err("Olga has not signed in there").to_string();
    assert!(refused.contains("Olga Operator"), "{refused}");
    desk.sign_in(OPERATOR)?;
    desk.run(&["import", file])?;
    desk.sync()?;
    stranded.sync()?;
    tablet.has_sent(13, 2).await?;
    for device in [&desk, stranded] {
        assert_eq!(
            (device.unsent_count()?, device.order(ORDER)?.row.output.good.to_string()),
            (0, "13".to_owned())
        );
    }
    tablet.browser.close().await
}
