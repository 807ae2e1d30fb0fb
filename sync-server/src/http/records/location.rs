//! Locations: a tree. The path is made of the names, here and in everything below.

use shared_model::catalog::Catalog as _;
use shared_model::ids::{LocationId, PlantId};
use shared_model::plant as domain;
use shared_model::plant::LocationKind;
use shared_model::record::Record;

use super::{Before, Resource, dto, handlers, invalid, name};
use crate::db::{TenantTx, inventory};
use crate::http::ApiError;

dto! {
    /// A place where stock lies.
    Location of domain::Location {
        id: is LocationId = Uuid,
        name: is String = String,
        /// The names from the root to this one, joined by "/"; made by the server.
        #[serde(default)]
        path: is String = String,
        #[serde(default)]
        parent: is Option<LocationId> = Option<Uuid>,
        /// `warehouse`, `production`, `quality`, `blocked`, `transit` or `external`
        kind: is LocationKind = String,
        is_active: is bool = bool,
    }
}

impl Resource for Location {
    const KIND: &'static str = "location";

    fn address(&self) -> String {
        self.id.to_string()
    }

    fn plant(plant: PlantId) -> Option<PlantId> {
        Some(plant)
    }

    fn shown(record: Record) -> Option<Self> {
        if let Record::Location(found) = record { Some(found.into()) } else { None }
    }

    fn checked(mut self, before: &Before<'_>) -> Result<Record, ApiError> {
        self.name = name(&self.name, 50)?;
        if self.name.contains('/') {
            return Err(invalid("a location's name has no \"/\": that joins the names of a path"));
        }
        if self.kind == LocationKind::Unknown {
            return Err(invalid("kind is warehouse, production, quality, blocked, transit or external"));
        }
        let parent = match self.parent {
            Some(parent) => {
                let known = before.catalog.location(parent);
                Some(known.ok_or_else(|| invalid("there is no such parent location"))?)
            }
            None => None,
        };
        let mut above = parent.clone();
        while let Some(ancestor) = above {
            if ancestor.id == self.id {
                return Err(invalid("a location cannot lie in itself"));
            }
            above = ancestor.parent.and_then(|id| before.catalog.location(id));
        }
        self.path = below(parent.as_ref().map(|parent| parent.path.as_str()), &self.name);
        Ok(Record::Location(self.into()))
    }

    /// Everything below a location that was renamed or moved has another path.
    fn with_followers(record: Record, before: &Before<'_>) -> Vec<Record> {
        let Record::Location(top) = record else { return vec![record] };
        let mut found = vec![top];
        let mut next = 0;
        while let Some(parent) = found.get(next).cloned() {
            let children = before.catalog.iter().filter_map(|record| match record {
                Record::Location(it) if it.parent == Some(parent.id) && it.id != found[0].id => {
                    let path = below(Some(&parent.path), &it.name);
                    Some(domain::Location { path, ..it.clone() })
                }
                _ => None,
            });
            let children: Vec<_> = children.collect();
            found.extend(children);
            next += 1;
        }
        found.into_iter().map(Record::Location).collect()
    }

    async fn permitted(record: &Record, before: &Before<'_>, tx: &mut TenantTx) -> Result<(), ApiError> {
        let (Record::Location(new), Some(Record::Location(old))) = (record, &before.old) else {
            return Ok(());
        };
        if old.is_active && !new.is_active && inventory::lies_at(tx, new.id).await? {
            return Err(ApiError::conflict("in_use", format!("there is stock at {}", old.path)));
        }
        Ok(())
    }
}

fn below(parent: Option<&str>, name: &str) -> String {
    parent.map_or_else(|| name.to_owned(), |parent| format!("{parent}/{name}"))
}

handlers!(Location, "locations", "a location", list "list_locations", get "get_location", put "put_location");
