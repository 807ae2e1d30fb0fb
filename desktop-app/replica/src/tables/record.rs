//! Reference data: each record as JSON, and what lists join with.

use rusqlite::{Connection, OptionalExtension, Transaction};
use serde::de::DeserializeOwned;
use shared_model::ids::{MaterialId, UserId};
use shared_model::material::Material;
use shared_model::people::User;
use shared_model::quantity::UnitCode;
use shared_model::record::Record;
use uuid::Uuid;

use crate::stored::{from_json, json};

/// Takes in a record in place of its earlier version.
pub(crate) fn put(tx: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    if *record == Record::Unknown {
        return Ok(());
    }
    let sql = "insert into record (id, kind, owner, body) values (?1, ?2, ?3, ?4)
               on conflict do update set kind = excluded.kind, owner = excluded.owner, body = excluded.body";
    tx.prepare_cached(sql)?.execute((record.id(), record.kind(), owner(record), json(record)?))?;
    if let Some(label) = label(record) {
        let sql =
            "insert into label (id, label) values (?1, ?2) on conflict do update set label = excluded.label";
        tx.prepare_cached(sql)?.execute((record.id(), label))?;
    }
    if let Record::Material(material) = record { put_material(tx, material) } else { Ok(()) }
}

/// What a record is found by beside its id.
fn owner(record: &Record) -> Option<Vec<u8>> {
    match record {
        Record::Bom(bom) => Some(material_owner(bom.material)),
        Record::Routing(routing) => Some(material_owner(routing.material)),
        Record::Unit(unit) => Some(unit_owner(&unit.code)),
        _ => None,
    }
}

fn material_owner(material: MaterialId) -> Vec<u8> {
    material.uuid().as_bytes().to_vec()
}

fn unit_owner(code: &UnitCode) -> Vec<u8> {
    code.as_str().as_bytes().to_vec()
}

fn label(record: &Record) -> Option<&str> {
    match record {
        Record::User(user) => Some(&user.name),
        Record::Location(location) => Some(&location.path),
        Record::WorkCenter(center) => Some(center.code.as_str()),
        Record::Reason(reason) => Some(&reason.name),
        _ => None,
    }
}

fn put_material(tx: &Transaction<'_>, material: &Material) -> rusqlite::Result<()> {
    let sql =
        "insert or replace into material (id, number, number_key, name, unit, minimum, is_active, search)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    tx.prepare_cached(sql)?
        .execute((
            material.id.uuid(),
            material.number.as_str(),
            material.number.key(),
            &material.name,
            material.unit.as_str(),
            material.minimum_stock.micros(),
            material.is_active,
            format!("{} {}", material.number, material.name).to_lowercase(),
        ))
        .map(drop)
}

/// The record of an id, if it is of the asked kind.
pub(crate) fn find<T: DeserializeOwned>(
    replica: &Connection,
    kind: &str,
    id: Uuid,
) -> rusqlite::Result<Option<T>> {
    replica
        .prepare_cached("select body from record where id = ?1 and kind = ?2")?
        .query_row((id, kind), |row| from_json(0, row.get_ref(0)?.as_str()?))
        .optional()
}

/// All versions of a material's BOM or routing.
pub(crate) fn of_material<T: DeserializeOwned>(
    replica: &Connection,
    kind: &str,
    material: MaterialId,
) -> rusqlite::Result<Vec<T>> {
    of_owner(replica, kind, &material_owner(material))
}

pub(crate) fn unit<T: DeserializeOwned>(
    replica: &Connection,
    code: &UnitCode,
) -> rusqlite::Result<Option<T>> {
    Ok(of_owner(replica, "unit", &unit_owner(code))?.pop())
}

fn of_owner<T: DeserializeOwned>(replica: &Connection, kind: &str, owner: &[u8]) -> rusqlite::Result<Vec<T>> {
    replica
        .prepare_cached("select body from record where kind = ?1 and owner = ?2")?
        .query_map((kind, owner), |row| from_json(0, row.get_ref(0)?.as_str()?))?
        .collect()
}

/// All records of a kind.
pub(crate) fn all<T: DeserializeOwned>(replica: &Connection, kind: &str) -> rusqlite::Result<Vec<T>> {
    replica
        .prepare_cached("select body from record where kind = ?1")?
        .query_map([kind], |row| from_json(0, row.get_ref(0)?.as_str()?))?
        .collect()
}

pub(crate) fn user(replica: &Connection, user: UserId) -> rusqlite::Result<Option<User>> {
    find(replica, "user", user.uuid())
}

/// The name of a person, location or reason, or the code of a work center; empty for one that is
/// not known here.
pub(crate) fn label_of(replica: &Connection, id: Option<Uuid>) -> rusqlite::Result<String> {
    let Some(id) = id else { return Ok(String::new()) };
    let label = replica
        .prepare_cached("select label from label where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(label.unwrap_or_default())
}

/// A material's number, name and unit; empty for one that is not known here.
pub(crate) fn material_names(
    replica: &Connection,
    material: MaterialId,
) -> rusqlite::Result<(String, String, String)> {
    let names = replica
        .prepare_cached("select number, name, unit from material where id = ?1")?
        .query_row([material.uuid()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(names.unwrap_or_default())
}

pub(crate) fn count(replica: &Connection) -> rusqlite::Result<u32> {
    replica.query_row("select count(*) from record", [], |row| row.get(0))
}
