//! Every night, in the server itself.

use super::audit;
use crate::app::App;
use crate::db::{Error, TenantTx, audit as log, organization};
use crate::nightly;

const AT_MINUTES: i64 = 90;

/// Audits every plant at night, until the server stops. What differs goes to the log, a line each; how
/// much, to the audit log of the organization.
pub async fn every_night(app: App) {
    while nightly::comes(&app, AT_MINUTES).await {
        if let Err(error) = all(&app).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the plants could not be audited");
        }
    }
}

/// Audits all plants, one after the other.
pub(super) async fn all(app: &App) -> Result<(), Error> {
    for (id, plant) in organization::all_plants(app.pools()).await? {
        let Some(report) = audit(app.pools(), id, plant.id).await? else { continue };
        for difference in &report.differences {
            tracing::error!(plant = %plant.code, "audit: {difference}");
        }
        tracing::info!(plant = %plant.code, entries = report.entries, "audited");
        if report.is_right() {
            continue;
        }
        let mut tx = TenantTx::begin(app.pools(), id, None).await?;
        let event = log::Event {
            action: "audit.differences_found",
            device: None,
            subject: ("plant", Some(plant.id.uuid())),
            detail: serde_json::json!({ "differences": report.differences.len() }),
        };
        log::log(&mut tx, app.now(), event).await?;
        tx.commit().await?;
    }
    Ok(())
}
