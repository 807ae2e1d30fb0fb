//! Archived orders: which may be, and what is kept of those that are.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::production::Output;
use shared_model::sync::wire::Sums;
use shared_model::time::Timestamp;
use shared_model::work_order::Stage;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, amount, signed};

/// What is kept of an order when it is archived.
#[derive(Debug)]
pub struct Kept {
    pub order: WorkOrderId,
    /// What its stock movements come to.
    pub stock: Sums,
    /// SHA-256 of its document and its facts.
    pub digest: [u8; 32],
}

/// The closed orders of a plant behind one of them that nothing has concerned since before an entry of its
/// feed, that are not archived as they are, and on which nobody has to look at anything.
///
/// # Errors
/// When the database does not answer.
pub async fn resting(
    tx: &mut TenantTx,
    plant: PlantId,
    before: u64,
    after: WorkOrderId,
    limit: i64,
) -> Result<Vec<WorkOrderId>, Error> {
    let ids = sqlx::query_scalar!(
        "select work_order.id from work_order join document on document.id = work_order.id \
         left join archived_order on archived_order.order_id = work_order.id \
         where work_order.plant_id = $1 and state in ($2, $3) and document.seq < $4 and work_order.id > $5 \
             and (archived_order.seq is null or archived_order.seq < document.seq) \
             and not exists (select from exception where order_id = work_order.id and closed_at is null) \
         order by work_order.id limit $6",
        plant.uuid(),
        Stage::Completed.code(),
        Stage::Cancelled.code(),
        signed(before),
        after.uuid(),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Notes that an entry of the plant's feed archived orders.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(
    tx: &mut TenantTx,
    plant: PlantId,
    seq: u64,
    at: Timestamp,
    orders: &[Kept],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = orders.iter().map(|kept| kept.order.uuid()).collect();
    let stock: Vec<String> = orders
        .iter()
        .map(|kept| serde_json::to_string(&kept.stock).expect("sums are made of ids and numbers"))
        .collect();
    let digests: Vec<&[u8]> = orders.iter().map(|kept| kept.digest.as_slice()).collect();
    sqlx::query!(
        "insert into archived_order (organization_id, order_id, plant_id, seq, archived_at, stock, digest) \
         select current_organization(), order_id, $1, $2, $3, stock::jsonb, digest \
         from unnest($4::uuid[], $5::text[], $6::bytea[]) as new (order_id, stock, digest) \
         on conflict (organization_id, order_id) do update set seq = excluded.seq, \
             archived_at = excluded.archived_at, stock = excluded.stock, digest = excluded.digest",
        plant.uuid(),
        signed(seq),
        Instant(at),
        &ids,
        &stock,
        &digests as &[&[u8]]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the stock movements of each of a plant's archived orders come to, of those that rested since.
///
/// # Errors
/// When the database does not answer or holds what are no sums.
pub async fn stock(tx: &mut TenantTx, plant: PlantId) -> Result<Vec<Sums>, Error> {
    let rows = sqlx::query!(
        "select order_id, stock from archived_order join document on document.id = order_id \
         where archived_order.plant_id = $1 and document.seq < archived_order.seq and stock <> '[]'",
        plant.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            serde_json::from_value(row.stock).map_err(|_| Error::Inconsistent {
                table: "archived_order",
                column: "stock",
                row: row.order_id.to_string(),
            })
        })
        .collect()
}

/// What the operations of orders made, by their numbers.
///
/// # Errors
/// When the database does not answer.
pub async fn outputs(
    tx: &mut TenantTx,
    orders: &[Uuid],
) -> Result<BTreeMap<WorkOrderId, Vec<(Option<u32>, Output)>>, Error> {
    let rows = sqlx::query!(
        "select order_id, operation, good, scrap, rework from work_order_output \
         where order_id = any($1) order by order_id, operation",
        orders
    )
    .fetch_all(tx.conn())
    .await?;
    let sum = |decimal: Decimal| amount::from_sum(decimal);
    let mut outputs: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let output = Output { good: sum(row.good), scrap: sum(row.scrap), rework: sum(row.rework) };
        let order = WorkOrderId::from(row.order_id);
        outputs.entry(order).or_default().push((u32::try_from(row.operation).ok(), output));
    }
    Ok(outputs)
}

/// The digests of archived orders that rested since, of a plant, behind one of them.
///
/// # Errors
/// When the database does not answer.
pub async fn digests(
    tx: &mut TenantTx,
    plant: PlantId,
    after: WorkOrderId,
    limit: i64,
) -> Result<Vec<(WorkOrderId, Vec<u8>)>, Error> {
    let rows = sqlx::query!(
        "select order_id, digest from archived_order join document on document.id = order_id \
         where archived_order.plant_id = $1 and order_id > $2 and document.seq < archived_order.seq \
         order by order_id limit $3",
        plant.uuid(),
        after.uuid(),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.order_id.into(), row.digest)).collect())
}
