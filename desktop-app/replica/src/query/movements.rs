//! Stock movements, the newest first.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};
use shared_model::fact::FactBody;
use shared_model::host::{MovementRow, Movements, Page};
use shared_model::ids::{FactId, MaterialId};
use uuid::Uuid;

use super::paging::{self, Sort};
use super::{NoAnswer, View};
use crate::tables::{fact, record};

const BY_AGE: Sort = Sort { columns: &["at", "fact_id"], is_descending: true };

pub(super) fn page(view: &View<'_>, asked: &Movements) -> Result<Page<MovementRow>, NoAnswer> {
    let limit = paging::limit(asked.limit);
    let mut conditions = vec!["?1 is ?1".to_owned(), "?2 is ?2".to_owned()];
    if asked.material.is_some() {
        conditions.push("material = ?1".to_owned());
    }
    if asked.location.is_some() {
        conditions.push(
            "(location = ?2 or location in (select below.id from label as below, label as here
                where here.id = ?2 and substr(below.label, 1, length(here.label) + 1) = here.label || '/'))"
                .to_owned(),
        );
    }
    let blob = |id: Option<Uuid>| Value::from(id.map(|id| id.as_bytes().to_vec()));
    let material = blob(asked.material.map(MaterialId::uuid));
    let mut values = vec![material, blob(asked.location.map(Into::into))];
    let sql = format!("select count(*) from shown_movement where {}", conditions.join(" and "));
    let total = view.replica.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.get(0))?;
    if let Some(token) = &asked.after {
        conditions.push(BY_AGE.after(3));
        values.extend(BY_AGE.values(token)?);
    }
    let sql = format!(
        "select {} from shown_movement where {} order by {} limit {}",
        BY_AGE.keys(),
        conditions.join(" and "),
        BY_AGE.order_by(),
        limit + 1,
    );
    let mut found: Vec<(Uuid, String)> = view
        .replica
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), |row| Ok((row.get(1)?, BY_AGE.token(row, 0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let has_next = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_next).map(|(_, token)| token.clone());
    let mut items = Vec::with_capacity(found.len());
    for (id, _) in found {
        items.extend(row(view, id.into())?);
    }
    Ok(Page { items, next, total })
}

fn row(view: &View<'_>, id: FactId) -> rusqlite::Result<Option<MovementRow>> {
    let sql = format!("select {} from shown_fact where id = ?1", fact::COLUMNS);
    let found = view.replica.prepare_cached(&sql)?.query_row([id.uuid()], fact::from_row).optional()?;
    let Some((fact, mark)) = found else { return Ok(None) };
    let FactBody::StockMoved(movement) = fact.body else { return Ok(None) };
    let (number, name, _) = record::material_names(view.replica, movement.key.material)?;
    Ok(Some(MovementRow {
        id,
        at: fact.occurred_at,
        user_name: view.user_name(fact.user)?,
        movement: movement.movement,
        material: movement.key.material,
        number,
        name,
        location_path: view.label(movement.key.location.map(Into::into))?,
        lot: movement.key.lot.map(Into::into),
        serial: movement.key.serial.map(Into::into),
        amount: movement.amount,
        unit: movement.unit.to_string(),
        reference: movement.reference,
        note: movement.note,
        order: fact.order,
        is_reversal: movement.reverses.is_some(),
        mark,
    }))
}
