//! The main job told with `unison-device`: a day without a network, and nothing lost or doubled.

use anyhow::Context;
use e2e::harness::{Api, Device, Server, ServerSetup, demo, workshop};
use rust_decimal::Decimal;
use shared_model::command::Command;
use shared_model::host::{OrderDetail, SyncState};
use shared_model::ids::{FactId, WorkOrderId};
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::Amount;
use shared_model::work_order::Stage;

const ORDER: &str = "BO0002";

fn report(order: WorkOrderId, operation: Option<u32>, good: i32, scrap: i32) -> Command {
    let scrap = (scrap > 0).then(|| Scrap { amount: Amount::whole(scrap), reason: None });
    let scrap = scrap.into_iter().collect();
    let report =
        ProductionReport { operation, good: Amount::whole(good), scrap, ..ProductionReport::default() };
    Command::ReportProduction { order, report }
}

fn undo(order: WorkOrderId, report: FactId) -> Command {
    Command::VoidReport { order, report, reason: "wrong number".to_owned() }
}

fn last_operation(order: &OrderDetail) -> Option<u32> {
    order.operations.iter().map(|operation| operation.number).max()
}

/// What everybody has to say about an order, wherever it is asked.
async fn everywhere_the_same(
    server: &Server,
    devices: &[&Device],
    order: &str,
    good: i64,
    scrap: i64,
) -> anyhow::Result<()> {
    let totals = server.database().await?.totals(order).await?;
    assert_eq!((totals.good, totals.scrap), (Decimal::from(good), Decimal::from(scrap)), "in PostgreSQL");
    assert_eq!(totals.good_by_facts, totals.good, "the facts sum to the projection");
    let shown = Api::of_admin(server).await?.order(order).await?;
    assert_eq!(shown["output"]["good"], good.to_string(), "by the API: {shown}");
    assert_eq!(shown["output"]["scrap"], scrap.to_string(), "by the API: {shown}");
    for device in devices {
        let row = device.order(order)?.row;
        assert_eq!(row.output.good.to_string(), good.to_string(), "on {:?}", device.data());
        assert_eq!(row.output.scrap.to_string(), scrap.to_string(), "on {:?}", device.data());
        assert_eq!(device.unsent_count()?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_day_without_a_network_on_the_demo_data_ends_with_the_same_totals_everywhere() -> anyhow::Result<()>
{
    let mut server = Server::with_import(ServerSetup::default(), &demo::directory()?)?;
    let device = Device::joined(&server, "Saw 1")?;
    device.sync()?;
    let other = Device::joined(&server, "Office")?;
    other.sync()?;

    server.stop()?;
    let order = device.order(ORDER)?;
    let (id, operation) = (order.row.id, last_operation(&order));
    assert_eq!(order.row.stage, Stage::Planned);
    device.enter(&Command::release(id))?;
    if let Some(operation) = operation {
        device.enter(&Command::StartOperation { order: id, operation })?;
    }
    device.enter(&report(id, operation, 48, 2))?;
    let wrong = device.enter(&report(id, operation, 480, 0))?.report.expect("a report");
    device.enter(&undo(id, wrong))?;
    device.enter(&report(id, operation, 5, 1))?;

    // Offline the screens show it all, and mark it as saved here.
    let row = device.order(ORDER)?.row;
    assert_eq!((row.output.good, row.output.scrap), (Amount::whole(53), Amount::whole(3)));
    assert_eq!(row.stage, if operation.is_some() { Stage::InProgress } else { Stage::Released });
    assert!(device.unsent_count()? >= 5);
    assert_eq!(other.order(ORDER)?.row.output.good, Amount::ZERO);

    server.resume()?;
    device.sync()?;
    other.sync()?;
    everywhere_the_same(&server, &[&device, &other], ORDER, 53, 3).await?;
    let totals = server.database().await?.totals(ORDER).await?;
    assert_eq!((totals.reports, totals.voids), (3, 1));
    Ok(())
}

#[tokio::test]
async fn killed_during_commits_on_the_demo_data_a_device_keeps_every_report_that_it_confirmed()
-> anyhow::Result<()> {
    const KILLS: i32 = 12;
    let mut server = Server::with_import(ServerSetup::default(), &demo::directory()?)?;
    let device = Device::joined(&server, "Saw 1")?;
    device.sync()?;
    server.stop()?;

    let order = device.order(ORDER)?;
    let (id, operation) = (order.row.id, last_operation(&order));
    device.enter(&Command::release(id))?;
    let (mut confirmed, mut begun) = (0, 0);
    for kill in 0..KILLS {
        let mut entering = device.entering()?;
        // Each time a different number of reports is on its way when the power goes.
        for n in 0..=kill % 4 {
            entering.begin(&report(id, operation, 1, 0))?;
            begun += 1;
            if n < kill % 3 {
                entering.finish()?;
                confirmed += 1;
            }
        }
        entering.kill()?;
    }
    let here = device.order(ORDER)?.row.output.good;
    let here_count: i64 = here.to_string().parse()?;
    assert!((confirmed..=begun).contains(&here_count), "{confirmed} ≤ {here_count} ≤ {begun}");

    server.resume()?;
    device.sync()?;
    everywhere_the_same(&server, &[&device], ORDER, here_count, 0).await
}

#[tokio::test]
async fn five_and_seven_reported_on_the_demo_data_by_two_devices_without_a_network_make_twelve()
-> anyhow::Result<()> {
    let mut server = Server::with_import(ServerSetup::default(), &demo::directory()?)?;
    let (anna, ben) = (Device::joined(&server, "Anna")?, Device::joined(&server, "Ben")?);
    anna.sync()?;
    let order = anna.order(ORDER)?;
    let (id, operation) = (order.row.id, last_operation(&order));
    anna.enter(&Command::release(id))?;
    anna.sync()?;
    ben.sync()?;

    server.kill()?;
    anna.enter(&report(id, operation, 5, 0))?;
    ben.enter(&report(id, operation, 7, 0))?;
    server.resume()?;
    ben.sync()?;
    anna.sync()?;
    ben.sync()?;
    everywhere_the_same(&server, &[&anna, &ben], ORDER, 12, 0).await
}

#[tokio::test]
async fn what_a_revoked_device_had_entered_is_handed_in_and_counts_when_an_administrator_releases_it()
-> anyhow::Result<()> {
    let mut server = Server::with_workshop()?;
    let (lost, office) = (Device::joined(&server, "Lost tablet")?, Device::joined(&server, "Office")?);
    lost.sync()?;
    office.sync()?;
    let order = lost.order(workshop::ORDER)?;
    let id = order.row.id;
    server.stop()?;
    lost.enter(&Command::release(id))?;
    lost.enter(&report(id, last_operation(&order), 4, 1))?;

    server.resume()?;
    let api = Api::of_admin(&server).await?;
    let devices = api.all("devices").await?;
    let device = devices.iter().find(|device| device["name"] == "Lost tablet").context("it is not listed")?;
    let device = device["id"].as_str().context("no id")?;
    api.revoke(device).await?;
    let said = lost.sync().expect_err("it was revoked").to_string();
    assert!(said.contains("revoked"), "{said}");
    let status = lost.ask(SyncState {})?.status;
    assert_eq!((status.unsent_count, status.attention_count), (0, 2), "it keeps what it handed in");
    let kept = api.all(&format!("refused?device={device}&open=true")).await?;
    let entered: Vec<_> = kept.iter().map(|kept| &kept["command"]["command"]).collect();
    assert_eq!(entered, ["release_work_order", "report_production"]);
    office.sync()?;
    assert_eq!(office.order(workshop::ORDER)?.row.stage, Stage::Planned, "nothing of it was applied");

    for kept in &kept {
        let id = kept["id"].as_str().context("no id")?;
        api.decide(id, "release", "the tablet was found").await?;
    }
    assert!(api.all(&format!("refused?device={device}&open=true")).await?.is_empty());
    office.sync()?;
    everywhere_the_same(&server, &[&office], workshop::ORDER, 4, 1).await
}

#[tokio::test]
async fn a_lost_device_that_is_wiped_hands_in_its_work_and_holds_nothing_any_more() -> anyhow::Result<()> {
    let mut server = Server::with_workshop()?;
    let (lost, office) = (Device::joined(&server, "Lost tablet")?, Device::joined(&server, "Office")?);
    lost.sync()?;
    office.sync()?;
    let order = lost.order(workshop::ORDER)?;
    server.stop()?;
    lost.enter(&Command::release(order.row.id))?;
    lost.enter(&report(order.row.id, last_operation(&order), 4, 1))?;
    let copy = tempfile::tempdir()?;
    for name in ["outbox.sealed.db", "outbox.sealed.db-wal"] {
        if lost.data().join(name).exists() {
            std::fs::copy(lost.data().join(name), copy.path().join(name))?;
        }
    }

    server.resume()?;
    let api = Api::of_admin(&server).await?;
    let device = api.device("Lost tablet").await?["id"].as_str().context("no id")?.to_owned();
    api.wipe(&device).await?;
    let told = lost.sync().expect_err("it was emptied").to_string();
    assert!(told.contains("an administrator of Main plant had this device emptied"), "{told}");
    let kept = api.all(&format!("refused?device={device}&open=true")).await?;
    let entered: Vec<_> = kept.iter().map(|kept| &kept["command"]["command"]).collect();
    assert_eq!(entered, ["release_work_order", "report_production"], "handed in before");
    assert!(api.device("Lost tablet").await?["wiped_at"].is_string());

    let status = lost.run(&["status"])?;
    let status: serde_json::Value = serde_json::from_slice(&status.stdout)?;
    assert_eq!(status["session"]["plant"], serde_json::Value::Null);
    assert_eq!(status["session"]["wiped"]["plant"], "Main plant");
    // Files of before that turn up again are of no use to it.
    for entry in std::fs::read_dir(copy.path())? {
        let entry = entry?;
        std::fs::copy(entry.path(), lost.data().join(entry.file_name()))?;
    }
    let told = lost.orders("").expect_err("it cannot be read").to_string();
    assert!(told.contains("cannot be read with the key of this device"), "{told}");

    for kept in &kept {
        api.decide(kept["id"].as_str().context("no id")?, "release", "the tablet is gone").await?;
    }
    office.sync()?;
    everywhere_the_same(&server, &[&office], workshop::ORDER, 4, 1).await
}
