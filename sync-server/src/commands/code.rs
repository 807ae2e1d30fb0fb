//! `unison-server code --plant CODE`

use super::database::Database;
use crate::auth::issue_code;
use crate::config::{DatabaseArgs, PlantArgs};
use crate::db::TenantTx;
use crate::{console, edge};

pub(super) async fn run(database: &DatabaseArgs, args: &PlantArgs) -> anyhow::Result<()> {
    let database = Database::open(database).await?;
    let (organization, plant) = database.plant(args).await?;
    let mut tx = TenantTx::begin(&database.pools, organization, None).await?;
    let (code, _) = issue_code(&mut tx, plant, edge::now()).await?;
    tx.commit().await?;
    console::line(code);
    database.close().await
}
