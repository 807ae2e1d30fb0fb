//! `unison-server trim [--feed-days DAYS]`

use anyhow::Context as _;

use super::database::Database;
use crate::config::{DatabaseArgs, TrimArgs};
use crate::trim::{Reach, Report, trim};
use crate::{console, edge};

pub(super) async fn run(database: &DatabaseArgs, args: &TrimArgs) -> anyhow::Result<()> {
    let database = Database::open(database).await?;
    let reach = Reach::days(args.feeds.feed_days);
    let done = trim(&database.pools, &database.owner, edge::now(), reach).await;
    database.close().await?;
    let report: Report = done?.context("another process trims the feeds")?;
    if args.json {
        console::line(serde_json::to_string(&report)?);
    } else {
        console::text(report);
    }
    Ok(())
}
