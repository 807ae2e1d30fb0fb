//! `export`: everything unsent, for a person to keep.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use shared_model::host::{Reply, Request};

use crate::output::Output;

pub async fn run(data: &Path, file: &Path, output: Output) -> Result<()> {
    let host = super::open(data, false)?;
    let Reply::File { content, .. } = host.call(Request::ExportUnsent).await? else {
        bail!("the replica answered something else than a file");
    };
    host.close().await;
    if file.as_os_str() == "-" {
        return Ok(std::io::stdout().write_all(content.as_bytes())?);
    }
    std::fs::write(file, &content).with_context(|| format!("writing {}", file.display()))?;
    let sentence = format!("everything unsent is in {}", file.display());
    Ok(output.result(&json!({ "file": file, "bytes": content.len() }), &sentence)?)
}
