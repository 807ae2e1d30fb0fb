//! `unison-server import DIR --plant CODE`

use super::database::Database;
use crate::config::{DatabaseArgs, ImportArgs};
use crate::console;
use crate::import::{self, Options};

pub(super) async fn run(database: &DatabaseArgs, args: &ImportArgs) -> anyhow::Result<()> {
    let database = Database::open(database).await?;
    let done = bring_in(&database, args).await;
    database.close().await?;
    done
}

async fn bring_in(database: &Database, args: &ImportArgs) -> anyhow::Result<()> {
    let (organization, plant) = database.plant(&args.plant).await?;
    let options = Options { dry_run: args.dry_run, skip_bad_rows: args.skip_bad_rows };
    let report = import::run(&database.pools, organization, plant, &args.files, options).await?;
    if args.json {
        console::line(serde_json::to_string(&report)?);
    } else {
        console::text(&report);
    }
    anyhow::ensure!(report.is_done(), "{} rows are bad", report.problems.len());
    Ok(())
}
