//! What `unison-server` does, one file per command.

mod admin;
mod audit;
mod code;
mod database;
mod first;
mod import;
mod serve;
mod trim;

use crate::config::{Cli, Command};
use crate::{console, http};

/// # Errors
/// In words for the person at the command line.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => serve::run(&cli.database, args).await,
        Command::Migrate => {
            let database = database::Database::open(&cli.database).await?;
            database.close().await
        }
        Command::Openapi => {
            console::text(http::openapi());
            Ok(())
        }
        Command::Import(args) => import::run(&cli.database, &args).await,
        Command::Audit(args) => audit::run(&cli.database, &args).await,
        Command::Trim(args) => trim::run(&cli.database, &args).await,
        Command::Code(args) => code::run(&cli.database, &args).await,
        Command::Admin { command } => admin::run(&cli.database, command).await,
    }
}
