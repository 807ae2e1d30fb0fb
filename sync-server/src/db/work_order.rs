//! Work orders as rows: the projections of their documents and facts, for queries.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shared_model::ids::{BomId, LocationId, PlantId, UserId, WorkOrderId};
use shared_model::number::Number;
use shared_model::production::Output;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::time::{Date, Timestamp};
use shared_model::work_order::{MaterialLine, Operation, Stage, WorkOrder};
use uuid::Uuid;

use super::{Error, Instant, TenantTx, amount};

/// An order as the lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: WorkOrderId,
    pub number: Number,
    pub title: String,
    pub material: shared_model::ids::MaterialId,
    pub quantity: Amount,
    pub unit: UnitCode,
    pub due_on: Option<Date>,
    pub priority: u8,
    pub stage: Stage,
    pub state_reason: Option<String>,
    pub assignee: Option<UserId>,
    pub created_by: UserId,
    pub created_at: Option<Timestamp>,
    pub released_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub bom: Option<BomId>,
    pub output_location: Option<LocationId>,
    pub operations: Vec<Operation>,
    pub materials: Vec<MaterialLine>,
    /// What each operation made; under no operation for an order that has none.
    pub output: BTreeMap<Option<u32>, Output>,
    /// Rises with everything that happens to the order.
    pub version: u64,
}

/// Which numbers of the plant are given; in the form of [`Number::key`].
///
/// # Errors
/// When the database does not answer.
pub async fn taken(
    tx: &mut TenantTx,
    plant: PlantId,
    keys: &[String],
) -> Result<BTreeMap<String, WorkOrderId>, Error> {
    let rows = sqlx::query!(
        "select number_key, id from work_order where plant_id = $1 and number_key = any($2)",
        plant.uuid(),
        keys
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.number_key, row.id.into())).collect())
}

