//! Records: reference data that the server writes and the devices hold a copy of.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bom::Bom;
use crate::material::Material;
use crate::people::User;
use crate::plant::{Department, Location, Organization, Plant, Shift, WorkCenter};
use crate::quantity::UnitOfMeasure;
use crate::reason::Reason;
use crate::routing::Routing;
use crate::supplier::Supplier;

/// One record, whole. In JSON `{"record": "material", …}`; not "kind", which several have a field of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    Organization(Organization),
    Plant(Plant),
    Department(Department),
    User(User),
    Unit(UnitOfMeasure),
    Location(Location),
    WorkCenter(WorkCenter),
    Shift(Shift),
    Reason(Reason),
    Material(Material),
    Bom(Bom),
    Routing(Routing),
    Supplier(Supplier),
    /// A kind that a newer server knows. Kept out of the replica's tables.
    #[serde(other)]
    Unknown,
}

impl Record {
    /// The id under which versions of this record replace each other. A unit has no id of its own:
    /// its code names it.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Organization(it) => it.id.uuid(),
            Self::Plant(it) => it.id.uuid(),
            Self::Department(it) => it.id.uuid(),
            Self::User(it) => it.id.uuid(),
            Self::Unit(it) => named(&format!("unit:{}", it.code)),
            Self::Location(it) => it.id.uuid(),
            Self::WorkCenter(it) => it.id.uuid(),
            Self::Shift(it) => it.id.uuid(),
            Self::Reason(it) => it.id.uuid(),
            Self::Material(it) => it.id.uuid(),
            Self::Bom(it) => it.id.uuid(),
            Self::Routing(it) => it.id.uuid(),
            Self::Supplier(it) => it.id.uuid(),
            Self::Unknown => Uuid::nil(),
        }
    }

    /// The kind's code, as in the JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Organization(_) => "organization",
            Self::Plant(_) => "plant",
            Self::Department(_) => "department",
            Self::User(_) => "user",
            Self::Unit(_) => "unit",
            Self::Location(_) => "location",
            Self::WorkCenter(_) => "work_center",
            Self::Shift(_) => "shift",
            Self::Reason(_) => "reason",
            Self::Material(_) => "material",
            Self::Bom(_) => "bom",
            Self::Routing(_) => "routing",
            Self::Supplier(_) => "supplier",
            Self::Unknown => "unknown",
        }
    }

    /// Whether every plant of the organization holds it, or one plant does.
    #[must_use]
    pub const fn is_organization_wide(&self) -> bool {
        matches!(
            self,
            Self::Organization(_)
                | Self::User(_)
                | Self::Unit(_)
                | Self::Material(_)
                | Self::Bom(_)
                | Self::Supplier(_)
        )
    }
}

/// A stable id from a name (RFC 9562 version 8 over SHA-256).
fn named(name: &str) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(name)[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_newer_server_still_decodes() {
        let record: Record =
            serde_json::from_str(r#"{"record":"tool","id":"x","name":"T1"}"#).expect("decodes");
        assert_eq!(record, Record::Unknown);
    }

    #[test]
    fn a_record_with_a_kind_of_its_own_reads_as_it_was_written() {
        let location = Record::Location(Location {
            id: Uuid::from_u128(1).into(),
            name: "Shelf".to_owned(),
            path: "Store/Shelf".to_owned(),
            parent: None,
            kind: crate::plant::LocationKind::Warehouse,
            is_active: true,
        });
        let json = serde_json::to_string(&location).expect("serializes");
        assert_eq!(serde_json::from_str::<Record>(&json).expect("parses"), location);
    }
}
