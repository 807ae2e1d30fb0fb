//! A device comes back with 10,000 commands that were entered without a network.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use shared_model::host::{Request, SyncState};

use super::Figures;
use super::gate::Gate;
use super::lab::{Lab, say};
use super::station::Station;
use super::work::round_robin;

const ORDERS: usize = 200;
const STEPS: usize = 50;
const COMMANDS: usize = ORDERS * STEPS;
/// Leaves the orders alone that others work on.
const SKIPPED: usize = 2_000;

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let server = &*lab.server().await?;
    let gate = Gate::before(server.port()).await?;
    let station = Station::ready(server, &gate.url(), "Away").await?.without_network().await?;
    let orders = station.released(SKIPPED, ORDERS).await?;
    say(&format!("entering {COMMANDS} commands on {ORDERS} orders without a network"));
    let begun = Instant::now();
    for command in round_robin(&orders, STEPS) {
        station.enter(command).await?;
    }
    say(&format!("entered in {:.1?}", begun.elapsed()));

    gate.close();
    let station = station.with_network().await?;
    let before = server.database().await?.count("select count(*) from command").await?;
    gate.record();
    gate.open();
    let (bytes, begun) = (gate.bytes(), Instant::now());
    station.call(Request::SyncNow).await?;
    // Asked seldom: each time the device counts its outbox.
    let settled = station.settled(Duration::from_millis(250)).await?;
    let bytes = gate.bytes() - bytes;
    let verdicts = gate.verdicts();

    ensure!(verdicts.len() == COMMANDS, "{} verdicts came for {COMMANDS} commands", verdicts.len());
    let status = station.ask(SyncState {}).await?.status;
    ensure!(status.attention_count == 0, "{} commands were refused", status.attention_count);
    let mut database = server.database().await?;
    let after = database.count("select count(*) from command where accepted_seq is not null").await?;
    ensure!(usize::try_from(after - before)? == COMMANDS, "{} commands are on the server", after - before);
    let last = *verdicts.iter().max().context("there are verdicts")?;
    say(&format!(
        "push: first verdicts after {:.0?}, the last after {:.0?}, all back on the device after {:.0?}, {bytes} bytes both ways",
        *verdicts.iter().min().context("there are verdicts")? - begun,
        last - begun,
        settled - begun
    ));
    station.close().await;
    Ok(Figures::from([("push-10000-edits", (last - begun).as_secs_f64())]))
}
