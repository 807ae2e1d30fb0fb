//! A hundred devices on one server: what they take of its memory, and how fast all hear of a report.

use std::time::{Duration, Instant};

use anyhow::Context;
use shared_model::ids::CommandId;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::lab::{Lab, say};
use super::listener::{Heard, Listener};
use super::samples::Samples;
use super::station::Station;
use super::work::report;
use super::{Figures, Selection, plant, sync};
use crate::harness::Server;

const DEVICES: u8 = 100;
const REPORTS: usize = 300;
const WARM_UP: usize = 20;
const ORDERS: usize = 100;
const SKIPPED: usize = 500;
const PAUSE: Duration = Duration::from_millis(30);
const PATIENCE: Duration = Duration::from_secs(20);
const SMALL: (&str, usize) = ("server-memory-1000-orders", 1_000);
const LARGE: (&str, usize) = ("server-memory-40000-orders", 40_000);
const GROWTH: &str = "server-memory-growth";

pub async fn measure(lab: &mut Lab, selection: &Selection) -> anyhow::Result<Figures> {
    let server = lab.server().await?;
    let (heard, mut arrivals) = unbounded_channel();
    let Joined { listeners, idle, joined } = join_all(server, &heard).await?;
    let server = &*server;

    let mut figures = Figures::new();
    if selection.wants("fan-out") {
        let took = fan_out(server, &mut arrivals).await?;
        say(&format!("from button to all {DEVICES} devices, {}", took.summary()));
        figures.insert("fan-out-p50", took.percentile(50));
        figures.insert("fan-out-p99", took.percentile(99));
    }
    let after = server.resident_bytes()?;
    say(&format!(
        "the server's memory: {:.1} MB idle, {:.1} MB with {DEVICES} devices, {:.1} MB in the end",
        sync::megabytes(idle),
        sync::megabytes(joined),
        sync::megabytes(after)
    ));
    leave(listeners).await?;
    figures.insert("server-memory", sync::megabytes(joined.max(after)));
    Ok(figures)
}

/// The server's memory with all devices at it, at a small plant and at a large one, and how many times more the
/// large one takes.
pub async fn by_size(selection: &Selection) -> anyhow::Result<Figures> {
    let mut figures = Figures::new();
    for (name, orders) in [SMALL, LARGE] {
        if selection.wants(name) || selection.wants(GROWTH) {
            figures.insert(name, memory(orders).await?);
        }
    }
    if let (Some(small), Some(large)) = (figures.get(SMALL.0), figures.get(LARGE.0)) {
        let growth = large / small;
        figures.insert(GROWTH, growth);
    }
    Ok(figures)
}

/// In megabytes, where the plant has so many orders.
async fn memory(orders: usize) -> anyhow::Result<f64> {
    let mut server = plant::start(orders).await?;
    let (heard, _arrivals) = unbounded_channel();
    let Joined { listeners, idle, joined } = join_all(&mut server, &heard).await?;
    say(&format!(
        "the server's memory, {orders} orders: {:.1} MB idle, {:.1} MB with {DEVICES} devices",
        sync::megabytes(idle),
        sync::megabytes(joined)
    ));
    leave(listeners).await?;
    Ok(sync::megabytes(joined))
}

struct Joined {
    listeners: Vec<Listener>,
    /// The server's memory before, and after.
    idle: u64,
    joined: u64,
}

async fn join_all(server: &mut Server, heard: &Heard) -> anyhow::Result<Joined> {
    // What the import and other measurements left in its memory goes.
    server.stop()?;
    server.resume()?;
    let idle = server.resident_bytes()?;
    say(&format!("{DEVICES} devices join, and each fetches everything"));
    let mut listeners = Vec::new();
    // Four at a time, as people come to work.
    for first in (0..DEVICES).step_by(4) {
        let joining = (first..DEVICES.min(first + 4)).map(|n| Listener::join(&*server, n, heard.clone()));
        listeners.extend(futures_util::future::try_join_all(joining).await?);
    }
    let joined = server.resident_bytes()?;
    Ok(Joined { listeners, idle, joined })
}

async fn leave(listeners: Vec<Listener>) -> anyhow::Result<()> {
    for listener in listeners {
        listener.end().await?;
    }
    Ok(())
}

async fn fan_out(
    server: &Server,
    arrivals: &mut UnboundedReceiver<(CommandId, Instant)>,
) -> anyhow::Result<Samples> {
    let station = Station::ready(server, &server.url(), "Telling all").await?;
    let orders = station.released(SKIPPED, ORDERS).await?;
    let mut took = Samples::default();
    for (n, order) in orders.iter().cycle().take(REPORTS + WARM_UP).enumerate() {
        tokio::time::sleep(PAUSE).await;
        let pressed = Instant::now();
        let command = station.enter(report(*order)).await?.command;
        let last = tokio::time::timeout(PATIENCE, all_hear(command, arrivals)).await??;
        if n >= WARM_UP {
            took.add(last - pressed);
        }
    }
    station.close().await;
    Ok(took)
}

/// When the last device heard of a command; each says so once.
async fn all_hear(
    command: CommandId,
    arrivals: &mut UnboundedReceiver<(CommandId, Instant)>,
) -> anyhow::Result<Instant> {
    let mut last = None;
    let mut missing = DEVICES;
    while missing > 0 {
        let (of, at) = arrivals.recv().await.context("the devices are gone")?;
        if of == command {
            missing -= 1;
            last = last.max(Some(at));
        }
    }
    last.context("nobody was to hear of it")
}
