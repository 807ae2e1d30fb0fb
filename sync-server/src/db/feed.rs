//! Feeds: the gapless sequences of everything that devices replicate.
//!
//! **Invariant:** a transaction that decides on a plant takes the plant's feed first ([`lock`]) and
//! keeps it until it commits. A transaction that needs both feeds takes the organization's first.

use sha2::{Digest as _, Sha256};
use shared_model::ids::{CommandId, FeedId};
use shared_model::sync::wire::stored::{StoredBatch, StoredChange, StoredEntry};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, signed};

/// Where processes hear of new entries; the payload is the feed's id and its head.
pub const CHANNEL: &str = "unison_feed";
/// What one batch may hold at most, unless what must be applied whole is more.
const BATCH_ENTRIES: i64 = 2_000;
const BATCH_BYTES: i64 = 2 * 1024 * 1024;

/// An entry to be.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub command: Option<CommandId>,
    pub change: StoredChange,
    /// The last entry of what must be applied whole.
    pub ends_unit: bool,
}

/// Takes the feed for this transaction, and says how far it goes.
///
/// # Errors
/// When the database does not answer, or another transaction keeps the feed for too long.
pub async fn lock(tx: &mut TenantTx, feed: FeedId) -> Result<u64, Error> {
    let locked = sqlx::query_scalar!("select seq from feed_head where feed_id = $1 for update", feed.uuid())
        .fetch_optional(tx.conn())
        .await?;
    let seq = match locked {
        Some(seq) => seq,
        None => {
            sqlx::query_scalar!(
                "insert into feed_head (organization_id, feed_id) values (current_organization(), $1) \
                 on conflict (organization_id, feed_id) do update set seq = feed_head.seq returning seq",
                feed.uuid()
            )
            .fetch_one(tx.conn())
            .await?
        }
    };
    Ok(seq.unsigned_abs())
}

/// Appends entries and tells all processes, when the transaction commits. Gives the sequence
/// number of the last one: they are numbered in their order without a gap.
///
/// # Errors
/// When the database does not answer.
pub async fn append(
    tx: &mut TenantTx,
    feed: FeedId,
    received_at: Timestamp,
    entries: Vec<NewEntry>,
) -> Result<u64, Error> {
    if entries.is_empty() {
        return lock(tx, feed).await;
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let mut columns = Columns::default();
    for entry in entries {
        columns.push(entry, received_at);
    }
    let seq = sqlx::query_scalar!(
        r#"with head as (
               insert into feed_head (organization_id, feed_id, seq, check_value)
               values (current_organization(), $1, $2, $11)
               on conflict (organization_id, feed_id) do update set seq = feed_head.seq + excluded.seq,
                   check_value = feed_head.check_value # excluded.check_value
               returning seq, check_value
           ), logged as (
               insert into change_log
                   (organization_id, feed_id, seq, received_at, command_id, kind, document_id, body, change,
                    ends_unit, check_value)
               select current_organization(), $1, head.seq - $2 + n, $3, command_id, kind, document_id, body,
                   change, ends_unit, head.check_value # $11 # bit_xor(hash) over (order by n)
               from head, unnest($4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::bytea[], $9::boolean[],
                       $10::bigint[])
                   with ordinality as entry (command_id, kind, document_id, body, change, ends_unit, hash, n)
           )
           select seq from head
           where case when $12 then pg_notify('unison_feed', $1::text || ' ' || seq) is not null else true end"#,
        feed.uuid(),
        count,
        Instant(received_at),
        &columns.commands as &[Option<Uuid>],
        &columns.kinds as &[&str],
        &columns.documents as &[Option<Uuid>],
        &columns.bodies as &[Option<String>],
        &columns.changes as &[Option<Vec<u8>>],
        &columns.ends,
        &columns.hashes,
        columns.hashes.iter().fold(0, |all, hash| all ^ hash),
        tx.notifies()
    )
    .fetch_one(tx.conn())
    .await?
    .unsigned_abs();
    tx.has_moved(feed, seq);
    Ok(seq)
}

#[derive(Default)]
struct Columns {
    commands: Vec<Option<Uuid>>,
    kinds: Vec<&'static str>,
    documents: Vec<Option<Uuid>>,
    bodies: Vec<Option<String>>,
    changes: Vec<Option<Vec<u8>>>,
    ends: Vec<bool>,
    hashes: Vec<i64>,
}

