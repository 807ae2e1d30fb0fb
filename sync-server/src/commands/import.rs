//! `unison-server import DIR --plant CODE`, and what `serve` does for an empty database.

use crate::app::App;
use crate::config::{DatabaseArgs, ImportArgs, ServeArgs};

pub(super) async fn run(_database: &DatabaseArgs, _args: &ImportArgs) -> anyhow::Result<()> {
    anyhow::bail!("being built")
}

pub(super) async fn fill_empty(_app: &App, _args: &ServeArgs) -> anyhow::Result<Vec<String>> {
    Ok(Vec::new())
}
