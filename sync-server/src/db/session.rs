//! Sessions: a sign-in of a person, kept alive by refresh tokens that follow one another.

use shared_model::ids::{DeviceId, OrganizationId, UserId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, SystemTx, TenantTx};

/// What a refresh token is worth.
#[derive(Clone, Copy, Debug)]
pub struct Refresh {
    pub session: Uuid,
    pub user: UserId,
    pub expires_at: Timestamp,
    /// It came before: somebody else may have it too.
    pub is_used: bool,
    pub is_session_open: bool,
}

/// # Errors
/// When the database does not answer.
pub async fn start(
    tx: &mut TenantTx,
    id: Uuid,
    user: UserId,
    device: Option<DeviceId>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into session (organization_id, id, user_id, device_id, started_at) \
         values (current_organization(), $1, $2, $3, $4)",
        id,
        user.uuid(),
        device.map(DeviceId::uuid),
        Instant(now)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends a session; one that ended already keeps its first reason.
///
/// # Errors
/// When the database does not answer.
pub async fn end(tx: &mut TenantTx, id: Uuid, reason: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query!(
        "update session set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null",
        id,
        Instant(now),
        reason
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// # Errors
/// When the database does not answer.
pub async fn is_open(tx: &mut TenantTx, id: Uuid) -> Result<bool, Error> {
    let open = sqlx::query_scalar!(
        r#"select exists (select from session where id = $1 and ended_at is null) as "open!""#,
        id
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(open)
}

/// # Errors
/// When the database does not answer.
pub async fn add_token(
    tx: &mut TenantTx,
    session: Uuid,
    hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into refresh_token (organization_id, token_hash, session_id, issued_at, expires_at) \
         values (current_organization(), $1, $2, $3, $4)",
        hash,
        session,
        Instant(now),
        Instant(expires_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose a refresh token is.
///
/// # Errors
/// When the database does not answer.
pub async fn organization_of_token(tx: &mut SystemTx, hash: &[u8]) -> Result<Option<OrganizationId>, Error> {
    let found = sqlx::query_scalar!("select organization_id from refresh_token where token_hash = $1", hash)
        .fetch_optional(tx.conn())
        .await?;
    Ok(found.map(Into::into))
}

/// A refresh token, locked, so that it is used once.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_token(tx: &mut TenantTx, hash: &[u8]) -> Result<Option<Refresh>, Error> {
    let row = sqlx::query!(
        r#"select session_id, user_id, expires_at, used_at is not null as "is_used!",
               ended_at is null as "is_session_open!"
           from refresh_token join session on session.id = session_id
           where token_hash = $1 for update of refresh_token"#,
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Refresh {
        session: row.session_id,
        user: row.user_id.into(),
        expires_at: row.expires_at.into(),
        is_used: row.is_used,
        is_session_open: row.is_session_open,
    }))
}

/// # Errors
/// When the database does not answer.
pub async fn use_token(tx: &mut TenantTx, hash: &[u8], now: Timestamp) -> Result<(), Error> {
    sqlx::query!("update refresh_token set used_at = $2 where token_hash = $1", hash, Instant(now))
        .execute(tx.conn())
        .await?;
    Ok(())
}
