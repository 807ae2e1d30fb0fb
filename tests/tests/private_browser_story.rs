//! A browser that promises nothing: a private window, at work without a network.

use anyhow::Context;
use e2e::harness::browser::TABLET;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo, wait};
use serde_json::{Value, json};
use shared_model::people::Role;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ORDER: &str = "BO0002";
const OPERATOR: &str = "olga@unison.test";
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_private_window_of_the_browser_says_what_it_may_lose_and_gives_it_as_a_file_on_the_demo_data()
-> anyhow::Result<()> {
    let artifacts = Artifacts::of("private-story")?;
    let web = Some(binaries::web_bundle()?);
    let mut server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
    Api::of_admin(&server).await?.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
    let office = Device::joined(&server, "Office")?;
    let planned = office.release(ORDER)?;
    let last = planned.operations.iter().max_by_key(|operation| operation.number).context("no operation")?;

    let profile = tempfile::tempdir()?;
    let log = artifacts.directory().join("chromedriver.log");
    let browser = Browser::start_private(profile.path(), TABLET, &log).await?;
    browser.goto(&server.url()).await?;
    browser.join(&server, "Tablet 1", OPERATOR).await?;
    browser.wait_until_quiet().await?;
    browser.open_work(&last.work_center_code, ORDER, last.number).await?;
    browser.press("now-start").await?;
    browser.find("now-report").await?;
    browser.wait_until_quiet().await?;

    server.stop()?;
    browser.report(6, 1, 6).await?;
    browser.report(7, 0, 13).await?;
    browser.press("sync-pill").await?;
    browser.wait_for_attribute("sync-storage", "data-storage", "evictable").await?;
    let said = browser.find("sync-storage").await?.text().await?;
    assert!(said.contains("private window"), "{said}");
    browser.picture(&artifacts, "what-is-kept-how").await?;
    let downloads = json!({ "behavior": "allow", "downloadPath": profile.path() });
    browser.devtools("Page.setDownloadBehavior", downloads).await?;
    browser.press("sync-export").await?;
    let downloaded = || async { Ok(downloaded(profile.path())) };
    let file = wait::until("the file", PATIENCE, downloaded).await?;
    // The window is closed, and with it all is gone.
    browser.close().await?;

    server.resume()?;
    office.sign_in(OPERATOR)?;
    office.run(&["import", file.to_str().context("the path is no text")?])?;
    office.sync()?;
    let row = office.order(ORDER)?.row;
    assert_eq!(
        (row.output.good.to_string(), row.output.scrap.to_string()),
        ("13".to_owned(), "1".to_owned())
    );
    let totals = server.database().await?.totals(ORDER).await?;
    assert_eq!(totals.reports, 2);
    server.stop()
}

fn downloaded(directory: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(directory).ok()?.flatten().map(|entry| entry.path());
    files.into_iter().find(|file| file.extension().is_some_and(|it| it == "json") && is_whole(file))
}

fn is_whole(file: &Path) -> bool {
    std::fs::read(file)
        .is_ok_and(|text| serde_json::from_slice::<Value>(&text).is_ok_and(|it| it.get("commands").is_some()))
}
