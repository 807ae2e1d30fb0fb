//! `status`: who this device is and what it has not sent. Uses no network.

use std::path::Path;

use anyhow::Result;
use replica::native::{KeyPlace, key_place};
use serde_json::json;
use shared_model::host::{Request, Session, SyncReport, SyncState};

use super::sync;
use crate::output::Output;

pub async fn run(data: &Path, output: Output) -> Result<()> {
    let host = super::open(data, false)?;
    let session = super::session(&host, Request::Session).await?;
    let report = match session.plant {
        Some(_) => Some(super::view(&host, SyncState {}).await?),
        None => None,
    };
    // Known by now: whoever answered has opened the files.
    let key = key_place(data);
    let answer = json!({ "session": session, "sync": report, "key": key.map(name) });
    output.result(&answer, &lines(&session, report.as_ref(), key))?;
    host.close().await;
    Ok(())
}

fn name(key: KeyPlace) -> &'static str {
    match key {
        KeyPlace::Keychain => "keychain",
        KeyPlace::File => "file",
    }
}

fn lines(session: &Session, report: Option<&SyncReport>, key: Option<KeyPlace>) -> String {
    let (Some(plant), Some(report)) = (&session.plant, report) else {
        return session
            .wiped
            .as_deref()
            .map_or_else(|| "this device has not joined a plant yet".to_owned(), sync::emptied);
    };
    let key = match key {
        Some(KeyPlace::Keychain) => "encrypted; the key is in the operating system's keychain",
        Some(KeyPlace::File) => {
            "encrypted; the key is in a file beside them, so whoever can read the directory can read them"
        }
        None => "not readable",
    };
    let who = session.user.as_ref().map_or("nobody is signed in", |user| user.name.as_str());
    [
        format!("device   {}", plant.device_name),
        format!("plant    {} ({})", plant.name, plant.organization),
        format!("person   {who}"),
        format!("files    {key}"),
        format!("sync     {}", sync::sentence(&report.status)),
        format!(
            "here     {} orders, {} facts, {} records; {} KB replica, {} KB outbox",
            report.order_count,
            report.fact_count,
            report.record_count,
            report.replica_bytes.div_ceil(1024),
            report.outbox_bytes.div_ceil(1024)
        ),
    ]
    .join("\n")
}