impl Columns {
    fn push(&mut self, entry: NewEntry, received_at: Timestamp) {
        self.hashes.push(hash(&entry, received_at));
        let (kind, document, body, change) = match entry.change {
            StoredChange::Record(json) => ("record", None, Some(json), None),
            StoredChange::Fact(json) => ("fact", None, Some(json), None),
            StoredChange::Document { id, change } => ("document", Some(id.uuid()), None, Some(change)),
            StoredChange::Archived(json) => ("archived", None, Some(json), None),
        };
        self.commands.push(entry.command.map(CommandId::uuid));
        self.kinds.push(kind);
        self.documents.push(document);
        self.bodies.push(body);
        self.changes.push(change);
        self.ends.push(entry.ends_unit);
    }
}

/// Of everything that tells an entry from others, the time included: an entry that was made again after
/// the server was set back is another one.
fn hash(entry: &NewEntry, received_at: Timestamp) -> i64 {
    let mut hasher = Sha256::new();
    hasher.update(received_at.as_millis().to_be_bytes());
    hasher.update(entry.command.map_or([0; 16], |command| *command.uuid().as_bytes()));
    match &entry.change {
        StoredChange::Record(json) | StoredChange::Fact(json) | StoredChange::Archived(json) => {
            hasher.update(json);
        }
        StoredChange::Document { id, change } => {
            hasher.update(id.uuid().as_bytes());
            hasher.update(change);
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize()[..8]);
    i64::from_be_bytes(first)
}

/// How far a feed goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub feed: FeedId,
    /// The last entry.
    pub seq: u64,
    /// The first entry is the one behind it.
    pub horizon: u64,
    /// What all entries come to.
    pub check: i64,
}

impl Head {
    /// Whether a device that has the feed up to an entry, and was told what that comes to, read another feed than
    /// this: ours was set back to an older state, and may have gone on from there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_of_another(
        &self,
        tx: &mut TenantTx,
        seq: u64,
        check: Option<i64>,
    ) -> Result<bool, Error> {
        if seq > self.seq {
            return Ok(true);
        }
        let Some(said) = check else { return Ok(false) };
        // Mostly nothing is new.
        let ours = match seq == self.seq {
            true => Some(self.check),
            false => check_at(tx, self.feed, seq).await?,
        };
        Ok(ours.is_some_and(|ours| ours != said))
    }
}

struct HeadRow {
    feed_id: Uuid,
    seq: i64,
    horizon: i64,
    check_value: i64,
}

impl From<HeadRow> for Head {
    fn from(row: HeadRow) -> Self {
        Self {
            feed: row.feed_id.into(),
            seq: row.seq.unsigned_abs(),
            horizon: row.horizon.unsigned_abs(),
            check: row.check_value,
        }
    }
}

/// How far the feeds go.
///
/// # Errors
/// When the database does not answer.
pub async fn heads(tx: &mut TenantTx, feeds: &[FeedId]) -> Result<Vec<Head>, Error> {
    let ids: Vec<Uuid> = feeds.iter().map(|feed| feed.uuid()).collect();
    let rows = sqlx::query_as!(
        HeadRow,
        r#"select feed_id as "feed_id!", coalesce(head.seq, 0) as "seq!", coalesce(head.horizon, 0) as "horizon!",
               coalesce(head.check_value, 0) as "check_value!"
           from unnest($1::uuid[]) as wanted (feed_id) left join feed_head as head using (feed_id)"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Head::from).collect())
}

/// The heads of all feeds of the organization.
///
/// # Errors
/// When the database does not answer.
pub async fn all(tx: &mut TenantTx) -> Result<Vec<Head>, Error> {
    let rows =
        sqlx::query_as!(HeadRow, "select feed_id, seq, horizon, check_value from feed_head order by feed_id")
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(Head::from).collect())
}

