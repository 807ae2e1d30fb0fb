//! What a device without a screen takes of its machine's memory, with everything fetched.

use std::time::Duration;

use super::lab::{Lab, say};
use super::{Figures, sync};
use crate::harness::Device;

const PATIENCE: Duration = Duration::from_secs(60);

pub async fn measure(lab: &mut Lab) -> anyhow::Result<Figures> {
    let server = lab.server().await?;
    let device = Device::joined(server, "Gateway")?;
    // The process that does the first sync is the one that is looked at.
    let mut watching = device.watching()?;
    watching.wait_until_online(PATIENCE)?;
    let bytes = watching.resident_bytes()?;
    watching.stop()?;
    say(&format!("a device after its first sync holds {:.1} MB", sync::megabytes(bytes)));
    Ok(Figures::from([("client-memory", sync::megabytes(bytes))]))
}
