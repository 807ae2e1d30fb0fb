//! What an auditor asks: sums made anew beside the sums that the server keeps, in SQL of their own, so
//! that a fault in the server's code does not hide itself. Each question gives at most [`TOLD_MAX`]
//! answers.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use rust_decimal::Decimal;
use shared_model::ids::{PlantId, WorkOrderId};
use uuid::Uuid;

use super::{Error, TenantTx};

/// After so many differences of one kind there is no use in more.
pub const TOLD_MAX: i64 = 100;
/// Entries of a feed that are compared at once.
const STRETCH: i64 = 50_000;

/// One audit at a time for each plant, whichever process does it; false where another one is at it.
/// Until the transaction ends, which may take its time.
///
/// # Errors
/// When the database does not answer.
pub async fn claim(tx: &mut TenantTx, plant: PlantId) -> Result<bool, Error> {
    let claimed = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('audit/' || $1::text, 0)) as "claimed!"
           from set_config('statement_timeout', '15min', true) as statement,
               set_config('idle_in_transaction_session_timeout', '15min', true) as pause"#,
        plant.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(claimed)
}

/// A feed by its head and by its entries behind the horizon: what is before may be there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    pub head: i64,
    pub horizon: i64,
    pub entries: i64,
    /// The horizon, where there are none.
    pub last: i64,
}

/// # Errors
/// When the database does not answer.
pub async fn feed(tx: &mut TenantTx, plant: PlantId) -> Result<Feed, Error> {
    let row = sqlx::query!(
        r#"with head as (
               select coalesce(max(seq), 0) as seq, coalesce(max(horizon), 0) as horizon
               from feed_head where feed_id = $1
           )
           select head.seq as "head!", head.horizon as "horizon!", count(entry.seq) as "entries!",
               coalesce(max(entry.seq), head.horizon) as "last!"
           from head left join change_log as entry on entry.feed_id = $1 and entry.seq > head.horizon
           group by head.seq, head.horizon"#,
        plant.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Feed { head: row.head, horizon: row.horizon, entries: row.entries, last: row.last })
}

/// A fact that is not the same in the feed and in its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddFact {
    pub seq: i64,
    pub is_in_feed: bool,
    pub is_in_table: bool,
}

/// Facts that differ, of what a feed has from its horizon to its last entry.
///
/// # Errors
/// When the database does not answer.
pub async fn odd_facts(tx: &mut TenantTx, plant: PlantId, of: Feed) -> Result<Vec<OddFact>, Error> {
    let mut odd = Vec::new();
    let mut from = of.horizon + 1;
    while from <= of.last && i64::try_from(odd.len()).is_ok_and(|told| told < TOLD_MAX) {
        let rows = sqlx::query_as!(
            OddFact,
            r#"select coalesce(log.seq, fact.seq) as "seq!", log.seq is not null as "is_in_feed!",
                   fact.seq is not null as "is_in_table!"
               from (
                   select seq, command_id, body::jsonb as said from change_log
                   where feed_id = $1 and kind = 'fact' and seq >= $2 and seq < $3
               ) as log
               full join (
                   select seq, id, command_id, order_id, user_id, device_id, body from fact
                   where plant_id = $1 and seq >= $2 and seq < $3
               ) as fact on fact.seq = log.seq
               where log.seq is null or fact.seq is null
                   or (said ->> 'id', said ->> 'command', said ->> 'order', said ->> 'user', said ->> 'device')
                       is distinct from (fact.id::text, fact.command_id::text, fact.order_id::text,
                           fact.user_id::text, fact.device_id::text)
                   or log.command_id is distinct from fact.command_id or said -> 'body' <> fact.body
               order by 1 limit $4"#,
            plant.uuid(),
            from,
            from + STRETCH,
            TOLD_MAX
        )
        .fetch_all(tx.conn())
        .await?;
        odd.extend(rows);
        from += STRETCH;
    }
    Ok(odd)
}

/// What an operation made: by its facts, and by the row that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddOutput {
    pub order: String,
    /// -1 for an order without operations.
    pub operation: i64,
    pub good_by_facts: Decimal,
    pub good_kept: Decimal,
    pub scrap_by_facts: Decimal,
    pub scrap_kept: Decimal,
    pub rework_by_facts: Decimal,
    pub rework_kept: Decimal,
}

