//! What pick lists offer.

use shared_model::host::{LocationChoice, MaterialChoice, PersonChoice, ReasonChoice};
use shared_model::people::{Role, User};
use shared_model::plant::Location;
use shared_model::reason::{Reason, ReasonKind};
use uuid::Uuid;

use super::{NoAnswer, View, paging};
use crate::tables::record;

/// Materials in use, by number.
pub(super) fn materials(view: &View<'_>, search: &str, limit: u32) -> Result<Vec<MaterialChoice>, NoAnswer> {
    let sql = "select id, number, name, unit from material
               where is_active and (?1 is null or instr(search, ?1) > 0)
               order by number_key, id limit ?2";
    let values = (paging::needle(search), paging::limit(limit));
    Ok(view
        .replica
        .prepare_cached(sql)?
        .query_map(values, |row| {
            let id: Uuid = row.get(0)?;
            Ok(MaterialChoice { id: id.into(), number: row.get(1)?, name: row.get(2)?, unit: row.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Those who have a role in this plant, by name.
pub(super) fn people(view: &View<'_>) -> Result<Vec<PersonChoice>, NoAnswer> {
    let users: Vec<User> = record::all(view.replica, "user")?;
    let mut people: Vec<_> = users
        .into_iter()
        .filter_map(|user| {
            let roles: Vec<Role> = user.roles_in(view.plant).collect();
            (!roles.is_empty()).then_some(PersonChoice { id: user.id, name: user.name, roles })
        })
        .collect();
    people.sort_by_cached_key(|person| (person.name.to_lowercase(), person.id));
    Ok(people)
}

/// Locations in use, by path.
pub(super) fn locations(view: &View<'_>) -> Result<Vec<LocationChoice>, NoAnswer> {
    let mut locations: Vec<Location> = record::all(view.replica, "location")?;
    locations.retain(|location| location.is_active);
    locations.sort_by_cached_key(|location| (location.path.to_lowercase(), location.id));
    Ok(locations.into_iter().map(|it| LocationChoice { id: it.id, path: it.path }).collect())
}

/// Reasons in use, in the order of their tiles.
pub(super) fn reasons(view: &View<'_>, kind: ReasonKind) -> Result<Vec<ReasonChoice>, NoAnswer> {
    let mut reasons: Vec<Reason> = record::all(view.replica, "reason")?;
    reasons.retain(|reason| reason.is_active && reason.kind == kind);
    reasons.sort_by_cached_key(|reason| (reason.position, reason.name.to_lowercase(), reason.id));
    Ok(reasons
        .into_iter()
        .map(|it| ReasonChoice { id: it.id, code: it.code.into(), name: it.name, icon: it.icon })
        .collect())
}
