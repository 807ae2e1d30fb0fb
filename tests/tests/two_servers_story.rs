//! Two server processes on one PostgreSQL: devices of the one and of the other see the same plant, and
//! a device that loses its server goes on with the other.

use std::time::Duration;

use anyhow::Context;
use e2e::harness::line::Line;
use e2e::harness::workshop::{self, ORDER};
use e2e::harness::{Api, Balancer, Database, Device, Nats, Server, ServerSetup, Stranger, wait};
use rust_decimal::Decimal;
use shared_model::command::Command;
use shared_model::fact::FactBody;
use shared_model::ids::WorkOrderId;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;
use shared_model::sync::wire::{ClientFrame, EntryChange, ServerFrame};
use shared_model::work_order::{Stage, WorkOrderEdit};
use sqlx::ConnectOptions as _;
use sync_server::postgres::Cluster;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const COUNT: &str = "select count(*) from fact where kind = 'production_reported'";

fn report_one(order: WorkOrderId) -> Command {
    let report = ProductionReport { good: Amount::ONE, ..ProductionReport::default() };
    Command::ReportProduction { order, report }
}

/// The workshop on two servers. The fields end in their order: the database last.
struct Pair {
    first: Server,
    second: Server,
    order: WorkOrderId,
    _cluster: Cluster,
    _data: TempDir,
}

impl Pair {
    async fn start() -> anyhow::Result<Self> {
        Self::waking_by(None).await
    }

    /// With its order given to the floor.
    async fn waking_by(nats: Option<&Nats>) -> anyhow::Result<Self> {
        let data = tempfile::Builder::new().prefix("unison-story-").tempdir()?;
        std::fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
        let cluster = Cluster::start(data.path()).await?;
        let url =
            cluster.access().admin.clone().host("127.0.0.1").database("unison").to_url_lossy().to_string();
        let files = tempfile::tempdir()?;
        workshop::write(files.path())?;
        let nats_url = nats.map(Nats::url);
        let setup = ServerSetup { database_url: Some(url), nats_url, ..ServerSetup::default() };
        let first = Server::with_import(setup.clone(), files.path())?;
        let second = Server::beside(setup)?;
        let office = Device::joined(&first, "Office")?;
        let order = office.release(ORDER)?.row.id;
        Ok(Self { first, second, order, _cluster: cluster, _data: data })
    }

    async fn database(&self) -> anyhow::Result<Database> {
        self.second.database().await
    }

