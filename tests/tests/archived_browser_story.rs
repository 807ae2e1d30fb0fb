//! Orders that were closed long ago, as a supervisor sees them: in the lists as ever, and whole when they are
//! opened, as soon as there is a connection.

use e2e::harness::browser::DESKTOP;
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo};
use shared_model::command::Command;
use shared_model::host::OrderDetail;
use shared_model::people::Role;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;

const SUPERVISOR: &str = "sven@unison.test";
const ORDERS: [&str; 2] = ["BO0002", "BO0014"];
const OPEN: &str = "BO0016";

/// Seven pieces are made, and then the customer withdraws.
fn made_and_cancelled(office: &Device, number: &str) -> anyhow::Result<OrderDetail> {
    let released = office.release(number)?;
    let order = released.row.id;
    let operation = released.operations.iter().map(|operation| operation.number).max();
    let report = ProductionReport { operation, good: Amount::whole(7), ..ProductionReport::default() };
    office.enter(&Command::ReportProduction { order, report })?;
    office.enter(&Command::cancel(order, "customer withdrew".to_owned()))?;
    office.sync()?;
    Ok(released)
}

#[tokio::test]
async fn an_order_closed_long_ago_is_listed_on_the_demo_data_and_its_details_come_when_it_is_opened()
-> anyhow::Result<()> {
    let artifacts = Artifacts::of("archived-browser-story")?;
    let web = Some(binaries::web_bundle()?);
    let mut server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
    Api::of_admin(&server).await?.add_person("Sven Supervisor", SUPERVISOR, Role::Supervisor).await?;
    let office = Device::joined(&server, "Office")?;
    let mut closed = Vec::new();
    for number in ORDERS {
        closed.push(made_and_cancelled(&office, number)?);
    }
    // What was made without enough in stock is looked at, or the orders stay where people look.
    server.database().await?.run("update exception set closed_at = now()").await?;

    let profile = tempfile::tempdir()?;
    let log = artifacts.directory().join("chromedriver.log");
    let desk = Browser::start(profile.path(), DESKTOP, &log).await?;
    desk.goto(&server.url()).await?;
    desk.join(&server, "Desk of Sven", SUPERVISOR).await?;
    desk.wait_until_quiet().await?;
    server.database().await?.days_pass(31).await?;
    office.release(OPEN)?;
    office.sync()?;
    let said = String::from_utf8(server.run(&["trim"], None)?.stdout)?;
    assert!(said.contains("closed orders archived"), "{said}");

    // The device without a screen let go of it, too, and still knows what it made.
    office.sync()?;
    let detail = office.order(ORDERS[0])?;
    assert_eq!((detail.row.output.good, detail.reports.len()), (Amount::whole(7), 0));

    let address = |at: usize| format!("{}/orders/{}", server.url(), closed[at].row.id);
    desk.goto(&address(0)).await?;
    desk.wait_for_attribute("order-good", "data-value", "7").await?;
    desk.press("tab-reports").await?;
    desk.find("report-row").await?;
    desk.picture(&artifacts, "its-details-came").await?;

    let second = address(1);
    server.stop()?;
    desk.goto(&second).await?;
    desk.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    desk.wait_for_attribute("order-archived", "data-details", "coming").await?;
    desk.wait_for_attribute("order-good", "data-value", "7").await?;
    desk.picture(&artifacts, "no-connection").await?;
    server.resume()?;
    // Nobody presses anything.
    desk.press("tab-reports").await?;
    desk.find("report-row").await?;
    desk.picture(&artifacts, "it-came-by-itself").await?;
    desk.close().await?;
    server.stop()
}
