//! The database of a command: given by `DATABASE_URL`, run by the server beside us, or started for
//! as long as the command takes.

use anyhow::Context as _;
use shared_model::ids::{OrganizationId, PlantId};

use crate::config::{DatabaseArgs, PlantArgs};
use crate::db::{Pools, SystemTx, migrate, organization};
use crate::postgres::{self, Access, Cluster};

pub(super) struct Database {
    pub(super) pools: Pools,
    /// Ours to stop.
    cluster: Option<Cluster>,
}

impl Database {
    /// Connects and migrates.
    pub(super) async fn open(args: &DatabaseArgs) -> anyhow::Result<Self> {
        let (access, cluster) = find(args).await?;
        migrate::run(&access.owner).await?;
        Ok(Self { pools: Pools::new(&access), cluster })
    }

    /// Closes the connections; stops PostgreSQL if it is ours.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.pools.close().await;
        if let Some(cluster) = self.cluster {
            tokio::task::spawn_blocking(|| cluster.stop()).await??;
        }
        Ok(())
    }

    /// The plant that the command line names.
    pub(super) async fn plant(&self, args: &PlantArgs) -> anyhow::Result<(OrganizationId, PlantId)> {
        let mut tx = SystemTx::begin(&self.pools).await?;
        let mut found = organization::find_plants(&mut tx, args.plant.trim()).await?;
        if let Some(code) = &args.organization {
            found.retain(|(_, organization, _)| organization.eq_ignore_ascii_case(code.trim()));
        }
        match found.as_slice() {
            [(organization, _, plant)] => Ok((*organization, *plant)),
            [] => anyhow::bail!("there is no plant with the code {}", args.plant),
            several => {
                let codes: Vec<&str> = several.iter().map(|(_, code, _)| code.as_str()).collect();
                anyhow::bail!(
                    "several organizations have a plant {}: say which with --organization {}",
                    args.plant,
                    codes.join(" or --organization ")
                )
            }
        }
    }
}

async fn find(args: &DatabaseArgs) -> anyhow::Result<(Access, Option<Cluster>)> {
    if let Some(url) = &args.database_url {
        return Ok((postgres::external(url).await?, None));
    }
    let dir = args.data_dir()?;
    match Cluster::start(&dir).await {
        Ok(cluster) => Ok((cluster.access().clone(), Some(cluster))),
        // The server works on it: its PostgreSQL is as good for us.
        Err(error @ postgres::Error::InUse(_)) => {
            let running = Cluster::running(&dir).await;
            Ok((running.context(error)?, None))
        }
        Err(error) => Err(error.into()),
    }
}
