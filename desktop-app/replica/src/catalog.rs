//! The reference data that a decision looks up, from the replica's tables.

use std::cell::RefCell;

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use shared_model::bom::Bom;
use shared_model::catalog::Catalog;
use shared_model::ids::{DepartmentId, LocationId, MaterialId, PlantId, ReasonId, UserId, WorkCenterId};
use shared_model::material::Material;
use shared_model::people::User;
use shared_model::plant::{Department, Location, Plant, WorkCenter};
use shared_model::quantity::{UnitCode, UnitOfMeasure};
use shared_model::reason::Reason;
use shared_model::routing::Routing;
use uuid::Uuid;

use crate::tables::{record, stock};

/// [`Catalog`] has no errors; the first one of SQLite is kept for [`ReplicaCatalog::checked`].
pub(crate) struct ReplicaCatalog<'a> {
    replica: &'a Connection,
    plant: PlantId,
    error: RefCell<Option<rusqlite::Error>>,
}

impl<'a> ReplicaCatalog<'a> {
    pub(crate) const fn new(replica: &'a Connection, plant: PlantId) -> Self {
        Self { replica, plant, error: RefCell::new(None) }
    }

    /// What was made of the catalog's answers, unless one of them was a failure.
    pub(crate) fn checked<T>(self, made: T) -> rusqlite::Result<T> {
        self.error.into_inner().map_or(Ok(made), Err)
    }

    fn found<T: Default>(&self, found: rusqlite::Result<T>) -> T {
        found.unwrap_or_else(|error| {
            self.error.borrow_mut().get_or_insert(error);
            T::default()
        })
    }

    /// Where most of a material lies.
    pub(crate) fn fullest_location(&self, material: MaterialId) -> Option<LocationId> {
        self.found(stock::fullest_location(self.replica, material))
    }

    fn find<T: DeserializeOwned>(&self, kind: &str, id: Uuid) -> Option<T> {
        self.found(record::find(self.replica, kind, id))
    }
}

impl Catalog for ReplicaCatalog<'_> {
    fn plant(&self) -> Option<Plant> {
        self.find("plant", self.plant.uuid())
    }

    fn material(&self, id: MaterialId) -> Option<Material> {
        self.find("material", id.uuid())
    }

    fn unit(&self, code: &UnitCode) -> Option<UnitOfMeasure> {
        self.found(record::unit(self.replica, code))
    }

    fn boms(&self, material: MaterialId) -> Vec<Bom> {
        self.found(record::of_material(self.replica, "bom", material))
    }

    fn routings(&self, material: MaterialId) -> Vec<Routing> {
        self.found(record::of_material(self.replica, "routing", material))
    }

    fn work_center(&self, id: WorkCenterId) -> Option<WorkCenter> {
        self.find("work_center", id.uuid())
    }

    fn location(&self, id: LocationId) -> Option<Location> {
        self.find("location", id.uuid())
    }

    fn reason(&self, id: ReasonId) -> Option<Reason> {
        self.find("reason", id.uuid())
    }

    fn user(&self, id: UserId) -> Option<User> {
        self.find("user", id.uuid())
    }

    fn work_centers(&self) -> Vec<WorkCenter> {
        self.found(record::all(self.replica, "work_center"))
    }

    fn department(&self, id: DepartmentId) -> Option<Department> {
        self.find("department", id.uuid())
    }
}
