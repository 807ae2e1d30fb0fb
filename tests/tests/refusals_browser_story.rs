//! What the server does not take, and what two people changed, as people see it: nothing is lost, and nobody
//! is left without the reason and a way on.

use anyhow::Context;
use e2e::harness::browser::{DESKTOP, TABLET};
use e2e::harness::{Api, Artifacts, Browser, Device, Server, ServerSetup, binaries, demo, wait};
use shared_model::command::Command;
use shared_model::exception::Exception;
use shared_model::host::{Exceptions, OrderDetail};
use shared_model::ids::WorkOrderId;
use shared_model::people::Role;
use shared_model::quantity::Amount;
use shared_model::work_order::{Stage, WorkOrderEdit};
use std::path::{Path, PathBuf};
use std::time::Duration;

const OLGA: (&str, &str) = ("Olga Operator", "olga@unison.test");
const SVEN: (&str, &str) = ("Sven Supervisor", "sven@unison.test");
const SUE: (&str, &str) = ("Sue Supervisor", "sue@unison.test");

/// A plant with an operator at a tablet and two supervisors, one in a browser and one without a screen.
struct Floor {
    server: Server,
    artifacts: Artifacts,
    log: PathBuf,
    sue: Device,
}

impl Floor {
    async fn build(story: &str) -> anyhow::Result<Self> {
        let artifacts = Artifacts::of(story)?;
        let web = Some(binaries::web_bundle()?);
        let server = Server::with_import(ServerSetup { web, ..ServerSetup::default() }, &demo::directory()?)?;
        let api = Api::of_admin(&server).await?;
        for ((name, email), role) in
            [(OLGA, Role::Operator), (SVEN, Role::Supervisor), (SUE, Role::Supervisor)]
        {
            api.add_person(name, email, role).await?;
        }
        let sue = Device::joined(&server, "Office of Sue")?;
        sue.sign_in(SUE.1)?;
        sue.sync()?;
        let log = artifacts.directory().join("chromedriver.log");
        Ok(Self { server, artifacts, log, sue })
    }

    /// A planned order with operations, given to the floor.
    fn released(&self, number: &str) -> anyhow::Result<OrderDetail> {
        let order = self.sue.release(number)?;
        anyhow::ensure!(!order.operations.is_empty(), "{number} has no operations");
        Ok(order)
    }

    /// A browser that goes on with what its profile keeps.
    async fn browser(&self, profile: &Path, size: (u32, u32)) -> anyhow::Result<Browser> {
        let browser = Browser::start(profile, size, &self.log).await?;
        browser.goto(&self.server.url()).await?;
        Ok(browser)
    }

    async fn picture(&self, browser: &Browser, name: &str) -> anyhow::Result<()> {
        browser.picture(&self.artifacts, name).await
    }
}

fn order_page(server: &Server, order: WorkOrderId) -> String {
    format!("{}/orders/{order}", server.url())
}

fn job_page(server: &Server, order: &OrderDetail) -> anyhow::Result<(String, u32)> {
    let last = order.operations.iter().max_by_key(|it| it.number).context("no operation")?;
    Ok((format!("{}/work/{}/{}", server.url(), order.row.id, last.number), last.number))
}

async fn text_of(browser: &Browser, test_id: &str) -> anyhow::Result<String> {
    Ok(browser.find(test_id).await?.text().await?)
}

async fn is_disabled(browser: &Browser, test_id: &str) -> anyhow::Result<bool> {
    Ok(browser.find(test_id).await?.attr("disabled").await?.is_some())
}

/// Waits until so many entries need the person.
async fn wait_for_entries(browser: &Browser, count: usize) -> anyhow::Result<()> {
    wait::until(&format!("{count} entries that need somebody"), Duration::from_secs(60), || async {
        let shown = browser.count("[data-testid=attention-row]").await?;
        Ok((shown == count).then_some(()))
    })
    .await
}

