//! Every night, in the server itself.

use std::time::Duration;

use shared_model::time::Timestamp;

use super::audit;
use crate::app::App;
use crate::db::{Error, SystemTx, TenantTx, audit as log, organization};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Half past one by UTC: the quiet hours of most plants.
const AT_MILLIS: i64 = 90 * 60 * 1000;

/// Audits every plant at night, until the server stops. What differs goes to the log, a line each; how
/// much, to the audit log of the organization.
pub async fn every_night(app: App) {
    loop {
        let wait = Duration::from_millis(until_next(app.now()).unsigned_abs());
        tokio::select! {
            () = app.stopping() => return,
            () = tokio::time::sleep(wait) => {}
        }
        if let Err(error) = all(&app).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the plants could not be audited");
        }
    }
}

fn until_next(now: Timestamp) -> i64 {
    DAY_MILLIS - (now.as_millis() - AT_MILLIS).rem_euclid(DAY_MILLIS)
}

/// Audits all plants, one after the other.
pub(super) async fn all(app: &App) -> Result<(), Error> {
    let mut system = SystemTx::begin(app.pools()).await?;
    let organizations = organization::all(&mut system).await?;
    drop(system);
    for (id, ..) in organizations {
        let mut tx = TenantTx::begin(app.pools(), id, None).await?;
        let plants = organization::plants(&mut tx).await?;
        tx.rollback().await?;
        for plant in plants {
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
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_audit_is_at_the_next_half_past_one() {
        let hours = |at: i64| until_next(Timestamp::from_millis(at * 3_600_000)) as f64 / 3_600_000.0;
        assert_eq!([hours(0), hours(1), hours(2), hours(24 * 20_000)], [1.5, 0.5, 23.5, 1.5]);
        assert_eq!(until_next(Timestamp::from_millis(AT_MILLIS)), DAY_MILLIS, "not twice in one night");
    }
}
