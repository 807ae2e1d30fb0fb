//! Who acts, on which device, and the Automerge actor that their changes carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalog::Catalog;
use crate::ids::{DepartmentId, DeviceId, PlantId, UserId, WorkCenterId};
use crate::people::{Role, User};
use crate::policy::Action;
use crate::refusal::Refusal;

/// The department of each work center that belongs to one, with the department's name.
pub type Departments = BTreeMap<WorkCenterId, (DepartmentId, String)>;

/// A person at a device, with the roles they hold in the plant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub device: DeviceId,
    pub plant: PlantId,
    /// Those that count in all of the plant.
    pub roles: Vec<Role>,
    /// Those that count for the work of one department.
    pub in_departments: Vec<(Role, DepartmentId)>,
    /// Empty where no role asks for it.
    pub departments: Departments,
}

impl Actor {
    /// Somebody whose roles count in all of the plant.
    #[must_use]
    pub const fn new(user: UserId, device: DeviceId, plant: PlantId, roles: Vec<Role>) -> Self {
        Self { user, device, plant, roles, in_departments: Vec::new(), departments: Departments::new() }
    }

    /// A person as the records have them.
    #[must_use]
    pub fn of(person: &User, device: DeviceId, plant: PlantId, catalog: &impl Catalog) -> Self {
        let (tied, free): (Vec<_>, Vec<_>) =
            person.held_in(plant).partition(|held| held.department.is_some());
        let in_departments: Vec<_> =
            tied.into_iter().filter_map(|held| Some((held.role, held.department?))).collect();
        let departments = if in_departments.is_empty() { Departments::new() } else { catalog.departments() };
        let roles = free.into_iter().map(|held| held.role).collect();
        Self { in_departments, departments, ..Self::new(person.id, device, plant, roles) }
    }

    /// Whether they may do something to the work of these work centers. A role that is tied to a
    /// department counts where one of them is the department's, and where none is any department's.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`], with whom to ask; [`Refusal::OtherDepartment`] where the role would do
    /// in its own department.
    pub fn require(
        &self,
        action: Action,
        work_centers: impl IntoIterator<Item = WorkCenterId>,
    ) -> Result<(), Refusal> {
        if action.allows(&self.roles) {
            return Ok(());
        }
        let mut tied = self.in_departments.iter().filter(|(role, _)| action.allows(&[*role])).peekable();
        if tied.peek().is_none() {
            let ask = action.allowed().first().copied().unwrap_or(Role::OrganizationAdmin);
            return Err(Refusal::NotPermitted { action, ask });
        }
        let concerned: BTreeMap<_, _> =
            work_centers.into_iter().filter_map(|center| self.departments.get(&center)).cloned().collect();
        if concerned.is_empty() || tied.any(|(_, department)| concerned.contains_key(department)) {
            return Ok(());
        }
        let names: Vec<_> = concerned.into_values().collect();
        Err(Refusal::OtherDepartment { action, department: names.join(", ") })
    }
}

/// The generation of a person's changes on a device. It rises when the server refused one of
/// them, because the refused change and all that stood on it are blocked for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorEpoch(pub u32);

/// The Automerge actor of a person on a device: one per (device, user, epoch), never per tab.
#[must_use]
pub fn automerge_actor(device: DeviceId, user: UserId, epoch: ActorEpoch) -> automerge::ActorId {
    let digest = Sha256::new()
        .chain_update(device.uuid().as_bytes())
        .chain_update(user.uuid().as_bytes())
        .chain_update(epoch.0.to_be_bytes())
        .finalize();
    automerge::ActorId::from(&digest[..16])
}
