//! Exceptions as rows: what is open, and who looks at it.

use std::collections::BTreeMap;

use shared_model::exception::Exception;
use shared_model::ids::{FactId, PlantId, UserId, WorkOrderId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx};

#[derive(Clone, Debug)]
pub struct Opened {
    pub id: FactId,
    pub order: Option<WorkOrderId>,
    pub exception: Exception,
    pub at: Timestamp,
    pub by: UserId,
}

#[derive(Clone, Debug)]
pub struct Closed {
    pub id: FactId,
    pub at: Timestamp,
    pub by: UserId,
    pub note: String,
}

/// Which of a plant's exceptions are open; those that are missing were never opened there.
///
/// # Errors
/// When the database does not answer.
pub async fn are_open(
    tx: &mut TenantTx,
    plant: PlantId,
    ids: &[Uuid],
) -> Result<BTreeMap<FactId, bool>, Error> {
    let rows = sqlx::query!(
        r#"select id, closed_at is null as "is_open!" from exception where plant_id = $1 and id = any($2)"#,
        plant.uuid(),
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.is_open)).collect())
}

/// # Errors
/// When the database does not answer.
pub async fn open(tx: &mut TenantTx, plant: PlantId, opened: &[Opened]) -> Result<(), Error> {
    if opened.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = opened.iter().map(|it| it.id.uuid()).collect();
    let orders: Vec<Option<Uuid>> = opened.iter().map(|it| it.order.map(WorkOrderId::uuid)).collect();
    let kinds: Vec<&str> = opened.iter().map(|it| it.exception.code()).collect();
    let owners: Vec<&str> = opened.iter().map(|it| it.exception.owner().code()).collect();
    let bodies: Vec<String> = opened
        .iter()
        .map(|it| serde_json::to_string(&it.exception).expect("exceptions are made of strings and numbers"))
        .collect();
    let at: Vec<Instant> = opened.iter().map(|it| Instant(it.at)).collect();
    let by: Vec<Uuid> = opened.iter().map(|it| it.by.uuid()).collect();
    sqlx::query!(
        "insert into exception \
             (organization_id, id, plant_id, order_id, kind, owner_role, body, opened_at, opened_by) \
         select current_organization(), id, $1, order_id, kind, owner_role, body::jsonb, opened_at, opened_by \
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], \
             $8::uuid[]) as new (id, order_id, kind, owner_role, body, opened_at, opened_by)",
        plant.uuid(),
        &ids,
        &orders as &[Option<Uuid>],
        &kinds as &[&str],
        &owners as &[&str],
        &bodies,
        &at as &[Instant],
        &by
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Closes exceptions of a plant; those that are closed already stay as they are.
///
/// # Errors
/// When the database does not answer.
pub async fn close(tx: &mut TenantTx, plant: PlantId, closed: &[Closed]) -> Result<(), Error> {
    if closed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = closed.iter().map(|it| it.id.uuid()).collect();
    let at: Vec<Instant> = closed.iter().map(|it| Instant(it.at)).collect();
    let by: Vec<Uuid> = closed.iter().map(|it| it.by.uuid()).collect();
    let notes: Vec<&str> = closed.iter().map(|it| it.note.as_str()).collect();
    sqlx::query!(
        "update exception set closed_at = closed.at, closed_by = closed.by_user, note = closed.note \
         from unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[]) \
             as closed (id, at, by_user, note) \
         where exception.plant_id = $1 and exception.id = closed.id and closed_at is null",
        plant.uuid(),
        &ids,
        &at as &[Instant],
        &by,
        &notes as &[&str]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
