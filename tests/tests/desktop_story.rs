//! The main job told in the desktop application: the same screens on the native replica.

use anyhow::Context;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo};
use rust_decimal::Decimal;
use shared_model::people::Role;

const ORDER: &str = "BO0002";
const OPERATOR: &str = "olga@unison.test";

#[tokio::test]
async fn a_day_without_a_network_on_the_desktop_on_the_demo_data_loses_and_doubles_nothing()
-> anyhow::Result<()> {
    let artifacts = Artifacts::of("desktop-story")?;
    let mut server = Server::with_import(ServerSetup::default(), &demo::directory()?)?;
    let api = Api::of_admin(&server).await?;
    api.add_person("Olga Operator", OPERATOR, Role::Operator).await?;
    let office = Device::joined(&server, "Office")?;
    let planned = office.release(ORDER)?;
    let last = planned.operations.iter().max_by_key(|operation| operation.number).context("no operation")?;
    let (operation, station) = (last.number, last.work_center_code.clone());

    let bundle = binaries::web_bundle()?;
    let data = tempfile::Builder::new().prefix("unison-desktop-").tempdir()?;
    let log = artifacts.directory().join("tauri-driver.log");
    let window = Browser::desktop(data.path(), &bundle, &log).await?;
    window.find("enroll-code").await?;
    window.picture(&artifacts, "enroll").await?;
    window.join_from_desktop(&server, "Desktop 1", OPERATOR).await?;
    window.wait_until_quiet().await?;
    window.find(&format!("station-{station}")).await?;
    window.picture(&artifacts, "stations").await?;

    server.stop()?;
    window.close().await?;
    let window = Browser::desktop(data.path(), &bundle, &log).await?;
    window.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    window.picture(&artifacts, "opened-without-a-server").await?;

    window.open_work(&station, ORDER, operation).await?;
    window.press("now-start").await?;
    window.find("now-report").await?;
    window.report(48, 2, 48).await?;
    window.picture(&artifacts, "reported-48-and-2").await?;
    window.report(7, 0, 55).await?;
    window.undo_newest(48).await?;
    window.picture(&artifacts, "undone").await?;
    window.report(5, 0, 53).await?;

    window.fill_report(3, 1).await?;
    window.press("report-save").await?;
    window.kill()?;

    let window = Browser::desktop(data.path(), &bundle, &log).await?;
    window.press(&format!("queue-row-{ORDER}-{operation}")).await?;
    let (good, scrap) = (window.figure("now-good").await?, window.figure("now-scrap").await?);
    assert!(
        [(53, 2), (56, 3)].contains(&(good, scrap)),
        "a report is whole or not there: {good} and {scrap}"
    );
    window.picture(&artifacts, "after-the-kill").await?;

    server.resume()?;
    window.wait_until_quiet().await?;
    window.picture(&artifacts, "quiet").await?;
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
    window.close().await
}
