//! Snapshots of feeds: what they are made of, and the packed chunks.

use rust_decimal::Decimal;
use shared_model::ids::{FeedId, PlantId, WorkOrderId};
use shared_model::number::Number;
use shared_model::quantity::UnitCode;
use shared_model::sync::wire::Offer;
use shared_model::time::Timestamp;
use shared_model::work_order::summary::{OperationSummary, Summary};
use shared_model::work_order::{Operation, Stage};
use uuid::Uuid;

use super::{Error, Instant, TenantTx, amount, signed};

/// The newest snapshots of a feed that are kept: devices may be fetching the one before the last.
const KEPT: i64 = 2;

/// A packed chunk.
#[derive(Debug)]
pub struct Chunk {
    pub is_last: bool,
    pub body: Vec<u8>,
}

/// The newest snapshot of a feed.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(tx: &mut TenantTx, feed: FeedId) -> Result<Option<Offer>, Error> {
    let found = sqlx::query!(
        "select seq, index from snapshot_chunk where feed_id = $1 and is_last order by seq desc limit 1",
        feed.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|row| offer(feed, row.seq, row.index)))
}

/// A certain snapshot, if it is still kept.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, feed: FeedId, seq: u64) -> Result<Option<Offer>, Error> {
    let found = sqlx::query!(
        "select seq, index from snapshot_chunk where feed_id = $1 and seq = $2 and is_last",
        feed.uuid(),
        signed(seq)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(|row| offer(feed, row.seq, row.index)))
}

fn offer(feed: FeedId, seq: i64, last: i32) -> Offer {
    Offer { feed, seq: seq.unsigned_abs(), chunks: last.unsigned_abs() + 1 }
}

