//! Transactions. [`TenantTx`] is the only way to the rows of an organization.
//!
//! The organization is named to PostgreSQL when the transaction begins and forgotten when it ends;
//! row level security does the rest. No query takes an organization as a parameter: where one
//! writes it, it writes `current_organization()`.

use shared_model::ids::{FeedId, OrganizationId, UserId};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::{Error, Pools, Wake};

/// A transaction on the rows of one organization, as `unison_app`.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    organization: OrganizationId,
    actor: Option<UserId>,
    wake: Wake,
    moved: Vec<(FeedId, u64)>,
}

impl TenantTx {
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(
        pools: &Pools,
        organization: OrganizationId,
        actor: Option<UserId>,
    ) -> Result<Self, Error> {
        Self::begin_as("begin", pools, organization, actor).await
    }

    /// For reading only: everything that it reads is as it was at one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_reading(pools: &Pools, organization: OrganizationId) -> Result<Self, Error> {
        Self::begin_as("begin isolation level repeatable read read only", pools, organization, None).await
    }

    async fn begin_as(
        how: &str,
        pools: &Pools,
        organization: OrganizationId,
        actor: Option<UserId>,
    ) -> Result<Self, Error> {
        let actor_text = actor.map(|actor| actor.to_string()).unwrap_or_default();
        // One round trip. The values are UUIDs, which need no quoting.
        let begin = format!(
            "{how}; select set_config('app.organization_id', '{organization}', true), \
             set_config('app.actor_id', '{actor_text}', true)"
        );
        let tx = begin_with(&pools.app, &begin).await?;
        Ok(Self { tx, organization, actor, wake: pools.wake.clone(), moved: Vec::new() })
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    #[must_use]
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Who is behind it; none for the server itself.
    #[must_use]
    pub const fn actor(&self) -> Option<UserId> {
        self.actor
    }

    /// Whether what is appended to feeds has to notify.
    pub(super) const fn notifies(&self) -> bool {
        self.wake.is_notify()
    }

    /// Notes how far a feed goes when this commits.
    pub(super) fn has_moved(&mut self, feed: FeedId, head: u64) {
        self.moved.push((feed, head));
    }

    /// # Errors
    /// When it is not certain that everything was committed.
    pub async fn commit(self) -> Result<(), Error> {
        self.tx.commit().await?;
        self.wake.tell(self.moved);
        Ok(())
    }

    /// # Errors
    /// When the database does not answer; nothing is committed then either.
    pub async fn rollback(self) -> Result<(), Error> {
        Ok(self.tx.rollback().await?)
    }
}

/// A transaction across organizations, as `unison_system`: for finding out which organization is
/// meant, for the server's own keys, and for adding an organization. It can read little else.
#[derive(Debug)]
pub struct SystemTx {
    tx: Transaction<'static, Postgres>,
}

impl SystemTx {
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(pools: &Pools) -> Result<Self, Error> {
        Ok(Self { tx: begin_with(&pools.system, "begin").await? })
    }

    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// # Errors
    /// When it is not certain that everything was committed.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.tx.commit().await?)
    }
}

/// A connection may have died while it rested; another one is tried once.
async fn begin_with(pool: &PgPool, begin: &str) -> Result<Transaction<'static, Postgres>, Error> {
    let statement = || AssertSqlSafe(begin.to_owned());
    match pool.begin_with(statement()).await {
        Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => Ok(pool.begin_with(statement()).await?),
        done => Ok(done?),
    }
}
