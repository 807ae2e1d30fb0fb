//! A thousand devices come back at once, after the server was started again: all are served, with what
//! a server of that size has.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Context;
use e2e::harness::crowd::{self, Line, Member};
use e2e::harness::workshop::{self, ORDER};
use e2e::harness::{Device, Server, ServerSetup, wait};
use shared_model::command::Command;
use shared_model::sync::wire::{Cursor, ServerFrame};
use tokio::task::JoinSet;

const DEVICES: u64 = 1_000;
/// Records that each device that is new fetches: far more than are kept for sharing.
const MATERIALS: usize = 1_500;
const PATIENCE: Duration = Duration::from_secs(240);
/// What a thousand connections and their catching up may take at most. The batches alone that they
/// fetch would be many times as much.
const MEMORY_BYTES: u64 = 400 * 1024 * 1024;

fn server() -> anyhow::Result<Server> {
    let files = tempfile::tempdir()?;
    workshop::write(files.path())?;
    let materials = files.path().join("materials.csv");
    let mut csv = std::fs::read_to_string(&materials)?;
    for n in 0..MATERIALS {
        let hint = format!("for order {:x} and shelf {:x}", n * 7_919 % 10_007, n * 104_729 % 65_537);
        writeln!(csv, "P-{n},Part {n},{hint},,pcs,purchase,none,0,,true,")?;
    }
    std::fs::write(materials, csv)?;
    Server::with_import(ServerSetup::default(), files.path())
}

fn last_words(server: &Server) -> String {
    let log = std::fs::read_to_string(server.data().join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// All of them at once.
async fn all_call(crowd: &[Member], cursors: &[Cursor]) -> anyhow::Result<Vec<Line>> {
    let mut calling = JoinSet::new();
    for member in crowd {
        let (member, cursors) = (member.clone(), cursors.to_vec());
        calling.spawn(async move {
            let (mut line, heads) = member.call(&cursors).await?;
            line.catch_up(&cursors, &heads).await?;
            anyhow::Ok(line)
        });
    }
    let mut lines = Vec::new();
    while let Some(line) = calling.join_next().await {
        lines.push(line??);
    }
    Ok(lines)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_devices_that_come_back_at_once_are_all_served_beside_some_that_never_read()
-> anyhow::Result<()> {
    let mut server = server()?;
    let office = Device::joined(&server, "Office")?;
    office.sync()?;
    let order = office.order(ORDER)?.row.id;
    let crowd = crowd::join(&server, DEVICES + 30).await?;
    let (crowd, deaf) = crowd.split_at(usize::try_from(DEVICES)?);
    server.stop()?;
    server.resume()?;

    // These ask for everything and never read it.
    let mut silent = Vec::new();
    for member in deaf {
        silent.push(member.call(&[]).await?.0);
    }
    // Some have nothing, as after a loss of their replicas.
    let (new, old) = crowd.split_at(crowd.len() / 5);
    let (_, heads) = crowd[0].call(&[]).await?;
    let coming = async {
        let (new, old) = tokio::join!(all_call(new, &[]), all_call(old, &heads));
        anyhow::Ok((new?, old?))
    };
    let come = wait::at_most("a thousand devices coming back", PATIENCE, coming).await;
    let (new, old) = come.with_context(|| format!("the server said: {}", last_words(&server)))?;
    let memory = server.resident_bytes()?;
    assert!(memory < MEMORY_BYTES, "{memory} bytes");
    let connections =
        "select count(*) from pg_stat_activity where usename in ('unison_app', 'unison_system')";
    let connections = server.database().await?.count(connections).await?;
    assert!(connections <= 32, "{connections} connections to PostgreSQL");

    // All of them hear what is new.
    let mut lines: Vec<Line> = new.into_iter().chain(old).collect();
    assert_eq!(lines.len(), crowd.len());
    office.enter(&Command::ReleaseWorkOrder { order, bom: None, materials: Vec::new() })?;
    office.sync()?;
    let hearing = async {
        for line in &mut lines {
            let news = line.hear().await?;
            anyhow::ensure!(matches!(news, ServerFrame::Batch(_)), "{news:?}");
            line.ping().await?;
        }
        anyhow::Ok(())
    };
    wait::at_most("news for a thousand devices", PATIENCE, hearing).await.context("all hear of it")?;
    drop(silent);
    server.stop()
}
