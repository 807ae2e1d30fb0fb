//! Stock as people look at it, and what rules about reference data ask of it.

use rust_decimal::Decimal;
use shared_model::ids::{LocationId, MaterialId, PlantId};
use shared_model::quantity::{Amount, UnitCode};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, amount};

/// What lies somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    pub material: MaterialId,
    pub location: Option<LocationId>,
    /// Empty for none.
    pub lot: String,
    /// Empty for none.
    pub serial: String,
    pub status: String,
    /// Negative where more was taken than there was.
    pub on_hand: Amount,
    pub unit: UnitCode,
    pub moved_at: Timestamp,
}

impl Balance {
    /// Its place in the list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            material: self.material.uuid(),
            location: self.location.map(LocationId::uuid).unwrap_or_default(),
            lot: self.lot.clone(),
            serial: self.serial.clone(),
            status: self.status.clone(),
        }
    }
}

/// The key of a balance, by which the list is ordered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    material: Uuid,
    location: Uuid,
    lot: String,
    serial: String,
    status: String,
}

/// Which stock a list is to show.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All materials when it is none.
    pub materials: Option<Vec<MaterialId>>,
    pub location: Option<LocationId>,
    /// The last one of the page before.
    pub after: Option<Position>,
}

struct Row {
    material_id: Uuid,
    location_id: Uuid,
    lot: String,
    serial: String,
    status: String,
    on_hand: Decimal,
    unit: String,
    moved_at: Instant,
}

impl From<Row> for Balance {
    fn from(row: Row) -> Self {
        Self {
            material: row.material_id.into(),
            location: Some(row.location_id).filter(|id| !id.is_nil()).map(Into::into),
            lot: row.lot,
            serial: row.serial,
            status: row.status,
            on_hand: amount::from_sum(row.on_hand),
            unit: UnitCode::new(&row.unit),
            moved_at: row.moved_at.into(),
        }
    }
}

/// What lies where in a plant; nothing that is used up.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut TenantTx,
    plant: PlantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Balance>, Error> {
    let materials: Option<Vec<Uuid>> =
        filter.materials.as_ref().map(|ids| ids.iter().map(|id| id.uuid()).collect());
    let after = filter.after.as_ref();
    let rows = sqlx::query_as!(
        Row,
        "select material_id, location_id, lot, serial, status, on_hand, unit, moved_at from stock_balance \
         where plant_id = $1 and on_hand <> 0 \
             and ($2::uuid[] is null or material_id = any($2)) and ($3::uuid is null or location_id = $3) \
             and ($4::uuid is null \
                  or (material_id, location_id, lot, serial, status) > ($4, $5::uuid, $6::text, $7::text, $8::text)) \
         order by material_id, location_id, lot, serial, status limit $9",
        plant.uuid(),
        materials.as_deref(),
        filter.location.map(LocationId::uuid),
        after.map(|it| it.material),
        after.map(|it| it.location),
        after.map(|it| it.lot.as_str()),
        after.map(|it| it.serial.as_str()),
        after.map(|it| it.status.as_str()),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Balance::from).collect())
}

/// Whether there is any stock of a material, in any plant.
///
/// # Errors
/// When the database does not answer.
pub async fn has_stock(tx: &mut TenantTx, material: MaterialId) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from stock_balance where material_id = $1 and on_hand > 0) as "found!""#,
        material.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// Whether a material was ever moved or ordered, in any plant.
///
/// # Errors
/// When the database does not answer.
pub async fn is_in_use(tx: &mut TenantTx, material: MaterialId) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from stock_balance where material_id = $1)
               or exists (select from work_order where material_id = $1) as "found!""#,
        material.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// Whether anything lies at a location itself.
///
/// # Errors
/// When the database does not answer.
pub async fn lies_at(tx: &mut TenantTx, location: LocationId) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from stock_balance where location_id = $1 and on_hand > 0) as "found!""#,
        location.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}
