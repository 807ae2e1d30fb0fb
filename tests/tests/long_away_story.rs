//! A device that was away for longer than the feed reaches back, and the job that shortens the feed.

use std::time::Duration;

use anyhow::Context;
use e2e::harness::workshop::ORDER;
use e2e::harness::{Device, Server, wait};
use shared_model::command::Command;
use shared_model::ids::WorkOrderId;
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;

const PATIENCE: Duration = Duration::from_secs(60);
const OLD_ENTRIES: &str = "select count(*) from change_log where received_at < now() - interval '50 days'";
const REPORTS: &str = "select count(*) from fact where kind = 'production_reported'";

fn report_one(device: &Device, order: WorkOrderId) -> anyhow::Result<()> {
    let report = ProductionReport { good: Amount::ONE, ..ProductionReport::default() };
    device.enter(&Command::ReportProduction { order, report }).map(drop)
}

/// The workshop, with a report that was sent, and a press that has reports which nobody knows of.
struct Away {
    server: Server,
    office: Device,
    press: Device,
    order: WorkOrderId,
    unsent: u32,
}

impl Away {
    async fn for_two_months() -> anyhow::Result<Self> {
        let server = Server::with_workshop()?;
        let office = Device::joined(&server, "Office")?;
        let order = office.release(ORDER)?.row.id;
        let press = Device::joined(&server, "Press")?;
        press.sync()?;
        report_one(&press, order)?;
        press.sync()?;
        let unsent = 3;
        (0..unsent).try_for_each(|_| report_one(&press, order))?;
        server.database().await?.days_pass(60).await?;
        // The others work on; the feed is not quiet.
        office.sync()?;
        (0..2).try_for_each(|_| report_one(&office, order))?;
        office.sync()?;
        Ok(Self { server, office, press, order, unsent })
    }

    /// Every report is on every device, on one that joins now as well, and the auditor finds nothing.
    async fn each_report_is_there_once(&self, reports: i64) -> anyhow::Result<()> {
        assert_eq!(self.server.database().await?.count(REPORTS).await?, reports, "facts in PostgreSQL");
        let new = Device::joined(&self.server, "Joined later")?;
        new.sync()?;
        for device in [&self.office, &self.press, &new] {
            device.sync()?;
            let detail = device.order(ORDER)?;
            assert_eq!(detail.row.output.good.to_string(), reports.to_string(), "on {:?}", device.data());
            assert_eq!(device.unsent_count()?, 0, "on {:?}", device.data());
            assert_eq!(device.ask(shared_model::host::SyncState {})?.status.attention_count, 0);
            // Two months old, and told on a device that never read that entry.
            assert!(detail.timeline.len() > usize::try_from(reports)?, "{:?}", detail.timeline);
        }
        let audit = String::from_utf8(self.server.run(&["audit"], None)?.stdout)?;
        assert!(audit.contains("everything is as the entries say"), "{audit}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_was_away_for_longer_than_the_feed_goes_back_begins_anew_and_sends_its_work()
-> anyhow::Result<()> {
    let mut away = Away::for_two_months().await?;
    assert!(away.server.database().await?.count(OLD_ENTRIES).await? > 0);
    let said = String::from_utf8(away.server.run(&["trim"], None)?.stdout)?;
    assert!(said.contains("2 feeds, of which 2 begin later now"), "{said}");
    assert!(said.contains("months dropped"), "{said}");
    assert_eq!(away.server.database().await?.count(OLD_ENTRIES).await?, 0);

    assert_eq!(away.press.unsent_count()?, away.unsent, "it does not know of anything");
    report_one(&away.press, away.order)?;
    away.press.sync()?;
    away.each_report_is_there_once(7).await?;
    away.server.stop()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trim_that_is_killed_half_way_does_no_harm_and_the_next_one_does_the_rest() -> anyhow::Result<()> {
    let mut away = Away::for_two_months().await?;
    // Before the first feed begins later; and before the first month is dropped.
    for lock in ["feed_head in share mode", "change_log in access share mode"] {
        let mut database = away.server.database().await?;
        let mut onlooker = away.server.database().await?;
        database.run(&format!("begin; lock table {lock}")).await?;
        let trim = away.server.begin(&["trim"])?;
        wait::until("the job at the lock", PATIENCE, async || {
            let table = lock.split(' ').next().context("a table")?;
            let sql =
                format!("select count(*) from pg_locks where not granted and relation = '{table}'::regclass");
            Ok((onlooker.count(&sql).await? > 0).then_some(()))
        })
        .await?;
        trim.kill()?;
        database.run("rollback").await?;
        report_one(&away.office, away.order)?;
        away.office.sync()?;
    }
    wait::until("the next one", PATIENCE, async || {
        // What was killed may hold its claim until PostgreSQL has noticed.
        match away.server.run(&["trim"], None) {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("another process trims") => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    assert_eq!(away.server.database().await?.count(OLD_ENTRIES).await?, 0);
    away.press.sync()?;
    away.each_report_is_there_once(8).await?;
    away.server.stop()
}