/// Writes orders as rows, each with its version.
///
/// # Errors
/// When the database does not answer.
pub async fn project(tx: &mut TenantTx, plant: PlantId, orders: &[(WorkOrder, u64)]) -> Result<(), Error> {
    if orders.is_empty() {
        return Ok(());
    }
    let rows: Vec<serde_json::Value> = orders.iter().map(|(order, seq)| row(order, *seq)).collect();
    // One JSON parameter, because a row has more columns than are pleasant as arrays.
    sqlx::query!(
        "insert into work_order \
             (organization_id, plant_id, id, number, number_key, title, material_id, quantity, unit, due_on, \
              priority, state, state_reason, assignee_id, created_by, created_at, released_at, started_at, \
              ended_at, bom_id, output_location_id, last_operation, operations, materials, schema, seq) \
         select current_organization(), $1, id, number, number_key, title, material_id, quantity, unit, due_on, \
             priority, state, state_reason, assignee_id, created_by, created_at, released_at, started_at, \
             ended_at, bom_id, output_location_id, last_operation, operations, materials, schema, seq \
         from jsonb_to_recordset($2) as new \
             (id uuid, number text, number_key text, title text, material_id uuid, quantity numeric, unit text, \
              due_on date, priority smallint, state text, state_reason text, assignee_id uuid, \
              created_by uuid, created_at timestamptz, released_at timestamptz, started_at timestamptz, \
              ended_at timestamptz, bom_id uuid, output_location_id uuid, last_operation bigint, \
              operations jsonb, materials jsonb, schema integer, seq bigint) \
         on conflict (organization_id, id) do update set number = excluded.number, \
             number_key = excluded.number_key, title = excluded.title, quantity = excluded.quantity, \
             due_on = excluded.due_on, priority = excluded.priority, state = excluded.state, \
             state_reason = excluded.state_reason, assignee_id = excluded.assignee_id, \
             released_at = excluded.released_at, started_at = excluded.started_at, \
             ended_at = excluded.ended_at, bom_id = excluded.bom_id, \
             output_location_id = excluded.output_location_id, last_operation = excluded.last_operation, \
             operations = excluded.operations, materials = excluded.materials, schema = excluded.schema, seq = excluded.seq",
        plant.uuid(),
        serde_json::Value::Array(rows)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn row(order: &WorkOrder, seq: u64) -> serde_json::Value {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
    serde_json::json!({
        "id": order.id,
        "number": order.number,
        "number_key": order.number.key(),
        "title": order.title,
        "material_id": order.material,
        "quantity": order.quantity,
        "unit": order.unit,
        "due_on": order.due_on,
        "priority": order.priority,
        "state": order.stage().code(),
        "state_reason": order.state_reason(),
        "assignee_id": order.assignee,
        "created_by": order.created_by,
        "created_at": instant(order.created_at),
        "released_at": instant(order.released_at),
        "started_at": instant(order.started_at),
        "ended_at": instant(order.ended_at),
        "bom_id": order.bom,
        "output_location_id": order.output_location,
        "last_operation": order.last_operation(),
        "operations": order.operations.values().collect::<Vec<_>>(),
        "materials": order.materials.values().collect::<Vec<_>>(),
        "schema": order.schema,
        "seq": seq,
    })
}

/// What operations made, in place of what was known before.
///
/// # Errors
/// When the database does not answer.
pub async fn project_output(
    tx: &mut TenantTx,
    outputs: &BTreeMap<(WorkOrderId, Option<u32>), Output>,
) -> Result<(), Error> {
    if outputs.is_empty() {
        return Ok(());
    }
    let orders: Vec<Uuid> = outputs.keys().map(|(order, _)| order.uuid()).collect();
    let operations: Vec<i64> = outputs.keys().map(|(_, operation)| operation.map_or(-1, i64::from)).collect();
    let column =
        |of: fn(&Output) -> Amount| outputs.values().map(|it| of(it).decimal()).collect::<Vec<Decimal>>();
    sqlx::query!(
        "insert into work_order_output (organization_id, order_id, operation, good, scrap, rework) \
         select current_organization(), order_id, operation, good, scrap, rework \
         from unnest($1::uuid[], $2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[]) \
             as new (order_id, operation, good, scrap, rework) \
         on conflict (organization_id, order_id, operation) \
         do update set good = excluded.good, scrap = excluded.scrap, rework = excluded.rework",
        &orders,
        &operations,
        &column(|it| it.good),
        &column(|it| it.scrap),
        &column(|it| it.rework)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    number: String,
    title: String,
    material_id: Uuid,
    quantity: Decimal,
    unit: String,
    due_on: Option<String>,
    priority: i16,
    state: String,
    state_reason: Option<String>,
    assignee_id: Option<Uuid>,
    created_by: Uuid,
    created_at: Option<Instant>,
    released_at: Option<Instant>,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
    bom_id: Option<Uuid>,
    output_location_id: Option<Uuid>,
    operations: serde_json::Value,
    materials: serde_json::Value,
    output: serde_json::Value,
    seq: i64,
}

impl TryFrom<Row> for Listed {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let id = row.id;
        let broken =
            |column: &'static str| Error::Inconsistent { table: "work_order", column, row: id.to_string() };
        let made: Vec<(i64, Decimal, Decimal, Decimal)> =
            serde_json::from_value(row.output).map_err(|_| broken("output"))?;
        let output = made
            .into_iter()
            .map(|(operation, good, scrap, rework)| {
                let output = Output {
                    good: amount::from_sum(good),
                    scrap: amount::from_sum(scrap),
                    rework: amount::from_sum(rework),
                };
                (u32::try_from(operation).ok(), output)
            })
            .collect();
        Ok(Self {
            id: id.into(),
            number: Number::parse(&row.number).map_err(|_| broken("number"))?,
            title: row.title,
            material: row.material_id.into(),
            quantity: amount::from_sum(row.quantity),
            unit: UnitCode::new(&row.unit),
            due_on: row.due_on.map(|date| date.parse()).transpose().map_err(|_| broken("due_on"))?,
            priority: u8::try_from(row.priority).map_err(|_| broken("priority"))?,
            stage: Stage::of_code(&row.state).ok_or_else(|| broken("state"))?,
            state_reason: row.state_reason,
            assignee: row.assignee_id.map(Into::into),
            created_by: row.created_by.into(),
            created_at: row.created_at.map(Into::into),
            released_at: row.released_at.map(Into::into),
            started_at: row.started_at.map(Into::into),
            ended_at: row.ended_at.map(Into::into),
            bom: row.bom_id.map(Into::into),
            output_location: row.output_location_id.map(Into::into),
            operations: serde_json::from_value(row.operations).map_err(|_| broken("operations"))?,
            materials: serde_json::from_value(row.materials).map_err(|_| broken("materials"))?,
            output,
            version: row.seq.unsigned_abs(),
        })
    }
}

/// Which orders a list is to show, and from where on.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All stages when empty.
    pub stages: Vec<Stage>,
    /// Looked for in number and title.
    pub search: String,
    /// The number's key of the last order of the page before.
    pub after: Option<String>,
}

/// Orders of a plant in the order of their numbers.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    plant: PlantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let stages: Vec<&str> = filter.stages.iter().map(|stage| stage.code()).collect();
    sqlx::query_as!(
        Row,
        r#"select id, number, title, material_id, quantity, unit, due_on::text as due_on, priority, state,
               state_reason, assignee_id, created_by, created_at, released_at, started_at, ended_at, bom_id,
               output_location_id, operations, materials, seq,
               (select coalesce(jsonb_agg(jsonb_build_array(
                           operation, good::text, scrap::text, rework::text)), '[]')
                from work_order_output where order_id = id) as "output!"
           from work_order
           where plant_id = $1 and (cardinality($2::text[]) = 0 or state = any($2))
               and ($3 = '' or strpos(number_key, lower($3)) > 0 or strpos(lower(title), lower($3)) > 0)
               and number_key > coalesce($4, '')
           order by number_key limit $5"#,
        plant.uuid(),
        &stages as &[&str],
        filter.search.trim(),
        filter.after,
        limit
    )
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .map(Listed::try_from)
    .collect()
}

/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut TenantTx, plant: PlantId, id: WorkOrderId) -> Result<Option<Listed>, Error> {
    Ok(find_all(tx, plant, &[id.uuid()]).await?.remove(&id))
}

/// Orders by their ids.
///
/// # Errors
/// When the database does not answer.
pub async fn find_all(
    tx: &mut TenantTx,
    plant: PlantId,
    ids: &[Uuid],
) -> Result<BTreeMap<WorkOrderId, Listed>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id, number, title, material_id, quantity, unit, due_on::text as due_on, priority, state,
               state_reason, assignee_id, created_by, created_at, released_at, started_at, ended_at, bom_id,
               output_location_id, operations, materials, seq,
               (select coalesce(jsonb_agg(jsonb_build_array(
                           operation, good::text, scrap::text, rework::text)), '[]')
                from work_order_output where order_id = id) as "output!"
           from work_order where plant_id = $1 and id = any($2)"#,
        plant.uuid(),
        ids
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let listed = Listed::try_from(row)?;
            Ok((listed.id, listed))
        })
        .collect()
}
