//! `import`: what another device exported, entered here in the name of those who entered it there.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use shared_model::host::{MAX_UNSENT_FILE_BYTES, Reply, Request};

use crate::output::Output;

pub async fn run(data: &Path, file: &Path, output: Output) -> Result<()> {
    let text = read(file)?;
    let host = super::open(data, false)?;
    let reply = host.call(Request::ImportUnsent { text }).await;
    host.close().await;
    let Reply::Imported(imported) = reply? else { bail!("the replica answered something else") };
    let sentence =
        format!("{} entries are taken over; {} were known here already", imported.taken, imported.known);
    Ok(output.result(&imported, &sentence)?)
}

/// One byte more than is allowed is enough to be told so.
fn read(file: &Path) -> Result<String> {
    let what = || format!("reading {}", file.display());
    let limit = u64::try_from(MAX_UNSENT_FILE_BYTES)? + 1;
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)
            .with_context(what)?
            .take(limit)
            .read_to_end(&mut bytes)
            .with_context(what)?;
    }
    // What is not text is told from a file of unsent work as any other file is.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
