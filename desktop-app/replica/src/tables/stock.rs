//! Movements, and stock on hand as their sum.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use shared_model::fact::Fact;
use shared_model::ids::{FactId, LocationId, MaterialId};
use shared_model::number::Number;
use shared_model::quantity::Amount;
use shared_model::stock::{StockKey, StockLevels, StockMovement, StockStatus};
use uuid::Uuid;

use super::Layer;

/// A location as a column: empty for none.
pub(crate) fn location_column(location: Option<LocationId>) -> Vec<u8> {
    location.map(|location| location.uuid().as_bytes().to_vec()).unwrap_or_default()
}

pub(crate) fn location_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<LocationId>> {
    Ok(Uuid::from_slice(row.get_ref(column)?.as_blob()?).ok().map(Into::into))
}

/// A lot or serial as a column: empty for none.
pub(crate) fn number_column(number: Option<&Number>) -> &str {
    number.map_or("", Number::as_str)
}

pub(crate) fn number_of(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let text = row.get_ref(column)?.as_str()?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(crate) fn moved(
    tx: &Transaction<'_>,
    layer: Layer,
    fact: &Fact,
    movement: &StockMovement,
) -> rusqlite::Result<()> {
    let StockMovement { key, amount, .. } = movement;
    let (id, at) = (fact.id.uuid(), fact.occurred_at.as_millis());
    let (material, location) = (key.material.uuid(), location_column(key.location));
    let (lot, serial) = (number_column(key.lot.as_ref()), number_column(key.serial.as_ref()));
    let (status, amount) = (key.status.code(), amount.micros());
    match layer {
        Layer::Confirmed => {
            let sql = "insert into movement (fact_id, at, material, location, lot, serial, status, amount)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            tx.prepare_cached(sql)?.execute((id, at, material, &location, lot, serial, status, amount))?;
            add(tx, key, movement.amount)
        }
        Layer::Pending => {
            let sql = "insert into pending_movement
                           (fact_id, command, at, material, location, lot, serial, status, amount)
                       values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            let command = fact.command.uuid();
            let values = (id, command, at, material, location, lot, serial, status, amount);
            tx.prepare_cached(sql)?.execute(values).map(drop)
        }
    }
}

/// Takes the confirmed movement of a fact away, with its part of what is on hand.
pub(crate) fn take_back(tx: &Transaction<'_>, fact: FactId) -> rusqlite::Result<()> {
    let sql = "update stock set on_hand = on_hand - movement.amount from movement
               where fact_id = ?1 and stock.material = movement.material and stock.location = movement.location
                   and stock.lot = movement.lot and stock.serial = movement.serial
                   and stock.status = movement.status";
    tx.prepare_cached(sql)?.execute([fact.uuid()])?;
    tx.prepare_cached("delete from movement where fact_id = ?1")?.execute([fact.uuid()]).map(drop)
}

/// Adds to what is on hand; takes away where the amount is negative.
pub(crate) fn add(tx: &Transaction<'_>, key: &StockKey, amount: Amount) -> rusqlite::Result<()> {
    add_to(tx, "stock", key, amount)
}

/// Adds to one of the tables of sums.
pub(crate) fn add_to(
    tx: &Transaction<'_>,
    table: &'static str,
    key: &StockKey,
    amount: Amount,
) -> rusqlite::Result<()> {
    let sql = format!(
        "insert into {table} (material, location, lot, serial, status, on_hand)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do update set on_hand = on_hand + excluded.on_hand"
    );
    let (lot, serial) = (number_column(key.lot.as_ref()), number_column(key.serial.as_ref()));
    let location = location_column(key.location);
    let values = (key.material.uuid(), location, lot, serial, key.status.code(), amount.micros());
    tx.prepare_cached(&sql)?.execute(values).map(drop)
}

/// Whether the confirmed stock on hand is what the movements come to, and these are those of the facts.
pub(crate) fn is_sum_of_movements(replica: &Connection) -> rusqlite::Result<bool> {
    let sql = "select not exists (
                   select material from (
                       select material, location, lot, serial, status, on_hand from stock
                       union all
                       select material, location, lot, serial, status, -amount from movement
                   ) group by material, location, lot, serial, status having sum(on_hand) <> 0
               )
               and (select count(*) from movement) = (select count(*) from fact where kind = 'stock_moved')";
    replica.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Stock on hand at some keys, pending movements included.
pub(crate) fn levels(replica: &Connection, keys: &[StockKey]) -> rusqlite::Result<StockLevels> {
    let sql = "select coalesce(sum(on_hand), 0) from shown_stock
               where material = ?1 and location = ?2 and lot = ?3 and serial = ?4 and status = ?5";
    let mut statement = replica.prepare_cached(sql)?;
    let mut levels = StockLevels::default();
    let mut seen = std::collections::BTreeSet::new();
    for key in keys.iter().filter(|key| seen.insert(*key)) {
        let (lot, serial) = (number_column(key.lot.as_ref()), number_column(key.serial.as_ref()));
        let values = (key.material.uuid(), location_column(key.location), lot, serial, key.status.code());
        levels.add(key, Amount::from_micros(statement.query_row(values, |row| row.get(0))?));
    }
    Ok(levels)
}

/// Where most of a material lies, pending movements included.
pub(crate) fn fullest_location(
    replica: &Connection,
    material: MaterialId,
) -> rusqlite::Result<Option<LocationId>> {
    let sql = "select location from shown_stock where material = ?1 and status = ?2 and location <> x''
               group by location having sum(on_hand) > 0 order by sum(on_hand) desc, location limit 1";
    replica
        .prepare_cached(sql)?
        .query_row((material.uuid(), StockStatus::Ok.code()), |row| location_of(row, 0))
        .optional()
        .map(Option::flatten)
}
