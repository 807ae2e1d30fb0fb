//! The organization and its plants: departments, locations, work centers, shifts.

use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, LocationId, OrganizationId, PlantId, ShiftId, WorkCenterId};
use crate::money::Currency;
use crate::number::Number;
use crate::time::{Time, Zone};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    pub id: OrganizationId,
    pub code: Number,
    pub name: String,
}

/// A site: the unit of replication, with its own clock, calendar and numbering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plant {
    pub id: PlantId,
    pub code: Number,
    pub name: String,
    pub zone: Zone,
    pub currency: Currency,
    /// Where materials are taken from and put to when nothing more exact is known.
    #[serde(default)]
    pub default_location: Option<LocationId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    pub id: DepartmentId,
    pub code: Number,
    pub name: String,
    pub is_active: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    Warehouse,
    Production,
    Quality,
    Blocked,
    Transit,
    /// Outside the plant: a subcontractor, off-site storage.
    External,
    #[serde(other)]
    Unknown,
}

/// A place where stock lies; locations form a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub id: LocationId,
    pub name: String,
    /// The names from the root to this one, joined by "/": unique in a plant.
    pub path: String,
    #[serde(default)]
    pub parent: Option<LocationId>,
    pub kind: LocationKind,
    pub is_active: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkCenterKind {
    Machine,
    Assembly,
    Packaging,
    QualityCheck,
    #[serde(other)]
    Unknown,
}

/// Where operations are done; what an operator's station is (ISA-95 work center).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCenter {
    pub id: WorkCenterId,
    pub code: Number,
    pub name: String,
    pub kind: WorkCenterKind,
    #[serde(default)]
    pub department: Option<DepartmentId>,
    /// Where its components are backflushed from and its output is put.
    #[serde(default)]
    pub location: Option<LocationId>,
    pub is_active: bool,
}

/// Civil times in the plant's zone; an end at or before the start is on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    pub id: ShiftId,
    pub code: Number,
    pub name: String,
    pub starts: Time,
    pub ends: Time,
    /// Bit 0 is Monday.
    pub weekdays: u8,
    pub is_active: bool,
}