/// # Errors
/// When the database does not answer.
pub async fn chunk(tx: &mut TenantTx, feed: FeedId, seq: u64, index: u32) -> Result<Option<Vec<u8>>, Error> {
    Ok(sqlx::query_scalar!(
        "select body from snapshot_chunk where feed_id = $1 and seq = $2 and index = $3",
        feed.uuid(),
        signed(seq),
        i32::try_from(index).unwrap_or(i32::MAX)
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Keeps a snapshot, and forgets old ones. One that another process kept meanwhile stays.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(
    tx: &mut TenantTx,
    feed: FeedId,
    seq: u64,
    made_at: Timestamp,
    chunks: &[Chunk],
) -> Result<(), Error> {
    let bodies: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.body.as_slice()).collect();
    let lasts: Vec<bool> = chunks.iter().map(|chunk| chunk.is_last).collect();
    sqlx::query!(
        "insert into snapshot_chunk (organization_id, feed_id, seq, index, is_last, body, made_at) \
         select current_organization(), $1, $2, n - 1, is_last, body, $3 \
         from unnest($4::bytea[], $5::boolean[]) with ordinality as chunk (body, is_last, n) \
         on conflict do nothing",
        feed.uuid(),
        signed(seq),
        Instant(made_at),
        &bodies as &[&[u8]],
        &lasts
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "delete from snapshot_chunk where feed_id = $1 and seq < ( \
             select min(seq) from ( \
                 select seq from snapshot_chunk where feed_id = $1 and is_last order by seq desc limit $2 \
             ) as kept \
         )",
        feed.uuid(),
        KEPT
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The JSON of a feed's records after one of them, in the order in which they were written last.
///
/// # Errors
/// When the database does not answer.
pub async fn records(
    tx: &mut TenantTx,
    feed: FeedId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, Error> {
    let rows = sqlx::query!(
        r#"select seq, body::text as "body!" from record where feed_id = $1 and seq > $2
           order by seq limit $3"#,
        feed.uuid(),
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.seq, row.body)).collect())
}

/// Where a page of orders ended.
#[derive(Clone, Debug, Default)]
pub struct Place {
    rank: i32,
    number_key: String,
}

/// An order of a snapshot.
#[derive(Debug)]
pub struct Order {
    pub summary: Summary,
    /// None where it is archived, and rested since.
    pub document: Option<Vec<u8>>,
    pub place: Place,
}

/// Orders in the order of need: what is being worked on, what is released, what is planned, what is
/// closed, what is archived.
///
/// # Errors
/// When the database does not answer or holds what is no order.
pub async fn orders(
    tx: &mut TenantTx,
    plant: PlantId,
    after: &Place,
    limit: i64,
) -> Result<Vec<Order>, Error> {
    let rows = sqlx::query!(
        r#"with ranked as (
               select work_order.id, number, number_key, title, material_id, quantity, unit,
                   due_on::text as due_on, priority, state, assignee_id, created_at, operations, schema,
                   case when document.seq < archived_order.seq then 5
                       when state in ('in_progress', 'paused') then 1 when state = 'released' then 2
                       when state = 'planned' then 3 else 4 end as rank
               from work_order join document on document.id = work_order.id
               left join archived_order on archived_order.order_id = work_order.id
               where work_order.plant_id = $1
           )
           select ranked.id, number, number_key, title, material_id, quantity, unit, due_on, priority, state,
               assignee_id, created_at, operations, schema, rank as "rank!", snapshot as "snapshot?"
           from ranked left join document on document.id = ranked.id and rank < 5
           where (rank, number_key) > ($2, $3)
           order by rank, number_key limit $4"#,
        plant.uuid(),
        after.rank,
        after.number_key,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let listed = Listed {
                id: row.id,
                number: row.number,
                title: row.title,
                material_id: row.material_id,
                quantity: row.quantity,
                unit: row.unit,
                due_on: row.due_on,
                priority: row.priority,
                state: row.state,
                assignee_id: row.assignee_id,
                created_at: row.created_at,
                operations: row.operations,
                schema: row.schema,
            };
            let place = Place { rank: row.rank, number_key: row.number_key };
            Ok(Order { summary: listed.try_into()?, document: row.snapshot, place })
        })
        .collect()
}

/// What lists show of an order of a plant, its document, and the last entry that concerned it.
///
/// # Errors
/// When the database does not answer or holds what is no order.
pub async fn whole(
    tx: &mut TenantTx,
    plant: PlantId,
    order: WorkOrderId,
) -> Result<Option<(Summary, Vec<u8>, u64)>, Error> {
    let row = sqlx::query_as!(
        Listed,
        r#"select id, number, title, material_id, quantity, unit, due_on::text as due_on, priority, state,
               assignee_id, created_at, operations, schema
           from work_order where plant_id = $1 and id = $2"#,
        plant.uuid(),
        order.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(listed) = row else { return Ok(None) };
    let document = sqlx::query!("select snapshot, seq from document where id = $1", order.uuid())
        .fetch_optional(tx.conn())
        .await?;
    let Some(document) = document else { return Ok(None) };
    Ok(Some((listed.try_into()?, document.snapshot, document.seq.unsigned_abs())))
}

struct Listed {
    id: Uuid,
    number: String,
    title: String,
    material_id: Uuid,
    quantity: Decimal,
    unit: String,
    due_on: Option<String>,
    priority: i16,
    state: String,
    assignee_id: Option<Uuid>,
    created_at: Option<Instant>,
    operations: serde_json::Value,
    schema: i32,
}

impl TryFrom<Listed> for Summary {
    type Error = Error;

    fn try_from(row: Listed) -> Result<Self, Error> {
        let broken = |column: &'static str| Error::Inconsistent {
            table: "work_order",
            column,
            row: row.id.to_string(),
        };
        let operations: Vec<Operation> =
            serde_json::from_value(row.operations).map_err(|_| broken("operations"))?;
        Ok(Self {
            schema: u32::try_from(row.schema).map_err(|_| broken("schema"))?,
            id: row.id.into(),
            number: Number::parse(&row.number).map_err(|_| broken("number"))?,
            title: row.title,
            material: row.material_id.into(),
            quantity: amount::from_sum(row.quantity),
            unit: UnitCode::new(&row.unit),
            due_on: row.due_on.map(|date| date.parse()).transpose().map_err(|_| broken("due_on"))?,
            priority: u8::try_from(row.priority).map_err(|_| broken("priority"))?,
            stage: Stage::of_code(&row.state).ok_or_else(|| broken("state"))?,
            assignee: row.assignee_id.map(Into::into),
            created_at: row.created_at.map(Into::into),
            operations: operations.iter().map(OperationSummary::of).collect(),
        })
    }
}
