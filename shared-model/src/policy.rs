//! Who may do what: the role × action matrix of DOMAIN.md 27, as far as the product has the
//! actions. Checked on the device for honesty and on the server for truth.
//!
//! A role may be tied to a department. Then it counts for operations whose work center is the
//! department's, and for orders with such an operation; for work that is no department's own it counts
//! as well. Stock and records belong to no department.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::people::Role;

/// Something a role may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create and edit work orders.
    PlanWork,
    /// Release, assign, pause, resume, cancel, complete and short-close work orders.
    DirectWork,
    /// Start, log and finish operations.
    PerformWork,
    /// Undo one's own report.
    UndoOwnWork,
    /// Undo somebody else's report.
    UndoAnyWork,
    /// Receive, issue and transfer stock.
    MoveStock,
    /// Correct a stock figure.
    AdjustStock,
    /// Close exceptions.
    ResolveExceptions,
    /// Edit materials, BOMs, routings and locations. What all plants share (materials, BOMs, units…)
    /// takes the right in each of them: [`crate::people::User::may_in_all`].
    EditRecords,
    /// Enroll devices and manage people.
    Administer,
    /// See the plant.
    View,
}

impl Action {
    pub const ALL: [Self; 11] = [
        Self::PlanWork,
        Self::DirectWork,
        Self::PerformWork,
        Self::UndoOwnWork,
        Self::UndoAnyWork,
        Self::MoveStock,
        Self::AdjustStock,
        Self::ResolveExceptions,
        Self::EditRecords,
        Self::Administer,
        Self::View,
    ];

    /// The roles that may. The first one named is whom to ask.
    #[must_use]
    pub const fn allowed(self) -> &'static [Role] {
        use Role::{
            DepartmentHead, Engineer, MaintenanceManager, Operator, OrganizationAdmin, Planner, PlantManager,
            Procurement, QualityInspector, QualityManager, Supervisor, Technician, Viewer, Warehouse,
        };
        match self {
            // The matrix leaves supervisors out; on a small floor they open orders themselves, and
            // the supervisor's screen has the button. Recorded in ARCHITECTURE.md.
            Self::PlanWork => &[Planner, Supervisor, PlantManager, OrganizationAdmin],
            Self::DirectWork => &[Supervisor, DepartmentHead, Planner, PlantManager, OrganizationAdmin],
            Self::PerformWork | Self::UndoOwnWork => {
                &[Operator, Supervisor, DepartmentHead, PlantManager, OrganizationAdmin]
            }
            Self::UndoAnyWork => &[Supervisor, DepartmentHead, PlantManager, OrganizationAdmin],
            Self::MoveStock => &[Warehouse, Supervisor, PlantManager, OrganizationAdmin],
            Self::AdjustStock => &[Warehouse, PlantManager, OrganizationAdmin],
            Self::ResolveExceptions => {
                &[Supervisor, Warehouse, QualityManager, PlantManager, OrganizationAdmin]
            }
            Self::EditRecords => &[Engineer, PlantManager, OrganizationAdmin],
            Self::Administer => &[OrganizationAdmin, PlantManager],
            Self::View => &[
                Viewer,
                Operator,
                Supervisor,
                DepartmentHead,
                Planner,
                QualityManager,
                QualityInspector,
                Warehouse,
                MaintenanceManager,
                Technician,
                Engineer,
                Procurement,
                PlantManager,
                OrganizationAdmin,
            ],
        }
    }

    /// Whether any of the roles may.
    #[must_use]
    pub fn allows(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.allowed().contains(role))
    }
}

/// As in "you may not *release work orders*".
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlanWork => "create or edit work orders",
            Self::DirectWork => "release, assign, pause or close work orders",
            Self::PerformWork => "start, report or finish work",
            Self::UndoOwnWork => "undo your own reports",
            Self::UndoAnyWork => "undo somebody else's reports",
            Self::MoveStock => "receive, issue or transfer stock",
            Self::AdjustStock => "correct stock figures",
            Self::ResolveExceptions => "close exceptions",
            Self::EditRecords => "edit reference data",
            Self::Administer => "manage people and devices",
            Self::View => "see this plant",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_only_views_and_an_unknown_role_does_nothing() {
        for action in Action::ALL {
            assert_eq!(action.allows(&[Role::Viewer]), action == Action::View, "{action}");
            assert!(!action.allows(&[Role::Unknown]), "{action}");
            assert!(action.allows(&[Role::OrganizationAdmin]), "{action}");
        }
    }

    #[test]
    fn an_operator_works_and_does_not_direct() {
        assert!(Action::PerformWork.allows(&[Role::Operator]));
        assert!(!Action::DirectWork.allows(&[Role::Operator]));
        assert!(!Action::UndoAnyWork.allows(&[Role::Operator]));
    }
}
