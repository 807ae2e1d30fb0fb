//! Stock per material and per place.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};
use shared_model::host::{Page, Stock, StockDetail, StockPlace, StockRow};
use shared_model::ids::{LocationId, MaterialId};
use shared_model::quantity::Amount;
use shared_model::stock::StockStatus;

use super::paging::{self, Sort};
use super::{NoAnswer, View};
use crate::tables::{fact, stock};

const BY_NUMBER: Sort = Sort { columns: &["number_key", "id"], is_descending: false };

/// The statuses of stock that may be used.
const USABLE: &str = "('ok', 'attention')";

/// Locations at or below the one whose id is parameter 2; all where it is null. Never of the
/// locations that are not here.
const PLACES: &str = "(?2 is null or location = ?2 or location in (
    select below.id from label as below, label as here
    where here.id = ?2 and substr(below.label, 1, length(here.label) + 1) = here.label || '/'))";

/// The columns of a [`StockRow`] for the material of `listed`, at [`PLACES`].
fn columns() -> String {
    let sum = |condition: &str| {
        format!(
            "(select coalesce(sum(on_hand), 0) from shown_stock
              where shown_stock.material = listed.id and {condition})"
        )
    };
    let places = format!(
        "(select count(*) from (select location from shown_stock
           where shown_stock.material = listed.id and {PLACES}
           group by location having sum(on_hand) <> 0))"
    );
    let usable = format!("status in {USABLE}");
    let marks = "(select max(mark) from pending_movement join pending_command on pending_command.id = command
                  where pending_movement.material = listed.id)";
    format!(
        "number, name, unit, {}, {}, minimum, {}, {places}, {marks}",
        sum(PLACES),
        sum(&format!("{usable} and {PLACES}")),
        sum(&usable),
    )
}

pub(super) fn page(view: &View<'_>, asked: &Stock) -> Result<Page<StockRow>, NoAnswer> {
    let limit = paging::limit(asked.limit);
    let needle = paging::needle(&asked.search);
    // Listed is what ever lay in the place, and, for the whole plant, what should be there.
    let mut condition = format!(
        "(?1 is null or instr(search, ?1) > 0)
         and (id in (select material from shown_stock where {PLACES}) or (?2 is null and is_active and minimum > 0))"
    );
    let location = asked.location.map(|location| location.uuid().as_bytes().to_vec());
    let mut values = vec![Value::from(needle), Value::from(location)];
    let sql = format!("select count(*) from material where {condition}");
    let total = view.replica.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.get(0))?;
    if let Some(token) = &asked.after {
        condition = format!("{condition} and {}", BY_NUMBER.after(3));
        values.extend(BY_NUMBER.values(token)?);
    }
    let sql = format!(
        "select number_key, id, {} from
             (select * from material where {condition} order by {} limit {}) as listed order by {}",
        columns(),
        BY_NUMBER.order_by(),
        limit + 1,
        BY_NUMBER.order_by(),
    );
    let mut found: Vec<(StockRow, String)> = view
        .replica
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| Ok((stock_row(row)?, BY_NUMBER.token(row, 0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let has_next = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_next).map(|(_, token)| token.clone());
    Ok(Page { items: found.into_iter().map(|(row, _)| row).collect(), next, total })
}

fn stock_row(row: &Row<'_>) -> rusqlite::Result<StockRow> {
    let amount = |column| row.get(column).map(Amount::from_micros);
    let (minimum, available_in_plant) = (amount(7)?, amount(8)?);
    Ok(StockRow {
        material: row.get::<_, uuid::Uuid>(1)?.into(),
        number: row.get(2)?,
        name: row.get(3)?,
        unit: row.get(4)?,
        on_hand: amount(5)?,
        available: amount(6)?,
        minimum,
        // The minimum is the plant's, wherever one looks.
        is_below_minimum: minimum.is_positive() && available_in_plant < minimum,
        location_count: row.get(9)?,
        mark: fact::mark_of(row, 10)?,
    })
}

pub(super) fn detail(view: &View<'_>, material: MaterialId) -> Result<StockDetail, NoAnswer> {
    let sql =
        format!("select number_key, id, {} from material as listed where id = ?1 and ?2 is null", columns());
    let row = view
        .replica
        .prepare_cached(&sql)?
        .query_row((material.uuid(), None::<Vec<u8>>), stock_row)
        .optional()?
        .ok_or(NoAnswer::NotHere("this material is not known here"))?;
    let sql = "select location, coalesce(label, '') as path, lot, serial, status, sum(on_hand)
               from shown_stock left join label on label.id = location where material = ?1
               group by location, lot, serial, status having sum(on_hand) <> 0
               order by path, lot, serial, status";
    let places = view
        .replica
        .prepare_cached(sql)?
        .query_map([material.uuid()], |row| {
            Ok(StockPlace {
                location: stock::location_of(row, 0)?,
                location_path: row.get(1)?,
                lot: stock::number_of(row, 2)?,
                serial: stock::number_of(row, 3)?,
                status: StockStatus::of_code(row.get_ref(4)?.as_str()?),
                on_hand: Amount::from_micros(row.get(5)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let sql = "select sum(on_hand) from archived_stock where material = ?1 and on_hand <> 0";
    let archived: Option<i64> =
        view.replica.prepare_cached(sql)?.query_row([material.uuid()], |row| row.get(0))?;
    Ok(StockDetail { row, places, archived: archived.map(Amount::from_micros) })
}

/// What of a material may be used, wherever it lies.
pub(super) fn available(view: &View<'_>, material: MaterialId) -> rusqlite::Result<Amount> {
    let sql = format!(
        "select coalesce(sum(on_hand), 0) from shown_stock where material = ?1 and status in {USABLE}"
    );
    let sum = view.replica.prepare_cached(&sql)?.query_row([material.uuid()], |row| row.get(0))?;
    Ok(Amount::from_micros(sum))
}

/// What of a material lies at a location, all lots and statuses.
pub(super) fn on_hand_at(
    view: &View<'_>,
    material: MaterialId,
    location: Option<LocationId>,
) -> rusqlite::Result<Amount> {
    let sql = "select coalesce(sum(on_hand), 0) from shown_stock where material = ?1 and location = ?2";
    let values = (material.uuid(), stock::location_column(location));
    Ok(Amount::from_micros(view.replica.prepare_cached(sql)?.query_row(values, |row| row.get(0))?))
}