#[tokio::test]
async fn an_operator_whose_order_was_cancelled_meanwhile_on_the_demo_data_sees_what_why_and_who_decides()
-> anyhow::Result<()> {
    let mut floor = Floor::build("refusals-cancelled").await?;
    let order = floor.released("BO0002")?;
    let (job, operation) = job_page(&floor.server, &order)?;

    let (tablet, desk) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let olga = floor.browser(tablet.path(), TABLET).await?;
    olga.join(&floor.server, "Tablet 1", OLGA.1).await?;
    olga.wait_until_quiet().await?;
    let sven = floor.browser(desk.path(), DESKTOP).await?;
    sven.join(&floor.server, "Desk of Sven", SVEN.1).await?;
    sven.wait_until_quiet().await?;
    sven.goto(&order_page(&floor.server, order.row.id)).await?;
    sven.find("order-edit").await?;
    olga.goto(&job).await?;
    olga.find("now-start").await?;

    // All of them work without a network, on the same order.
    floor.server.stop()?;
    olga.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    olga.press("now-start").await?;
    olga.report(5, 0, 5).await?;
    olga.close().await?;
    sven.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    sven.press("order-edit").await?;
    sven.enter("edit-title", "For the fair").await?;
    sven.press("dialog-confirm").await?;
    sven.wait_for_attribute("sync-pill", "data-count", "1").await?;
    let reason = "customer withdrew".to_owned();
    floor.sue.enter(&Command::cancel(order.row.id, reason))?;

    floor.server.resume()?;
    sven.wait_until_quiet().await?;
    floor.sue.sync()?;
    sven.wait_for_attribute("order-stage", "data-stage", "cancelled").await?;
    let merged = floor.sue.order("BO0002")?.row;
    assert_eq!((merged.title.as_str(), merged.stage), ("For the fair", Stage::Cancelled), "both count");

    let olga = floor.browser(tablet.path(), TABLET).await?;
    olga.wait_for_attribute("sync-pill", "data-state", "needs_you").await?;
    olga.press("sync-pill").await?;
    olga.press("sync-decide").await?;
    wait_for_entries(&olga, 1).await?;
    assert_eq!(olga.attribute("attention-row", "data-code").await?.as_deref(), Some("start_operation"));
    let why = text_of(&olga, "attention-why").await?;
    assert!(why.contains("customer withdrew"), "{why}");
    let meanwhile = text_of(&olga, "attention-meanwhile").await?;
    for told in ["Sven Supervisor", "Sue Supervisor", "customer withdrew"] {
        assert!(meanwhile.contains(told), "{meanwhile}");
    }
    let decides = text_of(&olga, "attention-decides").await?;
    assert!(decides.contains("Supervisor"), "{decides}");
    assert!(is_disabled(&olga, "attention-resend").await?, "it would be refused again");
    floor.picture(&olga, "start-refused").await?;

    // What was made was made: it counts, and somebody looks at it.
    floor.sue.sync()?;
    let detail = floor.sue.order("BO0002")?;
    let made = detail.operations.iter().find(|it| it.number == operation).context("gone")?.output.good;
    assert_eq!(made, Amount::whole(5));
    let open = floor.sue.ask(Exceptions { include_closed: false })?;
    let outside = open.iter().filter(|row| matches!(row.exception, Exception::ReportOutsideProgress { .. }));
    assert_eq!(outside.count(), 1, "{open:?}");

    olga.press("attention-hand-over").await?;
    olga.enter("hand-over-note", "I had begun when it was cancelled").await?;
    olga.press("dialog-confirm").await?;
    olga.find("attention-empty").await?;
    olga.wait_until_quiet().await?;
    sven.goto(&format!("{}/exceptions", floor.server.url())).await?;
    let row = wait::until("what Olga sent on", Duration::from_secs(60), || async {
        // The newest is the first.
        let row = text_of(&sven, "exception-row").await?;
        Ok(row.contains("I had begun when it was cancelled").then_some(row))
    })
    .await?;
    assert!(row.contains("customer withdrew"), "{row}");
    floor.picture(&sven, "sent-to-the-supervisor").await?;
    olga.close().await?;
    sven.close().await
}

