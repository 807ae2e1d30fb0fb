//! Connections on which nothing happens: what they cost the server.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::StreamExt as _;

use super::Figures;
use super::lab::{Lab, say};
use crate::harness::Server;
use crate::harness::crowd::{self, Line, Member};

const CONNECTIONS: u64 = 5_000;
/// Files that a process needs besides.
const SPARE_FILES: u64 = 200;
/// Connections that are opened at once.
const OPENING: usize = 16;
/// How often a device asks whether the server is still there.
const PING_EVERY: Duration = Duration::from_secs(10);

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
    let core = idle(server, &mut lines).await?;
    drop(warm);
    let each = after.saturating_sub(before) as f64 / lines.len() as f64 / 1000.0;
    say(&format!(
        "{} idle connections: {:.0} MB before, {:.0} MB after",
        lines.len(),
        before as f64 / 1e6,
        after as f64 / 1e6
    ));
    Ok(Figures::from([("idle-connections-memory", each), ("idle-connections-processor", core)]))
}

/// How much of a core the server takes while every device does what an idle one does, in percent.
async fn idle(server: &Server, lines: &mut [Line]) -> anyhow::Result<f64> {
    let (begin, before) = (Instant::now(), server.processor_time()?);
    let pause = PING_EVERY / u32::try_from(lines.len())?;
    for (line, n) in lines.iter_mut().zip(0..) {
        tokio::time::sleep_until((begin + pause * n).into()).await;
        line.ping().await?;
    }
    let (taken, passed) = (server.processor_time()? - before, begin.elapsed());
    say(&format!(
        "a round of pings took {:.1} s, and {:.2} s of the server",
        passed.as_secs_f64(),
        taken.as_secs_f64()
    ));
    Ok(100.0 * taken.as_secs_f64() / passed.as_secs_f64())
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
