//! Connections that say nothing: what each costs the server.

use anyhow::{Context, ensure};
use futures_util::StreamExt as _;

use super::Figures;
use super::lab::{Lab, say};
use crate::harness::crowd::{self, Line, Member};

const CONNECTIONS: u64 = 5_000;
/// Files that a process needs besides.
const SPARE_FILES: u64 = 200;
/// Connections that are opened at once.
const OPENING: usize = 16;

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let files = files_max()?;
    ensure!(
        files >= CONNECTIONS + SPARE_FILES,
        "a process may open {files} files here, which is too few for {CONNECTIONS} connections: \
         raise it with ulimit -n"
    );
    let server = lab.server().await?;
    say(&format!("{CONNECTIONS} devices join"));
    let crowd = crowd::join(server, CONNECTIONS).await?;
    // What joining left in its memory goes.
    server.stop()?;
    server.resume()?;
    let server = &*server;
    let (_, heads) = crowd[0].call(&[]).await?;
    // What comes with the first connections is there once, not once for each.
    let warm = open(&crowd[..100], &heads).await?;
    let before = server.resident_bytes()?;
    let mut lines = open(&crowd[100..], &heads).await?;
    let after = server.resident_bytes()?;
    for line in &mut lines {
        line.ping().await?;
    }
    drop(warm);
    let each = after.saturating_sub(before) as f64 / lines.len() as f64 / 1000.0;
    say(&format!(
        "{} idle connections: {:.0} MB before, {:.0} MB after",
        lines.len(),
        before as f64 / 1e6,
        after as f64 / 1e6
    ));
    Ok(Figures::from([("idle-connections-memory", each)]))
}

async fn open(crowd: &[Member], heads: &[shared_model::sync::wire::Cursor]) -> anyhow::Result<Vec<Line>> {
    let opening = crowd.iter().map(async |member| anyhow::Ok(member.call(heads).await?.0));
    let lines: Vec<anyhow::Result<Line>> =
        futures_util::stream::iter(opening).buffered(OPENING).collect().await;
    lines.into_iter().collect()
}

/// How many files this process may open; those that it starts may as many.
fn files_max() -> anyhow::Result<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).context("no limit")?;
    Ok(line.split_whitespace().nth(3).context("no figure")?.parse()?)
}
