//! Records: the current version of all reference data, written here only, and told to the devices
//! through the feeds.

use std::collections::BTreeMap;

use shared_model::ids::{FeedId, PlantId};
use shared_model::reason::ReasonKind;
use shared_model::record::Record;
use shared_model::sync::wire::stored::StoredChange;
use uuid::Uuid;

use super::feed::{self, NewEntry};
use super::{Error, TenantTx, signed};
use crate::edge;

/// Writes a record; false when it is as it was. `plant` is none for what the whole organization
/// shares.
///
/// # Errors
/// When the database does not answer; constraint `record_key_unique`: another record of the kind
/// has its number.
pub async fn put(tx: &mut TenantTx, plant: Option<PlantId>, record: &Record) -> Result<bool, Error> {
    Ok(put_all(tx, plant, std::slice::from_ref(record)).await? == 1)
}

/// Writes records of one feed, and says how many were not as they are now.
///
/// # Errors
/// As [`put`].
pub async fn put_all(tx: &mut TenantTx, plant: Option<PlantId>, records: &[Record]) -> Result<usize, Error> {
    let feed = feed_of(tx, plant);
    feed::lock(tx, feed).await?;
    let before = versions(tx, feed, records).await?;
    let changed: Vec<&Record> =
        records.iter().filter(|record| before.get(&(record.kind(), record.id())) != Some(record)).collect();
    if changed.is_empty() {
        return Ok(0);
    }
    let bodies: Vec<String> = changed.iter().map(|record| json(record)).collect();
    let entries = bodies
        .iter()
        .map(|body| NewEntry { command: None, change: StoredChange::Record(body.clone()), ends_unit: true })
        .collect();
    let last = feed::append(tx, feed, edge::now(), entries).await?;
    let count = changed.len();
    let kinds: Vec<&str> = changed.iter().map(|record| record.kind()).collect();
    let ids: Vec<Uuid> = changed.iter().map(|record| record.id()).collect();
    let keys: Vec<Option<String>> = changed.iter().map(|record| key(record)).collect();
    let before_first = signed(last) - i64::try_from(count).unwrap_or(i64::MAX);
    sqlx::query!(
        "insert into record (organization_id, feed_id, kind, id, key, body, seq) \
         select current_organization(), $1, kind, id, key, body::jsonb, $2 + n \
         from unnest($3::text[], $4::uuid[], $5::text[], $6::text[]) \
             with ordinality as new (kind, id, key, body, n) \
         on conflict (organization_id, feed_id, kind, id) \
         do update set key = excluded.key, body = excluded.body, seq = excluded.seq",
        feed.uuid(),
        before_first,
        &kinds as &[&str],
        &ids,
        &keys as &[Option<String>],
        &bodies
    )
    .execute(tx.conn())
    .await?;
    Ok(count)
}

async fn versions(
    tx: &mut TenantTx,
    feed: FeedId,
    of: &[Record],
) -> Result<BTreeMap<(&'static str, Uuid), Record>, Error> {
    let ids: Vec<Uuid> = of.iter().map(Record::id).collect();
    let rows = sqlx::query!(
        r#"select id, body::text as "body!" from record where feed_id = $1 and id = any($2)"#,
        feed.uuid(),
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let record = parsed(&row.body, row.id)?;
            Ok(((record.kind(), row.id), record))
        })
        .collect()
}

/// The records that a plant sees and that were written after an entry of each feed, first the
/// organization's, then the plant's; and the last such entries.
///
/// # Errors
/// When the database does not answer or holds what is no record.
pub async fn since(
    tx: &mut TenantTx,
    plant: PlantId,
    after: (u64, u64),
) -> Result<(Vec<Record>, (u64, u64)), Error> {
    // Mostly nothing is new. One condition for both feeds would read all records to find that out.
    let rows = sqlx::query!(
        r#"select id as "id!", is_of_plant as "is_of_plant!", seq as "seq!", body::text as "body!"
           from (
               select id, false as is_of_plant, seq, body from record
               where feed_id = current_organization() and seq > $2
               union all
               select id, true, seq, body from record where feed_id = $1 and seq > $3
           ) as news
           order by is_of_plant, seq"#,
        plant.uuid(),
        signed(after.0),
        signed(after.1)
    )
    .fetch_all(tx.conn())
    .await?;
    let mut last = after;
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let feed = if row.is_of_plant { &mut last.1 } else { &mut last.0 };
        *feed = row.seq.unsigned_abs();
        records.push(parsed(&row.body, row.id)?);
    }
    Ok((records, last))
}

/// # Errors
/// When the database does not answer.
pub async fn find(
    tx: &mut TenantTx,
    plant: Option<PlantId>,
    kind: &str,
    id: Uuid,
) -> Result<Option<Record>, Error> {
    let body = sqlx::query_scalar!(
        r#"select body::text as "body!" from record where feed_id = $1 and kind = $2 and id = $3"#,
        feed_of(tx, plant).uuid(),
        kind,
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    body.map(|body| parsed(&body, id)).transpose()
}

/// Records of a kind in the order of their keys, each with its key: the cursor of the next page.
/// `search` looks into key and name.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    tx: &mut TenantTx,
    plant: Option<PlantId>,
    kind: &str,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(String, Record)>, Error> {
    let rows = sqlx::query!(
        r#"select id, key as "key!", body::text as "body!" from record
           where feed_id = $1 and kind = $2 and key > coalesce($3, '')
               and ($4 = '' or strpos(key, lower($4)) > 0 or strpos(lower(body ->> 'name'), lower($4)) > 0)
           order by key limit $5"#,
        feed_of(tx, plant).uuid(),
        kind,
        after,
        search.trim(),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| Ok((row.key, parsed(&row.body, row.id)?))).collect()
}

fn feed_of(tx: &TenantTx, plant: Option<PlantId>) -> FeedId {
    plant.map_or_else(|| tx.organization().into(), Into::into)
}

fn json(record: &Record) -> String {
    serde_json::to_string(record).expect("records are made of strings, numbers and lists")
}

fn parsed(body: &str, id: Uuid) -> Result<Record, Error> {
    serde_json::from_str(body).map_err(|_| Error::Inconsistent {
        table: "record",
        column: "body",
        row: id.to_string(),
    })
}

/// What people know a record by; no two records of a kind and feed share it.
#[must_use]
pub fn key(record: &Record) -> Option<String> {
    match record {
        Record::Department(it) => Some(it.code.key()),
        Record::Unit(it) => Some(it.code.to_string()),
        Record::Location(it) => Some(it.path.to_lowercase()),
        Record::WorkCenter(it) => Some(it.code.key()),
        Record::Shift(it) => Some(it.code.key()),
        Record::Reason(it) => Some(format!("{}:{}", reason_kind(it.kind), it.code.key())),
        Record::Material(it) => Some(it.number.key()),
        Record::Bom(it) => Some(format!("{}:{:05}", it.material, it.version)),
        Record::Routing(it) => Some(format!("{}:{:05}", it.material, it.version)),
        Record::Supplier(it) => Some(it.name.to_lowercase()),
        Record::Organization(_) | Record::Plant(_) | Record::User(_) | Record::Unknown => None,
    }
}

const fn reason_kind(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Scrap => "scrap",
        ReasonKind::Pause => "pause",
        ReasonKind::Downtime => "downtime",
        ReasonKind::Unknown => "unknown",
    }
}
