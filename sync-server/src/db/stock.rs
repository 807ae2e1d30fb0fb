//! Stock on hand: the sums of the movements.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shared_model::ids::{LocationId, MaterialId, PlantId};
use shared_model::number::Number;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::{StockKey, StockStatus};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx, amount};

/// Keys as columns.
#[derive(Default)]
struct Columns {
    materials: Vec<Uuid>,
    locations: Vec<Uuid>,
    lots: Vec<String>,
    serials: Vec<String>,
    statuses: Vec<&'static str>,
}

impl<'a> FromIterator<&'a StockKey> for Columns {
    fn from_iter<I: IntoIterator<Item = &'a StockKey>>(keys: I) -> Self {
        let text = |number: &Option<Number>| number.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut columns = Self::default();
        for key in keys {
            columns.materials.push(key.material.uuid());
            columns.locations.push(key.location.map(LocationId::uuid).unwrap_or_default());
            columns.lots.push(text(&key.lot));
            columns.serials.push(text(&key.serial));
            columns.statuses.push(key.status.code());
        }
        columns
    }
}

/// Stock on hand at keys; those that are missing have never been moved.
///
/// # Errors
/// When the database does not answer.
pub async fn levels<'a>(
    tx: &mut TenantTx,
    plant: PlantId,
    keys: impl IntoIterator<Item = &'a StockKey>,
) -> Result<Vec<(StockKey, Amount)>, Error> {
    let keys = Columns::from_iter(keys);
    let rows = sqlx::query!(
        "select material_id, location_id, lot, serial, status, on_hand \
         from stock_balance \
         join unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]) \
             as wanted (material_id, location_id, lot, serial, status) \
             using (material_id, location_id, lot, serial, status) \
         where plant_id = $1",
        plant.uuid(),
        &keys.materials,
        &keys.locations,
        &keys.lots,
        &keys.serials,
        &keys.statuses as &[&str]
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = key(row.material_id, row.location_id, &row.lot, &row.serial, &row.status)?;
            Ok((key, amount::from_sum(row.on_hand)))
        })
        .collect()
}

/// Adds movements to the balances.
///
/// # Errors
/// When the database does not answer.
pub async fn add(
    tx: &mut TenantTx,
    plant: PlantId,
    moved_at: Timestamp,
    movements: &BTreeMap<StockKey, (Amount, UnitCode)>,
) -> Result<(), Error> {
    if movements.is_empty() {
        return Ok(());
    }
    let keys = Columns::from_iter(movements.keys());
    let amounts: Vec<Decimal> = movements.values().map(|(amount, _)| amount.decimal()).collect();
    let units: Vec<&str> = movements.values().map(|(_, unit)| unit.as_str()).collect();
    sqlx::query!(
        "insert into stock_balance (organization_id, plant_id, material_id, location_id, lot, serial, status, \
             on_hand, unit, moved_at) \
         select current_organization(), $1, material_id, location_id, lot, serial, status, moved, unit, $2 \
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::text[]) \
             as movement (material_id, location_id, lot, serial, status, moved, unit) \
         on conflict (organization_id, plant_id, material_id, location_id, lot, serial, status) \
         do update set on_hand = stock_balance.on_hand + excluded.on_hand, moved_at = excluded.moved_at",
        plant.uuid(),
        Instant(moved_at),
        &keys.materials,
        &keys.locations,
        &keys.lots,
        &keys.serials,
        &keys.statuses as &[&str],
        &amounts,
        &units as &[&str]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stock at a key, and what the file of the last import said about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub on_hand: Amount,
    /// None where nothing was ever moved.
    pub moved_at: Option<Timestamp>,
    /// None where no import knew it.
    pub said: Option<Said>,
}

/// What an import said, and what it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// As in the file.
    pub quantity: Amount,
    /// Stock on hand after the import.
    pub left: Amount,
}

/// All stock of a plant, with what the last import said about it.
///
/// # Errors
/// When the database does not answer.
pub async fn imported(tx: &mut TenantTx, plant: PlantId) -> Result<BTreeMap<StockKey, Imported>, Error> {
    let rows = sqlx::query!(
        r#"select material_id as "material_id!", location_id as "location_id!", lot as "lot!",
               serial as "serial!", status as "status!", coalesce(on_hand, 0) as "on_hand!",
               moved_at as "moved_at?: Instant", quantity as "quantity?", left_on_hand as "left_on_hand?"
           from (select * from stock_balance where plant_id = $1) as balance
           full join (select * from imported_stock where plant_id = $1) as said
               using (organization_id, plant_id, material_id, location_id, lot, serial, status)"#,
        plant.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = key(row.material_id, row.location_id, &row.lot, &row.serial, &row.status)?;
            let said = row.quantity.zip(row.left_on_hand).map(|(quantity, left)| Said {
                quantity: amount::from_sum(quantity),
                left: amount::from_sum(left),
            });
            let moved_at = row.moved_at.map(Timestamp::from);
            Ok((key, Imported { on_hand: amount::from_sum(row.on_hand), moved_at, said }))
        })
        .collect()
}

/// Keeps what an import said, in place of what the one before it said about the same keys.
///
/// # Errors
/// When the database does not answer.
pub async fn say(tx: &mut TenantTx, plant: PlantId, said: &BTreeMap<StockKey, Said>) -> Result<(), Error> {
    if said.is_empty() {
        return Ok(());
    }
    let keys = Columns::from_iter(said.keys());
    let quantities: Vec<Decimal> = said.values().map(|said| said.quantity.decimal()).collect();
    let left: Vec<Decimal> = said.values().map(|said| said.left.decimal()).collect();
    sqlx::query!(
        "insert into imported_stock (organization_id, plant_id, material_id, location_id, lot, serial, status, \
             quantity, left_on_hand) \
         select current_organization(), $1, material_id, location_id, lot, serial, status, quantity, left_on_hand \
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[]) \
             as said (material_id, location_id, lot, serial, status, quantity, left_on_hand) \
         on conflict (organization_id, plant_id, material_id, location_id, lot, serial, status) \
         do update set quantity = excluded.quantity, left_on_hand = excluded.left_on_hand",
        plant.uuid(),
        &keys.materials,
        &keys.locations,
        &keys.lots,
        &keys.serials,
        &keys.statuses as &[&str],
        &quantities,
        &left
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Where most of each material lies: usable stock only.
///
/// # Errors
/// When the database does not answer.
pub async fn main_locations(
    tx: &mut TenantTx,
    plant: PlantId,
    materials: &[Uuid],
) -> Result<BTreeMap<MaterialId, LocationId>, Error> {
    let rows = sqlx::query!(
        r#"select distinct on (material_id) material_id, location_id
           from stock_balance
           where plant_id = $1 and material_id = any($2) and status = 'ok' and location_id <> $3
           group by material_id, location_id having sum(on_hand) > 0
           order by material_id, sum(on_hand) desc, location_id"#,
        plant.uuid(),
        materials,
        Uuid::nil()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.material_id.into(), row.location_id.into())).collect())
}

fn key(material: Uuid, location: Uuid, lot: &str, serial: &str, status: &str) -> Result<StockKey, Error> {
    let number = |column: &'static str, text: &str| match text {
        "" => Ok(None),
        text => Number::parse(text).map(Some).map_err(|_| Error::Inconsistent {
            table: "stock_balance",
            column,
            row: material.to_string(),
        }),
    };
    Ok(StockKey {
        material: material.into(),
        location: (!location.is_nil()).then(|| location.into()),
        lot: number("lot", lot)?,
        serial: number("serial", serial)?,
        status: StockStatus::of_code(status),
    })
}
