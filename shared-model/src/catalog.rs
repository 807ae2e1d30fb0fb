//! The reference data that a decision looks up. Two implementations: the replica's SQLite tables,
//! and [`Records`] in memory, which the server caches per plant.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::actor::Departments;
use crate::bom::Bom;
use crate::ids::{DepartmentId, LocationId, MaterialId, PlantId, UserId, WorkCenterId};
use crate::material::Material;
use crate::people::User;
use crate::plant::{Department, Location, Plant, WorkCenter};
use crate::quantity::{UnitCode, UnitOfMeasure};
use crate::reason::Reason;
use crate::record::Record;
use crate::routing::Routing;
use crate::time::Date;

pub trait Catalog {
    fn plant(&self) -> Option<Plant>;
    fn material(&self, id: MaterialId) -> Option<Material>;
    fn unit(&self, code: &UnitCode) -> Option<UnitOfMeasure>;
    /// All versions of a material's BOM, in any order.
    fn boms(&self, material: MaterialId) -> Vec<Bom>;
    /// All versions of a material's routing, in any order.
    fn routings(&self, material: MaterialId) -> Vec<Routing>;
    fn work_center(&self, id: WorkCenterId) -> Option<WorkCenter>;
    fn location(&self, id: LocationId) -> Option<Location>;
    fn reason(&self, id: crate::ids::ReasonId) -> Option<Reason>;
    fn user(&self, id: UserId) -> Option<User>;
    fn work_centers(&self) -> Vec<WorkCenter>;
    fn department(&self, id: DepartmentId) -> Option<Department>;

    /// Whose work the work centers do. A department that is not known here has its id for a name.
    fn departments(&self) -> Departments {
        let named = |id: DepartmentId| {
            let name = self.department(id).map_or_else(|| id.to_string(), |found| found.name);
            (id, name)
        };
        self.work_centers()
            .into_iter()
            .filter_map(|center| Some((center.id, named(center.department?))))
            .collect()
    }

    /// The BOM that counts on a day: active, effective (bounds included), the highest version.
    fn effective_bom(&self, material: MaterialId, on: Date) -> Option<Bom> {
        self.boms(material).into_iter().filter(|bom| bom.is_effective(on)).max_by_key(|bom| bom.version)
    }

    /// The active routing of the highest version.
    fn active_routing(&self, material: MaterialId) -> Option<Routing> {
        self.routings(material)
            .into_iter()
            .filter(|routing| routing.is_active)
            .max_by_key(|routing| routing.version)
    }
}

/// A catalog in memory, for one plant of an organization.
#[derive(Clone, Debug, Default)]
pub struct Records {
    plant: Option<PlantId>,
    by_id: BTreeMap<Uuid, Record>,
    boms: BTreeMap<MaterialId, Vec<Bom>>,
    routings: BTreeMap<MaterialId, Vec<Routing>>,
    units: BTreeMap<UnitCode, UnitOfMeasure>,
}

impl Records {
    #[must_use]
    pub fn new(plant: PlantId, records: impl IntoIterator<Item = Record>) -> Self {
        let mut catalog = Self { plant: Some(plant), ..Self::default() };
        for record in records {
            catalog.put(record);
        }
        catalog
    }

    /// Takes in a record, in place of its earlier version.
    pub fn put(&mut self, record: Record) {
        match &record {
            Record::Bom(bom) => replace(self.boms.entry(bom.material).or_default(), bom, |it| it.id),
            Record::Routing(routing) => {
                replace(self.routings.entry(routing.material).or_default(), routing, |it| it.id);
            }
            Record::Unit(unit) => {
                self.units.insert(unit.code.clone(), unit.clone());
            }
            _ => {}
        }
        self.by_id.insert(record.id(), record);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.by_id.values()
    }
}

fn replace<T: Clone, I: PartialEq>(versions: &mut Vec<T>, new: &T, id: impl Fn(&T) -> I) {
    versions.retain(|old| id(old) != id(new));
    versions.push(new.clone());
}

/// Looks a record up by id and unwraps its kind.
macro_rules! find {
    ($self:ident, $id:expr, $kind:ident) => {
        match $self.by_id.get(&$id.uuid()) {
            Some(Record::$kind(found)) => Some(found.clone()),
            _ => None,
        }
    };
}

impl Catalog for Records {
    fn plant(&self) -> Option<Plant> {
        find!(self, self.plant?, Plant)
    }

    fn material(&self, id: MaterialId) -> Option<Material> {
        find!(self, id, Material)
    }

    fn unit(&self, code: &UnitCode) -> Option<UnitOfMeasure> {
        self.units.get(code).cloned()
    }

    fn boms(&self, material: MaterialId) -> Vec<Bom> {
        self.boms.get(&material).cloned().unwrap_or_default()
    }

    fn routings(&self, material: MaterialId) -> Vec<Routing> {
        self.routings.get(&material).cloned().unwrap_or_default()
    }

    fn work_center(&self, id: WorkCenterId) -> Option<WorkCenter> {
        find!(self, id, WorkCenter)
    }

    fn location(&self, id: LocationId) -> Option<Location> {
        find!(self, id, Location)
    }

    fn reason(&self, id: crate::ids::ReasonId) -> Option<Reason> {
        find!(self, id, Reason)
    }

    fn user(&self, id: UserId) -> Option<User> {
        find!(self, id, User)
    }

    fn work_centers(&self) -> Vec<WorkCenter> {
        let center = |record: &Record| match record {
            Record::WorkCenter(center) => Some(center.clone()),
            _ => None,
        };
        self.iter().filter_map(center).collect()
    }

    fn department(&self, id: DepartmentId) -> Option<Department> {
        find!(self, id, Department)
    }
}
