//! Facts as people read them.

use shared_model::ids::{CommandId, DeviceId, FactId, PlantId, UserId, WorkOrderId};
use shared_model::time::Timestamp;

use super::{Error, TenantTx, signed};

/// A fact, with its body as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    pub id: FactId,
    /// Its place in the plant's feed.
    pub seq: i64,
    pub command: CommandId,
    pub kind: String,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    pub user: UserId,
    pub device: DeviceId,
    pub body: serde_json::Value,
}

/// The facts of an order after one, in the order of the feed.
///
/// # Errors
/// When the database does not answer.
pub async fn of_order(
    tx: &mut TenantTx,
    order: WorkOrderId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Happened>, Error> {
    let rows = sqlx::query!(
        "select id, seq, command_id, kind, occurred_at, received_at, user_id, device_id, body from fact \
         where order_id = $1 and seq > coalesce($2::bigint, 0) order by seq limit $3",
        order.uuid(),
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Happened {
            id: row.id.into(),
            seq: row.seq,
            command: row.command_id.into(),
            kind: row.kind,
            occurred_at: row.occurred_at.into(),
            received_at: row.received_at.into(),
            user: row.user_id.into(),
            device: row.device_id.into(),
            body: row.body,
        })
        .collect())
}

/// Who caused an entry of a plant's feed, and when the server heard of it; none where nobody gave a
/// command, as in an import. Of an entry that was dropped from the feed that is known where it was a fact.
///
/// # Errors
/// When the database does not answer.
pub async fn author(
    tx: &mut TenantTx,
    plant: PlantId,
    seq: u64,
) -> Result<Option<(UserId, Timestamp)>, Error> {
    let row = sqlx::query!(
        r#"select user_id as "user_id!", received_at as "received_at!" from (
               select command.user_id, change_log.received_at
               from change_log join command using (organization_id)
               where feed_id = $1 and seq = $2 and command.id = change_log.command_id
               union
               select fact.user_id, fact.received_at from fact join command using (organization_id)
               where fact.plant_id = $1 and fact.seq = $2 and command.id = fact.command_id
           ) as cause limit 1"#,
        plant.uuid(),
        signed(seq)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.user_id.into(), row.received_at.into())))
}