#[tokio::test]
async fn refused_reports_on_the_demo_data_are_changed_and_sent_again_or_entered_by_a_supervisor()
-> anyhow::Result<()> {
    let mut floor = Floor::build("refusals-reports").await?;
    let order = floor.released("BO0002")?;
    let (job, operation) = job_page(&floor.server, &order)?;

    let (tablet, desk) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let olga = floor.browser(tablet.path(), TABLET).await?;
    olga.join(&floor.server, "Tablet 1", OLGA.1).await?;
    olga.wait_until_quiet().await?;
    olga.goto(&job).await?;
    olga.press("now-start").await?;
    olga.find("now-report").await?;
    olga.wait_until_quiet().await?;
    floor.server.stop()?;
    olga.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    olga.report(7, 0, 7).await?;
    olga.report(3, 0, 10).await?;
    olga.report(2, 0, 12).await?;
    olga.close().await?;

    // Somebody takes her role away by mistake before her tablet is back.
    floor.server.resume()?;
    let api = Api::of_admin(&floor.server).await?;
    api.give_role(OLGA.0, Role::Viewer).await?;
    let olga = floor.browser(tablet.path(), TABLET).await?;
    olga.wait_for_attribute("sync-pill", "data-state", "needs_you").await?;
    olga.press("sync-pill").await?;
    olga.press("sync-decide").await?;
    wait_for_entries(&olga, 3).await?;
    let why = text_of(&olga, "attention-why").await?;
    floor.picture(&olga, "reports-refused").await?;
    assert!(why.contains("may not"), "{why}");
    assert!(text_of(&olga, "attention-decides").await?.contains("Supervisor"));
    floor.sue.sync()?;
    assert_eq!(floor.sue.order("BO0002")?.row.output.good, Amount::ZERO, "nothing of it counts yet");

    // The mistake is put right: she changes the first and sends it again, and gives the second to a supervisor.
    api.give_role(OLGA.0, Role::Operator).await?;
    wait::until("that it may be sent again", Duration::from_secs(60), || async {
        Ok((!is_disabled(&olga, "attention-resend").await?).then_some(()))
    })
    .await?;
    olga.press("attention-edit").await?;
    olga.wait_for_attribute("report-good", "data-value", "7").await?;
    olga.press("report-good").await?;
    olga.press("keypad-clear").await?;
    olga.press("keypad-6").await?;
    olga.wait_for_attribute("report-good", "data-value", "6").await?;
    floor.picture(&olga, "changing-a-report").await?;
    olga.press("report-save").await?;
    wait_for_entries(&olga, 2).await?;
    olga.press("attention-hand-over").await?;
    olga.enter("hand-over-note", "counted twice, it was 3").await?;
    floor.picture(&olga, "sending-to-a-supervisor").await?;
    olga.press("dialog-confirm").await?;
    wait_for_entries(&olga, 1).await?;
    olga.press("attention-discard").await?;
    assert!(is_disabled(&olga, "dialog-confirm").await?, "not by one touch");
    olga.enter("dialog-typed", "discar").await?;
    assert!(is_disabled(&olga, "dialog-confirm").await?, "the word is not whole");
    olga.enter("dialog-typed", "discard").await?;
    floor.picture(&olga, "discarding").await?;
    olga.press("dialog-confirm").await?;
    olga.find("attention-empty").await?;
    olga.wait_until_quiet().await?;
    floor.picture(&olga, "nothing-left").await?;
    let kept = api.all("refused").await?;
    let is_discarded = |kept: &&serde_json::Value| kept["command"]["report"]["good"] == "2";
    assert_eq!(
        kept.iter().filter(is_discarded).count(),
        1,
        "the server keeps what left the tablet: {kept:?}"
    );
    olga.press("sync-pill").await?;
    olga.press("sync-compare").await?;
    wait::until("the comparison", Duration::from_secs(60), || async {
        Ok(text_of(&olga, "sync-compared").await?.starts_with("The same as on the server").then_some(()))
    })
    .await?;
    floor.picture(&olga, "compared").await?;

    let sven = floor.browser(desk.path(), DESKTOP).await?;
    sven.join(&floor.server, "Desk of Sven", SVEN.1).await?;
    sven.wait_until_quiet().await?;
    sven.goto(&format!("{}/exceptions", floor.server.url())).await?;
    sven.find("exception-release").await?;
    let row = text_of(&sven, "exception-row").await?;
    assert!(row.contains("counted twice, it was 3") && row.contains("3 good"), "{row}");
    floor.picture(&sven, "the-supervisor-decides").await?;
    sven.press("exception-release").await?;
    sven.find("dialog-confirm").await?;
    floor.picture(&sven, "in-my-name").await?;
    sven.press("dialog-confirm").await?;
    wait::until("the exception to be closed", Duration::from_secs(60), || async {
        Ok((sven.count("[data-testid=exception-release]").await? == 0).then_some(()))
    })
    .await?;
    sven.wait_until_quiet().await?;
    floor.picture(&sven, "entered").await?;

    floor.sue.sync()?;
    let detail = floor.sue.order("BO0002")?;
    let made = detail.operations.iter().find(|it| it.number == operation).context("gone")?.output.good;
    assert_eq!(made, Amount::whole(9), "6 and 3, each once");
    let totals = floor.server.database().await?.totals("BO0002").await?;
    assert_eq!((totals.good, totals.reports), (9.into(), 2));
    olga.close().await?;
    sven.close().await
}

