//! From the button on one device to the replica of another.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use shared_model::host::{Event, Now};
use shared_model::ids::{FactId, WorkOrderId};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::Figures;
use super::lab::{Lab, say};
use super::plant::OPERATION;
use super::samples::Samples;
use super::station::Station;
use super::work::report;

const REPORTS: usize = 400;
const WARM_UP: usize = 20;
const ORDERS: usize = 100;
const SKIPPED: usize = 1_000;
/// A device tells its screens of changes at once, but not more often than every 100 ms.
const PAUSE: Duration = Duration::from_millis(130);
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let server = &*lab.server().await?;
    let from = Station::ready(server, &server.url(), "From").await?;
    let to = Station::ready(server, &server.url(), "To").await?;
    let orders = from.released(SKIPPED, ORDERS).await?;
    let mut events = to.host.events();
    let (mut took, mut saving) = (Samples::default(), Samples::default());
    say(&format!("{REPORTS} reports from one device to another"));
    for (n, order) in orders.iter().cycle().take(REPORTS + WARM_UP).enumerate() {
        tokio::time::sleep(PAUSE).await;
        while events.try_recv().is_ok() {}
        let pressed = Instant::now();
        let saved = from.enter(report(*order)).await?;
        let saved_after = pressed.elapsed();
        let report = saved.report.context("a report was saved")?;
        let arrived = tokio::time::timeout(PATIENCE, arrival(&to, &mut events, *order, report)).await??;
        if n >= WARM_UP {
            took.add(arrived - pressed);
            saving.add(saved_after);
        }
    }
    say(&format!("from button to the other replica, {}", took.summary()));
    say(&format!("of that, until it was saved on the first, {}", saving.summary()));
    from.close().await;
    to.close().await;
    Ok(Figures::from([("relay-p50", took.percentile(50)), ("relay-p99", took.percentile(99))]))
}

/// When the device told its screens of the change with which the report came.
async fn arrival(
    to: &Station,
    events: &mut Receiver<Event>,
    order: WorkOrderId,
    report: FactId,
) -> anyhow::Result<Instant> {
    loop {
        match events.recv().await {
            Ok(Event::Changed { .. }) => {}
            Ok(Event::Status(_) | Event::Stopped { .. }) | Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => bail!("the replica was closed"),
        }
        let told = Instant::now();
        let card = to.ask(Now { order, operation: Some(OPERATION) }).await?;
        if card.reports.iter().any(|row| row.id == report) {
            return Ok(told);
        }
    }
}
