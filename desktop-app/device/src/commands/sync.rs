//! `sync`: sends what is unsent and fetches what is new, once or for as long as it runs.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use replica::native::Host;
use shared_model::host::{Comparison, Event, HostError, Request, Session, SyncState, SyncStatus, Wiped};
use shared_model::sync::client::Link;
use tokio::sync::broadcast::error::RecvError;

use crate::args::Sync;
use crate::output::Output;

pub async fn run(data: &Path, sync: &Sync, output: Output) -> Result<()> {
    let host = super::open(data, true)?;
    let session = super::session(&host, Request::Session).await?;
    if session.plant.is_none() {
        return Err(not_joined(&session));
    }
    if sync.watch {
        watch(&host, output).await?;
    } else {
        let patience = Duration::from_secs(sync.timeout);
        let mut status = until_done(&host, patience).await?;
        if sync.compare {
            status = until_same(&host, patience).await?;
        }
        output.result(&status, &sentence(&status))?;
    }
    host.close().await;
    Ok(())
}

/// Waits until the server has everything of this device and this device everything of the server's.
pub async fn until_done(host: &Host, patience: Duration) -> Result<SyncStatus> {
    let mut events = host.events();
    loop {
        let status = match super::view(host, SyncState {}).await {
            Ok(report) => report.status,
            Err(error) => return Err(unless_wiped(host, error).await),
        };
        match status.link {
            Link::Online if host.is_settled().await => return Ok(status),
            // What was unsent is being handed in.
            Link::Revoked if host.is_settled().await => bail!("this device was revoked; {}", kept(&status)),
            _ => {}
        }
        match tokio::time::timeout(patience, events.recv()).await {
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) => bail!("the replica was closed"),
            Err(_) if status.link == Link::Online => bail!("the server does not answer; {}", kept(&status)),
            Err(_) if status.link == Link::Revoked => {
                bail!("this device was revoked and could not hand in its work; {}", kept(&status))
            }
            Err(_) => bail!("the server cannot be reached; {}", kept(&status)),
        }
    }
}

/// Compares with the server until nothing differs.
async fn until_same(host: &Host, patience: Duration) -> Result<SyncStatus> {
    // What only a new replica mends is looked at again after a minute.
    let patience = patience + Duration::from_secs(90);
    let mut events = host.events();
    host.call(Request::Compare).await?;
    loop {
        let status = super::view(host, SyncState {}).await?.status;
        match status.comparison {
            Comparison::Same { .. } => return Ok(status),
            Comparison::StillDiffers { .. } => bail!("{}", sentence(&status)),
            Comparison::Failed { .. } => bail!("the comparison did not come to an end; {}", kept(&status)),
            Comparison::NotYet | Comparison::UnderWay | Comparison::Differs { .. } => {}
        }
        match tokio::time::timeout(patience, events.recv()).await {
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) => bail!("the replica was closed"),
            Err(_) => bail!("the comparison did not come to an end; {}", kept(&status)),
        }
    }
}

/// Why a device without a plant has none.
pub fn not_joined(session: &Session) -> anyhow::Error {
    match &session.wiped {
        Some(wiped) => anyhow!("{}", emptied(wiped)),
        None => HostError::NotEnrolled.into(),
    }
}

pub fn emptied(wiped: &Wiped) -> String {
    format!(
        "an administrator of {} had this device emptied at {}; what was unsent was handed in first, and nothing is left here",
        wiped.plant, wiped.at
    )
}

/// What went wrong, or that the device was emptied meanwhile.
async fn unless_wiped(host: &Host, error: anyhow::Error) -> anyhow::Error {
    match super::session(host, Request::Session).await {
        Ok(session) if session.wiped.is_some() && session.plant.is_none() => not_joined(&session),
        _ => error,
    }
}

async fn watch(host: &Host, output: Output) -> Result<()> {
    let mut events = host.events();
    let status = super::view(host, SyncState {}).await?.status;
    output.result(&status, &sentence(&status))?;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::Status(status)) => output.result(&status, &sentence(&status))?,
                Ok(Event::Changed { .. }) | Err(RecvError::Lagged(_)) => {
                    let session = super::session(host, Request::Session).await?;
                    if session.plant.is_none() {
                        return Err(not_joined(&session));
                    }
                }
                Ok(Event::Stopped { .. }) => {}
                Err(RecvError::Closed) => bail!("the replica was closed"),
            },
            stopped = stopped() => return stopped,
        }
    }
}

#[cfg(unix)]
async fn stopped() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for Ctrl-C"),
        _ = terminated.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stopped() -> Result<()> {
    tokio::signal::ctrl_c().await.context("listening for Ctrl-C")
}

pub fn sentence(status: &SyncStatus) -> String {
    let link = match status.link {
        Link::Offline => "offline",
        Link::Connecting => "connecting",
        Link::CatchingUp => "fetching",
        Link::Online => "online, everything of the server is here",
        Link::Revoked => "revoked by an administrator",
    };
    let mut sentence = format!("{link}; {}", kept(status));
    if status.attention_count > 0 {
        sentence.push_str(&format!("; {} refused", status.attention_count));
    }
    if let Some(at) = status.synced_at {
        sentence.push_str(&format!("; last in step at {at}"));
    }
    match status.comparison {
        Comparison::NotYet | Comparison::UnderWay => {}
        Comparison::Same { at, mended_count } => {
            sentence
                .push_str(&format!("; the same as on the server at {at}, {mended_count} orders put right"));
        }
        Comparison::Differs { at } => {
            sentence.push_str(&format!("; not the same as on the server at {at}, which is looked at again"));
        }
        Comparison::StillDiffers { at } => {
            sentence
                .push_str(&format!("; not the same as on the server at {at}, although it was fetched anew"));
        }
        Comparison::Failed { at } => {
            sentence.push_str(&format!("; could not be compared with the server at {at}"));
        }
    }
    sentence
}

fn kept(status: &SyncStatus) -> String {
    match status.unsent_count {
        0 => "nothing is unsent".to_owned(),
        1 => "1 entry is unsent and safe on this device".to_owned(),
        count => format!("{count} entries are unsent and safe on this device"),
    }
}
