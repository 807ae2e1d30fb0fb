//! A native device meets the server: for the first time, and again with nothing new.

use std::time::{Duration, Instant};

use shared_model::host::Request;

use super::gate::Gate;
use super::lab::{Lab, say};
use super::samples::Samples;
use super::station::Station;
use super::{Figures, Selection, plant};
use crate::harness::Server;

const FIRST_SYNCS: usize = 5;
const RECONNECTS: usize = 40;
/// For what a device still has to say after it is in step.
const AFTERMATH: Duration = Duration::from_millis(50);

pub async fn measure(lab: &mut Lab, selection: &Selection) -> anyhow::Result<Figures> {
    let server = &*lab.server().await?;
    let gate = Gate::before(server.port()).await?;
    let mut figures = Figures::new();
    if selection.wants("initial-sync") {
        first_syncs(server, &gate, &mut figures).await?;
    }
    if selection.wants("reconnect") {
        reconnects(server, &gate, &mut figures).await?;
    }
    Ok(figures)
}

async fn first_syncs(server: &Server, gate: &Gate, figures: &mut Figures) -> anyhow::Result<()> {
    let (mut took, mut bytes) = (Samples::default(), 0);
    for n in 1..=FIRST_SYNCS {
        let before = gate.bytes();
        let station = Station::join(server, &gate.url(), &format!("First sync {n}")).await?;
        // The sync begins with the answer to the enrollment.
        let begun = Instant::now();
        let in_step = station.settled(Duration::from_millis(2)).await?;
        station.flush()?;
        took.add(begun.elapsed());
        bytes = gate.bytes() - before;
        let (in_step, all) = (in_step - begun, begun.elapsed());
        say(&format!("first sync: {in_step:.0?}, on the disk {all:.0?}, {bytes} bytes both ways"));
        station.close().await;
    }
    say(&format!("first sync of {} orders, {}", plant::ORDERS, took.summary()));
    figures.insert("initial-sync-native", took.percentile(50) / 1000.0);
    figures.insert("initial-sync-bytes", megabytes(bytes));
    Ok(())
}

async fn reconnects(server: &Server, gate: &Gate, figures: &mut Figures) -> anyhow::Result<()> {
    let station = Station::ready(server, &gate.url(), "Reconnecting").await?;
    let (mut took, mut bytes) = (Samples::default(), Samples::default());
    for _ in 0..RECONNECTS {
        gate.close();
        station.unsettled().await?;
        gate.open();
        let (before, begun) = (gate.bytes(), Instant::now());
        station.call(Request::SyncNow).await?;
        took.add(station.settled(Duration::from_micros(100)).await? - begun);
        tokio::time::sleep(AFTERMATH).await;
        bytes.add_figure(count(gate.bytes() - before));
    }
    say(&format!("reconnect with nothing new, {}", took.summary()));
    figures.insert("reconnect-time", took.percentile(50));
    figures.insert("reconnect-bytes", bytes.percentile(50));
    station.close().await;
    Ok(())
}

pub fn count(bytes: u64) -> f64 {
    bytes as f64
}

pub fn megabytes(bytes: u64) -> f64 {
    count(bytes) / 1_000_000.0
}
