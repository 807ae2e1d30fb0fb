//! Documents whole. Their changes, one by one, are in the feed.

use std::collections::BTreeMap;

use shared_model::ids::{PlantId, WorkOrderId};
use uuid::Uuid;

use super::{Error, TenantTx, signed};

/// A document as it is to be kept.
#[derive(Clone, Debug)]
pub struct Saved {
    pub id: WorkOrderId,
    pub snapshot: Vec<u8>,
    /// 32 bytes each.
    pub heads: Vec<Vec<u8>>,
    pub new_changes: i32,
    pub seq: u64,
}

/// Whose a document is, and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub plant: PlantId,
    pub seq: u64,
}

/// The versions of documents: of those that are here.
///
/// # Errors
/// When the database does not answer.
pub async fn versions(tx: &mut TenantTx, ids: &[Uuid]) -> Result<BTreeMap<WorkOrderId, Version>, Error> {
    let rows = sqlx::query!("select id, plant_id, seq from document where id = any($1)", ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), Version { plant: row.plant_id.into(), seq: row.seq.unsigned_abs() }))
        .collect())
}

/// # Errors
/// When the database does not answer.
pub async fn load(tx: &mut TenantTx, ids: &[Uuid]) -> Result<BTreeMap<WorkOrderId, Vec<u8>>, Error> {
    let rows = sqlx::query!("select id, snapshot from document where id = any($1)", ids)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.snapshot)).collect())
}

/// Keeps documents, in place of their earlier versions.
///
/// # Errors
/// When the database does not answer.
pub async fn save(tx: &mut TenantTx, plant: PlantId, documents: Vec<Saved>) -> Result<(), Error> {
    let (mut ids, mut snapshots, mut heads, mut counts, mut seqs) = (vec![], vec![], vec![], vec![], vec![]);
    for document in documents {
        ids.push(document.id.uuid());
        snapshots.push(document.snapshot);
        // An array of arrays has to be a rectangle, so the heads travel end to end.
        heads.push(document.heads.concat());
        counts.push(document.new_changes);
        seqs.push(signed(document.seq));
    }
    sqlx::query!(
        "insert into document (organization_id, id, plant_id, kind, snapshot, heads, change_count, seq) \
         select current_organization(), id, $1, 'work_order', snapshot, \
             array(select substr(heads, 1 + 32 * n, 32) \
                   from generate_series(0, octet_length(heads) / 32 - 1) as n), \
             change_count, seq \
         from unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::integer[], $6::bigint[]) \
             as saved (id, snapshot, heads, change_count, seq) \
         on conflict (organization_id, id) do update set snapshot = excluded.snapshot, \
             heads = excluded.heads, change_count = document.change_count + excluded.change_count, \
             seq = excluded.seq",
        plant.uuid(),
        &ids,
        &snapshots,
        &heads,
        &counts,
        &seqs
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that facts of documents were added, which did not change themselves.
///
/// # Errors
/// When the database does not answer.
pub async fn touch(tx: &mut TenantTx, touched: &[(WorkOrderId, u64)]) -> Result<(), Error> {
    let ids: Vec<Uuid> = touched.iter().map(|(id, _)| id.uuid()).collect();
    let seqs: Vec<i64> = touched.iter().map(|(_, seq)| signed(*seq)).collect();
    sqlx::query!(
        "with touched as (select * from unnest($1::uuid[], $2::bigint[]) as touched (id, seq)), \
         orders as ( \
             update work_order set seq = touched.seq from touched where work_order.id = touched.id \
         ) \
         update document set seq = touched.seq from touched where document.id = touched.id",
        &ids,
        &seqs
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
