//! A database of one's own for one test.

use sqlx::{ConnectOptions as _, Connection as _};

use super::shared_cluster::{SharedCluster, run};
use crate::db::Pools;
use crate::edge;
use crate::postgres::{Access, in_database};

/// A fresh, migrated database. Dropping it drops the database.
#[derive(Debug)]
pub struct TestDb {
    name: String,
    access: Access,
    pools: Pools,
}

impl TestDb {
    /// # Panics
    /// When there is no PostgreSQL on this machine.
    pub async fn new() -> Self {
        let shared = SharedCluster::get().await;
        let name = format!("test_{}", edge::ids().draw::<uuid::Uuid>().simple());
        let mut admin = shared.access.admin.connect().await.expect("the tests' PostgreSQL answers");
        let template = &shared.template;
        run(&mut admin, format!("create database {name} template {template} owner unison_owner")).await;
        let _ = admin.close().await;
        let access = in_database(&shared.access, &name);
        let pools = Pools::new(&access);
        Self { name, access, pools }
    }

    #[must_use]
    pub const fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Logins to this database; `admin` is to the cluster.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (name, admin) = (self.name.clone(), self.access.admin.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut admin = admin.connect().await.ok()?;
                run(&mut admin, format!("drop database if exists {name} with (force)")).await;
                admin.close().await.ok()
            })
        });
        let _ = dropping.join();
    }
}