#[tokio::test]
async fn a_plan_that_two_supervisors_changed_on_the_demo_data_is_settled_on_the_orders_own_page()
-> anyhow::Result<()> {
    let mut floor = Floor::build("refusals-contested").await?;
    let order = floor.sue.order("BO0002")?.row;
    let desk = tempfile::tempdir()?;
    let sven = floor.browser(desk.path(), DESKTOP).await?;
    sven.join(&floor.server, "Desk of Sven", SVEN.1).await?;
    sven.wait_until_quiet().await?;
    sven.goto(&order_page(&floor.server, order.id)).await?;
    sven.find("order-edit").await?;
    floor.server.stop()?;
    sven.wait_for_attribute("sync-pill", "data-state", "offline").await?;
    sven.press("order-edit").await?;
    sven.enter("edit-quantity", "60").await?;
    sven.press("dialog-confirm").await?;
    sven.wait_for_attribute("order-ordered", "data-value", "60").await?;
    let edit = WorkOrderEdit { quantity: Some(Amount::whole(80)), ..WorkOrderEdit::default() };
    floor.sue.enter(&Command::EditWorkOrder { order: order.id, edit })?;

    floor.server.resume()?;
    sven.wait_until_quiet().await?;
    floor.sue.sync()?;
    sven.wait_for_attribute("order-ordered", "data-value", "80").await?;
    sven.wait_for_attribute("order-contested", "data-field", "quantity").await?;
    let shown = text_of(&sven, "order-contested").await?;
    for told in ["60", "80", "Sue Supervisor"] {
        assert!(shown.contains(told), "{shown}");
    }
    floor.picture(&sven, "both-values").await?;
    sven.press("contested-before").await?;
    sven.wait_for_attribute("order-ordered", "data-value", "60").await?;
    wait::until("the choice to be made", Duration::from_secs(60), || async {
        Ok((sven.count("[data-testid=order-contested]").await? == 0).then_some(()))
    })
    .await?;
    sven.wait_until_quiet().await?;
    floor.picture(&sven, "chosen").await?;
    floor.sue.sync()?;
    assert_eq!(floor.sue.order("BO0002")?.row.ordered, Amount::whole(60));
    assert!(floor.sue.ask(Exceptions { include_closed: false })?.is_empty());
    sven.close().await
}
