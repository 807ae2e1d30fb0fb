//! The keys that sign access tokens: of the system, not of a tenant.

use super::{Error, SystemTx};

/// A key pair, as it is stored.
#[derive(Clone)]
pub struct StoredKey {
    pub id: String,
    /// PKCS #8.
    pub private_key: Vec<u8>,
}

/// The keys in use, the newest first. Locks the table for the rest of the transaction, so that of
/// two servers that start at once on an empty database only one makes a key.
///
/// # Errors
/// When the database does not answer.
pub async fn in_use(tx: &mut SystemTx) -> Result<Vec<StoredKey>, Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('signing_key'))").execute(tx.conn()).await?;
    let rows = sqlx::query_as!(
        StoredKey,
        "select id, private_key from signing_key where retired_at is null order by created_at desc, id"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// # Errors
/// When the database does not answer.
pub async fn add(tx: &mut SystemTx, key: &StoredKey) -> Result<(), Error> {
    sqlx::query!("insert into signing_key (id, private_key) values ($1, $2)", key.id, key.private_key)
        .execute(tx.conn())
        .await?;
    Ok(())
}
