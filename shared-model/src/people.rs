//! People and what they are in a plant.

use serde::{Deserialize, Serialize};

use crate::ids::{DepartmentId, PlantId, UserId};
use crate::policy::Action;

/// The role ladder of DOMAIN.md 1.3 and its side roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    OrganizationAdmin,
    PlantManager,
    DepartmentHead,
    Planner,
    Supervisor,
    Operator,
    QualityManager,
    QualityInspector,
    Warehouse,
    MaintenanceManager,
    Technician,
    Engineer,
    Procurement,
    Viewer,
    /// A role that a newer server knows and this code does not. It has no rights.
    #[serde(other)]
    Unknown,
}

impl Role {
    pub const ALL: [Self; 14] = [
        Self::OrganizationAdmin,
        Self::PlantManager,
        Self::DepartmentHead,
        Self::Planner,
        Self::Supervisor,
        Self::Operator,
        Self::QualityManager,
        Self::QualityInspector,
        Self::Warehouse,
        Self::MaintenanceManager,
        Self::Technician,
        Self::Engineer,
        Self::Procurement,
        Self::Viewer,
    ];

    /// The stored form, as in SQL and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrganizationAdmin => "organization_admin",
            Self::PlantManager => "plant_manager",
            Self::DepartmentHead => "department_head",
            Self::Planner => "planner",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::QualityManager => "quality_manager",
            Self::QualityInspector => "quality_inspector",
            Self::Warehouse => "warehouse",
            Self::MaintenanceManager => "maintenance_manager",
            Self::Technician => "technician",
            Self::Engineer => "engineer",
            Self::Procurement => "procurement",
            Self::Viewer => "viewer",
            Self::Unknown => "unknown",
        }
    }

    /// The role of a stored code; [`Role::Unknown`] for one that is not ours.
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|role| role.code() == code).unwrap_or(Self::Unknown)
    }
}

/// A role that a person holds, in one plant or (with no plant) in all of the organization's. With a
/// department it counts for the work of the department's work centers, and for what is no
/// department's own: [`crate::actor::Actor::require`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    pub role: Role,
    #[serde(default)]
    pub plant: Option<PlantId>,
    #[serde(default)]
    pub department: Option<DepartmentId>,
}

/// A person as the devices of the organization know them: who they are and what they may do.
/// The password hash never leaves the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub is_active: bool,
    pub roles: Vec<RoleAssignment>,
}

impl User {
    /// What counts in a plant, or in a department of it; nothing for a person who was deactivated.
    pub fn held_in(&self, plant: PlantId) -> impl Iterator<Item = &RoleAssignment> + '_ {
        self.roles.iter().filter(move |held| self.is_active && held.plant.is_none_or(|scope| scope == plant))
    }

    /// The roles that count in a plant, or in a department of it.
    pub fn roles_in(&self, plant: PlantId) -> impl Iterator<Item = Role> + '_ {
        self.held_in(plant).map(|held| held.role)
    }

    /// Whether the person may do something to what these plants share. A role without a plant counts
    /// in all of them; others take a role in each.
    #[must_use]
    pub fn may_in_all(&self, action: Action, plants: impl IntoIterator<Item = PlantId>) -> bool {
        plants.into_iter().all(|plant| action.allows(&self.roles_in(plant).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_code_of_its_own_that_is_also_its_json() {
        for role in Role::ALL {
            assert_eq!(Role::of_code(role.code()), role);
            assert_eq!(serde_json::to_value(role).expect("serializes"), role.code());
        }
        let newer: Role = serde_json::from_str("\"line_lead\"").expect("an unknown role still decodes");
        assert_eq!(newer, Role::Unknown);
    }

    #[test]
    fn what_plants_share_takes_the_right_in_each_of_them() {
        let plant = |n| PlantId::from(uuid::Uuid::from_u128(n));
        let engineer = |plants: &[Option<PlantId>]| User {
            id: uuid::Uuid::nil().into(),
            name: "Eve".to_owned(),
            is_active: true,
            roles: plants
                .iter()
                .map(|plant| RoleAssignment { role: Role::Engineer, plant: *plant, department: None })
                .collect(),
        };
        let may = |person: &User| person.may_in_all(Action::EditRecords, [plant(1), plant(2)]);
        assert!(!may(&engineer(&[])));
        assert!(!may(&engineer(&[Some(plant(1))])));
        assert!(may(&engineer(&[Some(plant(1)), Some(plant(2))])));
        assert!(may(&engineer(&[None])));
        assert!(!may(&User { is_active: false, ..engineer(&[None]) }));
        assert!(engineer(&[Some(plant(1))]).may_in_all(Action::EditRecords, [plant(1)]));
    }
}
