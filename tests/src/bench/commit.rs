//! A command on a native device, from the button to "saved here": no network.

use std::io::Write as _;
use std::time::Instant;

use super::Figures;
use super::lab::{Lab, say};
use super::samples::Samples;
use super::station::Station;
use super::work::round_robin;

const ORDERS: usize = 200;
const STEPS: usize = 10;
/// The first commands open files and fill caches.
const WARM_UP: usize = 50;
const FLUSHES: usize = 500;

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let server = &*lab.server().await?;
    let station = Station::ready(server, &server.url(), "Committing").await?;
    let station = station.without_network().await?;
    let orders = station.released(0, ORDERS).await?;
    let mut took = Samples::default();
    for (n, command) in round_robin(&orders, STEPS).enumerate() {
        let begun = Instant::now();
        station.enter(command).await?;
        if n >= WARM_UP {
            took.add(begun.elapsed());
        }
    }
    say(&format!("commit on a native device, {}", took.summary()));
    say(&format!("the disk alone, 4 kB appended and flushed, {}", disk()?.summary()));
    station.close().await;
    Ok(Figures::from([
        ("commit-native-p50", took.percentile(50)),
        ("commit-native-p99", took.percentile(99)),
    ]))
}

/// What the disk takes for the least that a commit needs of it.
fn disk() -> std::io::Result<Samples> {
    let mut file = tempfile::tempfile()?;
    let mut took = Samples::default();
    for _ in 0..FLUSHES {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.add(begun.elapsed());
    }
    Ok(took)
}