/// The first entry that the server received at `from` or later, but not later than `until`: what is dated
/// in the future was received while the clock was wrong.
///
/// # Errors
/// When the database does not answer.
pub async fn first_received(
    tx: &mut TenantTx,
    feed: FeedId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<u64>, Error> {
    let first = sqlx::query_scalar!(
        "select min(seq) from change_log where feed_id = $1 and received_at >= $2 and received_at <= $3",
        feed.uuid(),
        Instant(from),
        Instant(until)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(first.map(i64::unsigned_abs))
}

/// What the entries of a feed up to one of them come to; nothing where that is not known.
///
/// # Errors
/// When the database does not answer.
pub async fn check_at(tx: &mut TenantTx, feed: FeedId, seq: u64) -> Result<Option<i64>, Error> {
    let found = sqlx::query_scalar!(
        r#"select coalesce(
               (select check_value from change_log where feed_id = $1 and seq = $2),
               (select horizon_check from feed_head where feed_id = $1 and horizon = $2)
           ) as "check""#,
        feed.uuid(),
        signed(seq)
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.flatten())
}

/// Says that a feed begins behind an entry: devices that have less begin with a snapshot, and what is not
/// behind it may be dropped. It never goes back.
///
/// # Errors
/// When the database does not answer.
pub async fn set_horizon(tx: &mut TenantTx, feed: FeedId, horizon: u64) -> Result<(), Error> {
    sqlx::query!(
        "update feed_head set horizon = least(seq, $2), horizon_check = ( \
             select check_value from change_log as entry \
             where entry.feed_id = $1 and entry.seq = least(feed_head.seq, $2) \
         ) where feed_id = $1 and horizon < least(seq, $2)",
        feed.uuid(),
        signed(horizon)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is behind a cursor.
#[derive(Clone, Debug)]
pub enum Next {
    /// The next entries, as many as fit into a batch.
    Batch(StoredBatch),
    /// Nothing yet.
    End,
    /// The feed does not go back to the cursor any more.
    Forgotten,
}

/// The entries after a cursor.
///
/// # Errors
/// When the database does not answer or holds an entry of a kind that this program does not know.
pub async fn read(tx: &mut TenantTx, feed: FeedId, after: u64) -> Result<Next, Error> {
    let from = signed(after);
    let rows = sqlx::query!(
        r#"with sized as (
               select seq, ends_unit, sum(bytes) over (order by seq) as total
               from (
                   select seq, ends_unit, coalesce(octet_length(change), octet_length(body)) as bytes
                   from change_log where feed_id = $1 and seq > $2 order by seq limit $3
               ) as next
           ), cut as (
               select coalesce(
                   max(seq) filter (where ends_unit and total <= $4), min(seq) filter (where ends_unit)
               ) as seq from sized
           )
           select (select seq from feed_head where feed_id = $1) as "head!",
               (select horizon from feed_head where feed_id = $1) as "horizon!", log.seq, received_at, command_id,
               kind, document_id, body, change, check_value
           from change_log as log
           where feed_id = $1 and log.seq > $2 and log.seq <= coalesce(
               (select seq from cut),
               (select min(seq) from change_log where feed_id = $1 and seq > $2 and ends_unit)
           )
           order by log.seq"#,
        feed.uuid(),
        from,
        BATCH_ENTRIES,
        BATCH_BYTES
    )
    .fetch_all(tx.conn())
    .await?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        let head = heads(tx, &[feed]).await?;
        return Ok(if head.iter().any(|head| after < head.horizon) { Next::Forgotten } else { Next::End });
    };
    if from < first.horizon {
        // Some of it may still be there, and some between may not.
        return Ok(Next::Forgotten);
    }
    let (head, until, check) = (first.head.unsigned_abs(), last.seq.unsigned_abs(), last.check_value);
    let entries = rows
        .into_iter()
        .map(|row| {
            let change = match (row.kind.as_str(), row.document_id, row.body, row.change) {
                ("record", _, Some(json), _) => StoredChange::Record(json),
                ("fact", _, Some(json), _) => StoredChange::Fact(json),
                ("document", Some(id), _, Some(change)) => StoredChange::Document { id: id.into(), change },
                ("archived", _, Some(json), _) => StoredChange::Archived(json),
                _ => {
                    let row = format!("{feed}/{}", row.seq);
                    return Err(Error::Inconsistent { table: "change_log", column: "kind", row });
                }
            };
            Ok(StoredEntry {
                seq: row.seq.unsigned_abs(),
                received_at: row.received_at.into(),
                command: row.command_id.map(Into::into),
                change,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Next::Batch(StoredBatch { feed, after, until, head, check, entries }))
}

/// The id of the feeds' history: another one after they were replaced.
///
/// # Errors
/// When the database does not answer.
pub async fn history(tx: &mut TenantTx) -> Result<Uuid, Error> {
    Ok(sqlx::query_scalar!("select id from server_history").fetch_one(tx.conn()).await?)
}
