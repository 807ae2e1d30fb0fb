//! Facts as rows: for the ledgers of orders and for questions.

use shared_model::fact::Fact;
use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, signed};

/// Adds facts, each with its place in the plant's feed.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(
    tx: &mut TenantTx,
    plant: PlantId,
    received_at: Timestamp,
    facts: &[(u64, Fact)],
) -> Result<(), Error> {
    if facts.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&Fact) -> Uuid| facts.iter().map(|(_, fact)| value(fact)).collect::<Vec<_>>();
    let ids = column(|fact| fact.id.uuid());
    let seqs: Vec<i64> = facts.iter().map(|(seq, _)| signed(*seq)).collect();
    let commands = column(|fact| fact.command.uuid());
    let orders: Vec<Option<Uuid>> = facts.iter().map(|(_, fact)| fact.order.map(WorkOrderId::uuid)).collect();
    let kinds: Vec<&str> = facts.iter().map(|(_, fact)| fact.body.kind()).collect();
    let occurred: Vec<Instant> = facts.iter().map(|(_, fact)| Instant(fact.occurred_at)).collect();
    let users = column(|fact| fact.user.uuid());
    let devices = column(|fact| fact.device.uuid());
    let bodies: Vec<String> = facts.iter().map(|(_, fact)| body(fact)).collect();
    sqlx::query!(
        "insert into fact (organization_id, id, plant_id, seq, command_id, order_id, kind, occurred_at, \
             received_at, user_id, device_id, body) \
         select current_organization(), id, $1, seq, command_id, order_id, kind, occurred_at, $2, user_id, \
             device_id, body::jsonb \
         from unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::timestamptz[], \
             $9::uuid[], $10::uuid[], $11::text[]) \
             as new (id, seq, command_id, order_id, kind, occurred_at, user_id, device_id, body)",
        plant.uuid(),
        Instant(received_at),
        &ids,
        &seqs,
        &commands,
        &orders as &[Option<Uuid>],
        &kinds as &[&str],
        &occurred as &[Instant],
        &users,
        &devices,
        &bodies
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn body(fact: &Fact) -> String {
    serde_json::to_string(&fact.body).expect("facts are made of strings, numbers and lists")
}

/// The facts of orders, in the order of the feed.
///
/// # Errors
/// When the database does not answer or holds what is no fact.
pub async fn of_orders(tx: &mut TenantTx, orders: &[Uuid]) -> Result<Vec<Fact>, Error> {
    Ok(received_of(tx, orders).await?.into_iter().map(|received| received.fact).collect())
}

/// A fact with its place in the feed, and when it was received.
#[derive(Debug)]
pub struct Received {
    pub seq: i64,
    pub at: Timestamp,
    pub fact: Fact,
}

/// The facts of orders, in the order of the feed, with what the feed says of them.
///
/// # Errors
/// When the database does not answer or holds what is no fact.
pub async fn received_of(tx: &mut TenantTx, orders: &[Uuid]) -> Result<Vec<Received>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select seq, id, command_id, order_id, occurred_at, received_at, user_id, device_id,
               body::text as "body!"
           from fact where order_id = any($1) order by seq"#,
        orders
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Received::try_from).collect()
}

/// The facts of a plant that are of none of its orders, after one of them: stock that was moved, and what
/// was handed over of an order that was refused.
///
/// # Errors
/// As [`received_of`].
pub async fn received_beside(
    tx: &mut TenantTx,
    plant: PlantId,
    after: i64,
    limit: i64,
) -> Result<Vec<Received>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select seq, id, command_id, order_id, occurred_at, received_at, user_id, device_id,
               body::text as "body!"
           from fact where plant_id = $1 and seq > $2
               and not exists (select from work_order where work_order.id = fact.order_id)
           order by seq limit $3"#,
        plant.uuid(),
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Received::try_from).collect()
}

struct Row {
    seq: i64,
    id: Uuid,
    command_id: Uuid,
    order_id: Option<Uuid>,
    occurred_at: Instant,
    received_at: Instant,
    user_id: Uuid,
    device_id: Uuid,
    body: String,
}

impl TryFrom<Row> for Received {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let body = serde_json::from_str(&row.body).map_err(|_| Error::Inconsistent {
            table: "fact",
            column: "body",
            row: row.id.to_string(),
        })?;
        let fact = Fact {
            id: row.id.into(),
            command: row.command_id.into(),
            occurred_at: row.occurred_at.into(),
            user: row.user_id.into(),
            device: row.device_id.into(),
            order: row.order_id.map(Into::into),
            body,
        };
        Ok(Self { seq: row.seq, at: row.received_at.into(), fact })
    }
}