    /// Every report in PostgreSQL once, and the same sum wherever somebody looks.
    async fn each_report_is_there_once(&self, devices: &[&Device], reports: i64) -> anyhow::Result<()> {
        let mut database = self.database().await?;
        let totals = database.totals(ORDER).await?;
        assert_eq!(totals.reports, reports, "facts in PostgreSQL");
        assert_eq!(totals.good_by_facts, Decimal::from(reports), "pieces by the facts");
        assert_eq!(totals.good, totals.good_by_facts, "the projection");
        let shown = Api::of_admin(&self.second).await?.order(ORDER).await?;
        assert_eq!(shown["output"]["good"], reports.to_string(), "by the API: {shown}");
        for device in devices {
            let row = device.order(ORDER)?.row;
            assert_eq!(row.output.good.to_string(), reports.to_string(), "on {:?}", device.data());
            assert_eq!(device.unsent_count()?, 0, "on {:?}", device.data());
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_device_reports_to_one_server_the_devices_of_the_other_hear_at_once() -> anyhow::Result<()> {
    let pair = Pair::start().await?;
    let (press, saw) = (Device::joined(&pair.first, "Press")?, Device::joined(&pair.second, "Saw")?);
    // One listens on each server; what is entered at the other server reaches it.
    let on_first = Stranger::joined(&pair.first, "Listens on the first").await?;
    let on_second = Stranger::joined(&pair.second, "Listens on the second").await?;
    press.sync()?;
    saw.sync()?;
    for (from, to) in [(&press, &on_second), (&saw, &on_first)] {
        let mut line = to.call_up_to_date().await?;
        from.enter(&report_one(pair.order))?;
        from.sync()?;
        let news = wait::at_most("the other server's news", PATIENCE, line.hear()).await?;
        let Some(ServerFrame::Batch(batch)) = news else { anyhow::bail!("no batch: {news:?}") };
        assert!(batch.entries.iter().any(|entry| matches!(entry.change, EntryChange::Fact(_))), "{batch:?}");
    }
    press.sync()?;
    saw.sync()?;
    pair.each_report_is_there_once(&[&press, &saw], 2).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_of_two_servers_that_change_one_order_in_turn_build_on_one_another() -> anyhow::Result<()> {
    const TURNS: i64 = 6;
    let pair = Pair::start().await?;
    let (press, saw) = (Device::joined(&pair.first, "Press")?, Device::joined(&pair.second, "Saw")?);
    press.sync()?;
    saw.sync()?;
    for turn in 0..TURNS {
        let device = if turn % 2 == 0 { &press } else { &saw };
        device.sync()?;
        let order = device.order(ORDER)?;
        assert_eq!(order.row.output.good.to_string(), turn.to_string(), "what the other reported is here");
        let edit = WorkOrderEdit { title: Some(format!("Turn {turn}")), ..WorkOrderEdit::default() };
        device.enter(&Command::EditWorkOrder { order: pair.order, edit })?;
        device.enter(&report_one(pair.order))?;
        device.sync()?;
        assert_eq!(device.ask(shared_model::host::SyncState {})?.status.attention_count, 0, "turn {turn}");
    }
    let cancel = Command::cancel(pair.order, "enough of them".to_owned());
    press.sync()?;
    press.enter(&cancel)?;
    press.sync()?;
    saw.sync()?;
    assert_eq!(saw.order(ORDER)?.row.stage, Stage::Cancelled);
    assert_eq!(saw.order(ORDER)?.row.title, format!("Turn {}", TURNS - 1));
    pair.each_report_is_there_once(&[&press, &saw], TURNS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_whose_server_is_killed_while_it_pushes_goes_on_with_the_other_and_nothing_counts_twice()
-> anyhow::Result<()> {
    const REPORTS: i64 = 1_200;
    let mut pair = Pair::start().await?;
    let balancer = Balancer::start(pair.first.port()).await?;
    let device = Device::joined_by(&balancer.url(), &pair.first, "Press")?;
    device.sync()?;
    let mut entering = device.entering()?;
    (0..REPORTS).try_for_each(|_| entering.enter(&report_one(pair.order)).map(drop))?;
    assert!(entering.end()?);

    // Some of it is committed, and the next transaction waits for the story's lock.
    let mut database = pair.database().await?;
    let syncing = device.syncing()?;
    let part = wait::until("a part of the push", PATIENCE, async || {
        database.run("begin; lock table fact in share mode").await?;
        let count = database.count(COUNT).await?;
        if count == 0 {
            database.run("rollback").await?;
        }
        Ok((count > 0).then_some(count))
    })
    .await?;
    pair.first.kill()?;
    balancer.point_at(pair.second.port());
    database.run("rollback").await?;
    assert!(part < REPORTS, "all {part} were there before the server was killed");

    let status = syncing.wait(Duration::from_secs(120)).context("the other server takes the rest")?;
    assert!(status.success(), "{status}");
    let onlooker = Device::joined(&pair.second, "Office 2")?;
    onlooker.sync()?;
    pair.each_report_is_there_once(&[&device, &onlooker], REPORTS).await
}

/// Devices at the first server, and one that listens at the second.
struct Relay<'a> {
    pair: &'a Pair,
    press: &'a Device,
    line: Line,
    reports: i64,
}

impl Relay<'_> {
    /// Reports at the first server, each when the one before was heard at the second.
    async fn report(&mut self, count: i64) -> anyhow::Result<()> {
        let mut entering = self.press.connected(PATIENCE)?;
        for _ in 0..count {
            entering.enter(&report_one(self.pair.order))?;
            self.reports += 1;
            let is_report = |change: &EntryChange| matches!(change, EntryChange::Fact(fact) if matches!(fact.body, FactBody::ProductionReported(_)));
            loop {
                let Some(ServerFrame::Batch(batch)) = self.line.hear().await? else {
                    anyhow::bail!("no batch")
                };
                self.line.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await?;
                if batch.entries.iter().any(|entry| is_report(&entry.change)) {
                    break;
                }
            }
        }
        anyhow::ensure!(entering.end()?, "all was sent");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_are_given_a_nats_tell_each_other_by_it_and_work_on_while_it_is_away()
-> anyhow::Result<()> {
    // Servers that ask now and then would take minutes for as many.
    const MANY: i64 = 40;
    const AWAY: i64 = 5;
    let mut nats = Nats::start().await?;
    let pair = Pair::waking_by(Some(&nats)).await?;
    let (press, saw) = (Device::joined(&pair.first, "Press")?, Device::joined(&pair.second, "Saw")?);
    press.sync()?;
    let listens = Stranger::joined(&pair.second, "Listens on the second").await?;
    let line = listens.call_up_to_date().await?;
    let mut relay = Relay { pair: &pair, press: &press, line, reports: 0 };
    let mut database = pair.database().await?;
    let listening = "select count(*) from pg_stat_activity where query ilike 'listen%'";
    assert_eq!(database.count(listening).await?, 0, "PostgreSQL is not asked to notify");

    let mut onlooker = nats.listen()?;
    wait::at_most("relaying by NATS", PATIENCE, relay.report(MANY)).await?;
    let told = onlooker.hear()?;
    assert!(told.split_once(' ').is_some_and(|(_, head)| head.parse::<u64>().is_ok()), "{told}");

    // NATS goes, work goes on: at the second server it is known a moment later.
    nats.kill()?;
    relay.report(AWAY).await?;

    nats.resume().await?;
    wait::until("the servers at NATS again", PATIENCE, async || {
        let mut onlooker = nats.listen()?;
        relay.report(1).await?;
        Ok(onlooker.hear().ok())
    })
    .await?;
    wait::at_most("relaying by NATS again", PATIENCE, relay.report(MANY)).await?;
    let reports = relay.reports;
    press.sync()?;
    saw.sync()?;
    pair.each_report_is_there_once(&[&press, &saw], reports).await
}
