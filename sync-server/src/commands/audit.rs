//! `unison-server audit [--plant CODE]`

use anyhow::Context as _;
use serde_json::json;
use shared_model::ids::{OrganizationId, PlantId};

use super::database::Database;
use crate::auditor::{self, Report};
use crate::config::{AuditArgs, DatabaseArgs, PlantArgs};
use crate::console;
use crate::db::{SystemTx, TenantTx, organization};

pub(super) async fn run(database: &DatabaseArgs, args: &AuditArgs) -> anyhow::Result<()> {
    let database = Database::open(database).await?;
    let done = audit(&database, args).await;
    database.close().await?;
    done
}

async fn audit(database: &Database, args: &AuditArgs) -> anyhow::Result<()> {
    let mut differences = 0;
    let mut reports = Vec::new();
    for (organization, plant, code) in plants(database, args).await? {
        let report = auditor::audit(&database.pools, organization, plant).await?;
        let report = report.with_context(|| format!("another process is auditing {code}"))?;
        differences += report.differences.len();
        if !args.json {
            console::text(format_args!("plant {code}\n{report}"));
        }
        reports.push((code, report));
    }
    if args.json {
        let plants: Vec<_> = reports
            .iter()
            .map(|(code, report): &(String, Report)| json!({ "plant": code, "report": report }))
            .collect();
        console::line(serde_json::to_string(&plants)?);
    }
    anyhow::ensure!(differences == 0, "differences found: {differences}; nothing was changed");
    Ok(())
}

/// The plant that was named, or all of all organizations.
async fn plants(
    database: &Database,
    args: &AuditArgs,
) -> anyhow::Result<Vec<(OrganizationId, PlantId, String)>> {
    if let Some(code) = &args.plant {
        let named = PlantArgs { plant: code.clone(), organization: args.organization.clone() };
        let (organization, plant) = database.plant(&named).await?;
        return Ok(vec![(organization, plant, code.trim().to_owned())]);
    }
    let mut system = SystemTx::begin(&database.pools).await?;
    let organizations = organization::all(&mut system).await?;
    drop(system);
    let mut plants = Vec::new();
    for (id, ..) in organizations {
        let mut tx = TenantTx::begin(&database.pools, id, None).await?;
        let found = organization::plants(&mut tx).await?;
        plants.extend(found.into_iter().map(|plant| (id, plant.id, plant.code)));
        tx.rollback().await?;
    }
    Ok(plants)
}