/// # Errors
/// When the database does not answer.
pub async fn odd_outputs(tx: &mut TenantTx, plant: PlantId) -> Result<Vec<OddOutput>, Error> {
    Ok(sqlx::query_as!(
        OddOutput,
        r#"with said as (
               select order_id, coalesce((body ->> 'operation')::bigint, -1) as operation, 1 as sign,
                   coalesce((body ->> 'good')::numeric, 0) as good,
                   (select coalesce(sum((scrap ->> 'amount')::numeric), 0)
                    from jsonb_array_elements(coalesce(body -> 'scrap', '[]')) as scrap) as scrap,
                   coalesce((body ->> 'rework')::numeric, 0) as rework
               from fact where plant_id = $1 and order_id is not null and kind = 'production_reported'
               union all
               select order_id, coalesce((body ->> 'operation')::bigint, -1), -1,
                   (body -> 'output' ->> 'good')::numeric, (body -> 'output' ->> 'scrap')::numeric,
                   (body -> 'output' ->> 'rework')::numeric
               from fact where plant_id = $1 and order_id is not null and kind = 'report_voided'
           ), by_facts as (
               select order_id, operation, sum(sign * good) as good, sum(sign * scrap) as scrap,
                   sum(sign * rework) as rework
               from said group by order_id, operation
           ), kept as (
               select order_id, operation, work_order_output.good, work_order_output.scrap,
                   work_order_output.rework
               from work_order_output
               join work_order on work_order.id = work_order_output.order_id
               where work_order.plant_id = $1
           )
           select coalesce((select number from work_order where id = order_id), order_id::text) as "order!",
               operation as "operation!", coalesce(by_facts.good, 0) as "good_by_facts!",
               coalesce(kept.good, 0) as "good_kept!", coalesce(by_facts.scrap, 0) as "scrap_by_facts!",
               coalesce(kept.scrap, 0) as "scrap_kept!", coalesce(by_facts.rework, 0) as "rework_by_facts!",
               coalesce(kept.rework, 0) as "rework_kept!"
           from by_facts full join kept using (order_id, operation)
           where (coalesce(by_facts.good, 0), coalesce(by_facts.scrap, 0), coalesce(by_facts.rework, 0))
               <> (coalesce(kept.good, 0), coalesce(kept.scrap, 0), coalesce(kept.rework, 0))
           order by 1, 2 limit $2"#,
        plant.uuid(),
        TOLD_MAX
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Stock at a key: by the movements, and by the row that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddBalance {
    pub material: String,
    pub location: String,
    pub lot: String,
    pub serial: String,
    pub status: String,
    pub by_facts: Decimal,
    pub kept: Decimal,
}

/// # Errors
/// When the database does not answer.
pub async fn odd_balances(tx: &mut TenantTx, plant: PlantId) -> Result<Vec<OddBalance>, Error> {
    Ok(sqlx::query_as!(
        OddBalance,
        r#"with by_facts as (
               select (body ->> 'material')::uuid as material_id,
                   coalesce((body ->> 'location')::uuid, '00000000-0000-0000-0000-000000000000')
                       as location_id,
                   coalesce(body ->> 'lot', '') as lot, coalesce(body ->> 'serial', '') as serial,
                   coalesce(body ->> 'status', 'ok') as status, sum((body ->> 'amount')::numeric) as on_hand
               from fact where plant_id = $1 and kind = 'stock_moved' group by 1, 2, 3, 4, 5
           ), kept as (
               select material_id, location_id, lot, serial, status, on_hand from stock_balance
               where plant_id = $1
           )
           select coalesce((select body ->> 'number' from record
                            where record.kind = 'material' and record.id = material_id limit 1),
                           material_id::text) as "material!",
               case location_id when '00000000-0000-0000-0000-000000000000' then ''
                   else coalesce((select body ->> 'path' from record
                                  where record.kind = 'location' and record.id = location_id limit 1),
                                 location_id::text) end as "location!",
               lot as "lot!", serial as "serial!", status as "status!",
               coalesce(by_facts.on_hand, 0) as "by_facts!", coalesce(kept.on_hand, 0) as "kept!"
           from by_facts full join kept using (material_id, location_id, lot, serial, status)
           where coalesce(by_facts.on_hand, 0) <> coalesce(kept.on_hand, 0)
           order by 1, 2, 3, 4, 5 limit $2"#,
        plant.uuid(),
        TOLD_MAX
    )
    .fetch_all(tx.conn())
    .await?)
}

/// A document as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: WorkOrderId,
    pub snapshot: Vec<u8>,
    /// 32 bytes each.
    pub heads: Vec<Vec<u8>>,
    pub change_count: i32,
}

/// Some of a plant's documents after one, in the order of their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn documents(
    tx: &mut TenantTx,
    plant: PlantId,
    after: Option<WorkOrderId>,
    limit: i64,
) -> Result<Vec<Kept>, Error> {
    let rows = sqlx::query!(
        "select id, snapshot, heads, change_count from document \
         where plant_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
        plant.uuid(),
        after.map(WorkOrderId::uuid),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let kept =
        |id: Uuid, snapshot, heads, change_count| Kept { id: id.into(), snapshot, heads, change_count };
    Ok(rows.into_iter().map(|row| kept(row.id, row.snapshot, row.heads, row.change_count)).collect())
}

/// A change of a document, by its place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub document: WorkOrderId,
    pub seq: i64,
    pub bytes: Vec<u8>,
}

/// The changes of documents in the feed behind an entry, one document after the other, each in the feed's order. Read
/// as they are asked for: all of them need not fit into memory.
pub fn changes<'a>(
    tx: &'a mut TenantTx,
    plant: PlantId,
    after: i64,
    documents: &'a [Uuid],
) -> BoxStream<'a, Result<Change, Error>> {
    sqlx::query!(
        r#"select document_id as "document_id!", seq, change as "change!" from change_log
           where feed_id = $1 and seq > $2 and kind = 'document' and document_id = any($3)
           order by document_id, seq"#,
        plant.uuid(),
        after,
        documents
    )
    .fetch(tx.conn())
    .map_ok(|row| Change { document: row.document_id.into(), seq: row.seq, bytes: row.change })
    .map_err(Error::from)
    .boxed()
}

/// Documents that have changes in the feed and are kept nowhere.
///
/// # Errors
/// When the database does not answer.
pub async fn lost_documents(tx: &mut TenantTx, plant: PlantId) -> Result<Vec<Uuid>, Error> {
    Ok(sqlx::query_scalar!(
        r#"select distinct document_id as "id!" from change_log
           where feed_id = $1 and kind = 'document'
               and not exists (select from document where document.id = document_id) limit $2"#,
        plant.uuid(),
        TOLD_MAX
    )
    .fetch_all(tx.conn())
    .await?)
}
