//! The database of a command: given by `DATABASE_URL`, run by the server beside us, or started for
//! as long as the command takes.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use shared_model::ids::{OrganizationId, PlantId};
use sqlx::postgres::PgConnectOptions;

use crate::config::{DatabaseArgs, PlantArgs};
use crate::db::{Nats, Pools, SystemTx, Wake, migrate, organization};
use crate::postgres::{self, Access, Cluster};

/// How long a server may take to start.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Database {
    pub(super) pools: Pools,
    /// The login of the owner of the schema.
    pub(super) owner: PgConnectOptions,
    /// Ours to stop.
    cluster: Option<Cluster>,
}

impl Database {
    /// Connects and migrates, for a command that may run beside a server.
    pub(super) async fn open(args: &DatabaseArgs) -> anyhow::Result<Self> {
        if let Some(url) = &args.database_url {
            return Self::migrated(args, postgres::external(url).await?, None).await;
        }
        let dir = args.data_dir()?;
        match Cluster::start(&dir).await {
            Ok(cluster) => Self::migrated(args, cluster.access().clone(), Some(cluster)).await,
            Err(error @ postgres::Error::InUse(_)) => {
                Self::migrated(args, beside(&dir).await.context(error)?, None).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Connects and migrates, for the server itself.
    pub(super) async fn open_alone(args: &DatabaseArgs) -> anyhow::Result<Self> {
        if let Some(url) = &args.database_url {
            return Self::migrated(args, postgres::external(url).await?, None).await;
        }
        let cluster = Cluster::start(&args.data_dir()?).await?;
        Self::migrated(args, cluster.access().clone(), Some(cluster)).await
    }

    async fn migrated(args: &DatabaseArgs, access: Access, cluster: Option<Cluster>) -> anyhow::Result<Self> {
        let wake = match args.nats_url.as_deref().map(str::trim).filter(|url| !url.is_empty()) {
            Some(url) => Wake::Nats(Nats::connect(url).await?),
            None => Wake::Notify,
        };
        migrate::run(&access.owner).await?;
        Ok(Self { pools: Pools::new(&access).waking_by(wake), owner: access.owner, cluster })
    }

    /// Keeps PostgreSQL running, if it is ours. Comes back when it ended and does not start again.
    pub(super) async fn keep(&self) -> anyhow::Error {
        match &self.cluster {
            Some(cluster) => {
                let error = anyhow::Error::from(cluster.keep().await);
                error.context("PostgreSQL has ended and cannot be started again")
            }
            None => std::future::pending().await,
        }
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

/// The PostgreSQL of the server that works on a directory, which may be starting at this moment.
async fn beside(dir: &Path) -> Option<Access> {
    for _ in 0..ATTEMPTS {
        if let Some(access) = Cluster::running(dir).await {
            return Some(access);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}
