//! Every night, in the server itself, an hour after the audit.

use sqlx::postgres::PgConnectOptions;

use super::{Reach, trim};
use crate::app::App;
use crate::nightly;

const AT_MINUTES: i64 = 150;

/// Trims the feeds at night, until the server stops. `owner` is the login of the owner of the schema.
pub async fn every_night(app: App, owner: PgConnectOptions, reach: Reach) {
    while nightly::comes(&app, AT_MINUTES).await {
        match trim(app.pools(), &owner, app.now(), reach).await {
            Ok(Some(report)) => tracing::info!(
                archived = report.archived,
                feeds = report.feeds,
                moved = report.moved,
                snapshots = report.snapshots,
                made = ?report.made,
                dropped = ?report.dropped,
                is_asleep = report.is_asleep,
                "trimmed the feeds"
            ),
            Ok(None) => tracing::debug!("another process trims the feeds"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the feeds could not be trimmed; trying again tomorrow");
            }
        }
    }
}
