//! The main job told in Chromium with the installed web application, screen by screen.

use anyhow::Context;
use e2e::harness::browser::{DESKTOP, TABLET};
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo};
use rust_decimal::Decimal;
use shared_model::people::Role;
use std::path::Path;

const ORDER: &str = "BO0002";
const OPERATOR: &str = "olga@unison.test";
const SUPERVISOR: &str = "sven@unison.test";

#[tokio::test]
async fn a_day_without_a_network_in_the_browser_on_the_demo_data_loses_and_doubles_nothing()
-> anyhow::Result<()> {
    let artifacts = Artifacts::of("browser-story")?;
    let web = Some(binaries::web_bundle()?);
    let mut server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
    let api = Api::of_admin(&server).await?;
    api.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
    api.add_person("Sven Supervisor", SUPERVISOR, Role::Supervisor).await?;

    // The supervisor gives the order to the floor; the last operation is the one that counts.
    let office = Device::joined(&server, "Office")?;
    let planned = office.release(ORDER)?;
    let last = planned.operations.iter().max_by_key(|operation| operation.number).context("no operation")?;
    let (operation, station) = (last.number, last.work_center_code.clone());

    let profile = tempfile::tempdir()?;
    let log = artifacts.directory().join("chromedriver.log");
    let browser = Browser::start(profile.path(), TABLET, &log).await?;
    browser.goto(&server.url()).await?;
    browser.find("enroll-code").await?;
    browser.picture(&artifacts, "enroll").await?;
    browser.join(&server, "Tablet 1", OPERATOR).await?;
    browser.wait_until_quiet().await?;
    browser.find(&format!("station-{station}")).await?;
    browser.picture(&artifacts, "stations").await?;
    browser.wait_until_installed().await?;

    server.stop()?;
    browser.reload().await?;
    browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    browser.picture(&artifacts, "reloaded-without-a-server").await?;

    browser.open_work(&station, ORDER, operation).await?;
    browser.press("now-start").await?;
    browser.find("now-report").await?;
    browser.picture(&artifacts, "started").await?;
    browser.fill_report(48, 2).await?;
    browser.picture(&artifacts, "report-sheet").await?;
    browser.press("report-save").await?;
    browser.wait_for_attribute("now-good", "data-value", "48").await?;
    browser.picture(&artifacts, "reported-48-and-2").await?;
    browser.report(7, 0, 55).await?;
    browser.undo_newest(48).await?;
    browser.picture(&artifacts, "undone").await?;
    browser.report(5, 0, 53).await?;

    // The tab dies while a report is being committed: it is there whole, or not at all.
    browser.fill_report(3, 1).await?;
    browser.press("report-save").await?;
    browser.kill()?;
    let kept = stored_bytes(profile.path())?;
    assert!(kept.len() > 100_000, "the browser keeps only {} bytes", kept.len());
    for text in [ORDER, OPERATOR, "SQLite format 3"] {
        assert!(!has(&kept, text), "\"{text}\" can be read in the browser's files");
    }

    let browser = Browser::start(profile.path(), TABLET, &log).await?;
    browser.goto(&server.url()).await?;
    browser.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    browser.picture(&artifacts, "reopened-after-the-kill").await?;
    browser.press(&format!("queue-row-{ORDER}-{operation}")).await?;
    let good = browser.figure("now-good").await?;
    let scrap = browser.figure("now-scrap").await?;
    assert!(
        [(53, 2), (56, 3)].contains(&(good, scrap)),
        "a report is whole or not there: {good} and {scrap}"
    );
    browser.picture(&artifacts, "after-the-kill").await?;

    server.resume()?;
    browser.wait_until_quiet().await?;
    browser.picture(&artifacts, "quiet").await?;

    let totals = server.database().await?.totals(ORDER).await?;
    assert_eq!((totals.good, totals.scrap), (Decimal::from(good), Decimal::from(scrap)), "in PostgreSQL");
    assert_eq!(totals.good_by_facts, totals.good, "the facts sum to the projection");
    let reports = if good == 56 { 4 } else { 3 };
    assert_eq!((totals.reports, totals.voids), (reports, 1), "each report once");
    let shown = Api::of_admin(&server).await?.order(ORDER).await?;
    assert_eq!(shown["output"]["good"], good.to_string());
    assert_eq!(shown["output"]["scrap"], scrap.to_string());

    office.sync()?;
    let row = office.order(ORDER)?.row;
    assert_eq!(
        (row.output.good.to_string(), row.output.scrap.to_string()),
        (good.to_string(), scrap.to_string())
    );

    let office_profile = tempfile::tempdir()?;
    let desk = Browser::start(office_profile.path(), DESKTOP, &log).await?;
    desk.goto(&server.url()).await?;
    desk.join(&server, "Desk of Sven", SUPERVISOR).await?;
    desk.wait_until_quiet().await?;
    desk.goto(&format!("{}/orders/{}", server.url(), row.id)).await?;
    desk.wait_for_attribute("order-good", "data-value", &good.to_string()).await?;
    desk.wait_for_attribute("order-scrap", "data-value", &scrap.to_string()).await?;
    desk.picture(&artifacts, "supervisor").await?;
    desk.close().await?;
    browser.close().await?;
    Ok(())
}

/// All that a profile keeps in private file systems.
fn stored_bytes(profile: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut directories = vec![profile.join("Default/File System")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).with_context(|| format!("{}", directory.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else {
                bytes.extend(std::fs::read(&path)?);
            }
        }
    }
    Ok(bytes)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
