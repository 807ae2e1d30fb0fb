//! What there is of each order, for comparing with what devices hold.

use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::sync::fingerprint::FactSum;

use super::{Error, TenantTx, signed};

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

/// Orders of a plant behind one of them, by their ids. The facts of an order are counted where it is not archived and
/// nothing concerned it after an entry of the feed, `at`.
///
/// # Errors
/// When the database does not answer.
pub async fn orders(
    tx: &mut TenantTx,
    plant: PlantId,
    at: u64,
    after: WorkOrderId,
    limit: i64,
) -> Result<Vec<Contents>, Error> {
    let rows = sqlx::query!(
        r#"with listed as (
               select document.id, heads, greatest(document.seq, coalesce(archived_order.seq, 0)) as seq,
                   coalesce(document.seq < archived_order.seq, false) as is_archived
               from document left join archived_order on archived_order.order_id = document.id
               where document.plant_id = $1 and document.id > $2
               order by document.id limit $3
           )
           select listed.id, heads, listed.seq as "seq!", is_archived as "is_archived!",
               facts.count as "count!", facts.value as "value!"
           from listed cross join lateral (
               select count(*) as count,
                   coalesce(bit_xor(('x' || encode(substr(uuid_send(fact.id), 9), 'hex'))::bit(64)::bigint), 0)
                       as value
               from fact where fact.order_id = listed.id and listed.seq <= $4 and not is_archived
           ) as facts
           order by listed.id"#,
        plant.uuid(),
        after.uuid(),
        limit,
        signed(at)
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

/// The facts of a plant up to a place in its feed that are of no order.
///
/// # Errors
/// When the database does not answer.
pub async fn beside(tx: &mut TenantTx, plant: PlantId, until: u64) -> Result<FactSum, Error> {
    let sum = sqlx::query!(
        r#"select count(*) as "count!",
               coalesce(bit_xor(('x' || encode(substr(uuid_send(id), 9), 'hex'))::bit(64)::bigint), 0) as "value!"
           from fact where plant_id = $1 and seq <= $2 and order_id is null"#,
        plant.uuid(),
        signed(until)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(FactSum { count: sum.count.unsigned_abs(), value: sum.value })
}
