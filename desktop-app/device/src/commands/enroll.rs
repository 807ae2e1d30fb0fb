//! `enroll`: joins a plant.

use std::path::Path;

use anyhow::Result;
use shared_model::host::Request;

use crate::args::Enroll;
use crate::output::Output;

pub async fn run(data: &Path, enroll: &Enroll, output: Output) -> Result<()> {
    let host = super::open(data, true)?;
    let request = Request::Enroll {
        server: enroll.server.clone(),
        code: enroll.code.clone(),
        name: enroll.name.clone(),
    };
    let session = super::session(&host, request).await?;
    let sentence = session.plant.as_ref().map_or_else(
        || "joined".to_owned(),
        |plant| format!("joined {} of {} as {}", plant.name, plant.organization, plant.device_name),
    );
    output.result(&session, &sentence)?;
    host.close().await;
    Ok(())
}
