//! What there is of each order, for comparing with what devices hold.

use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::sync::fingerprint::FactSum;
use uuid::Uuid;

use super::{Error, TenantTx};

/// Which changes and facts an order has.
#[derive(Debug)]
pub struct Contents {
    pub order: WorkOrderId,
    /// The last entry of the plant's feed that concerned it.
    pub seq: u64,
    /// Archived, and rested since.
    pub is_archived: bool,
    pub heads: Vec<Vec<u8>>,
    pub facts: FactSum,
}

/// Orders of a plant behind one of them, by their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn orders(
    tx: &mut TenantTx,
    plant: PlantId,
    after: WorkOrderId,
    limit: i64,
) -> Result<Vec<Contents>, Error> {
    let rows = sqlx::query!(
        r#"select document.id, heads, greatest(document.seq, coalesce(archived_order.seq, 0)) as "seq!",
               coalesce(document.seq < archived_order.seq, false) as "is_archived!",
               facts.count as "count!", facts.value as "value!"
           from document left join archived_order on archived_order.order_id = document.id
           cross join lateral (
               select count(*) as count,
                   coalesce(bit_xor(('x' || encode(substr(uuid_send(fact.id), 9), 'hex'))::bit(64)::bigint), 0)
                       as value
               from fact where fact.order_id = document.id
           ) as facts
           where document.plant_id = $1 and document.id > $2
           order by document.id limit $3"#,
        plant.uuid(),
        after.uuid(),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Contents {
            order: row.id.into(),
            seq: row.seq.unsigned_abs(),
            is_archived: row.is_archived,
            heads: row.heads,
            facts: FactSum { count: row.count.unsigned_abs(), value: row.value },
        })
        .collect())
}

/// The facts of a plant up to a place in its feed that are of none of its orders.
///
/// # Errors
/// When the database does not answer.
pub async fn beside(tx: &mut TenantTx, plant: PlantId, until: u64) -> Result<FactSum, Error> {
    let ids = sqlx::query_scalar!(
        "select id from fact where plant_id = $1 and seq <= $2 \
             and not exists (select from work_order where work_order.id = fact.order_id)",
        plant.uuid(),
        i64::try_from(until).unwrap_or(i64::MAX)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(|id: Uuid| id.into()).collect())
}
