//! Who may give and take which roles.

use shared_model::ids::PlantId;
use shared_model::people::{Role, RoleAssignment, User};
use shared_model::policy::Action;

use crate::http::ApiError;

/// # Errors
/// When somebody gives or takes a role that is not theirs to give: outside the plants that they
/// administer, or more than they are themselves.
pub(super) fn may_change(
    administrator: &User,
    before: &[RoleAssignment],
    after: &[RoleAssignment],
) -> Result<(), ApiError> {
    let given = after.iter().filter(|held| !before.contains(held));
    let taken = before.iter().filter(|held| !after.contains(held));
    if given.chain(taken).all(|held| may_give(administrator, held)) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "not_yours_to_give",
        "you may give and take roles only in plants that you administer; ask an organization administrator",
    ))
}

/// Whether a person's name and account are in somebody's hands: when all their roles are.
pub(super) fn may_manage(administrator: &User, person: &User) -> bool {
    person.roles.iter().all(|held| may_give(administrator, held))
}

fn may_give(administrator: &User, held: &RoleAssignment) -> bool {
    let is_above_plants =
        administrator.roles.iter().any(|own| own.role == Role::OrganizationAdmin && own.plant.is_none());
    let administers =
        |plant: PlantId| Action::Administer.allows(&administrator.roles_in(plant).collect::<Vec<_>>());
    is_above_plants || held.role != Role::OrganizationAdmin && held.plant.is_some_and(administers)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const HERE: u128 = 1;
    const ELSEWHERE: u128 = 2;

    fn held(role: Role, plant: Option<u128>) -> RoleAssignment {
        RoleAssignment { role, plant: plant.map(|id| Uuid::from_u128(id).into()), department: None }
    }

    fn person(roles: Vec<RoleAssignment>) -> User {
        User { id: Uuid::nil().into(), name: "Somebody".to_owned(), is_active: true, roles }
    }

    #[test]
    fn a_plant_manager_gives_roles_in_their_plant_only() {
        let manager = person(vec![held(Role::PlantManager, Some(HERE))]);
        let may = |role, plant| may_change(&manager, &[], &[held(role, plant)]).is_ok();
        assert!(may(Role::Operator, Some(HERE)));
        assert!(may(Role::PlantManager, Some(HERE)));
        assert!(!may(Role::Operator, Some(ELSEWHERE)));
        assert!(!may(Role::Operator, None));
        assert!(!may(Role::OrganizationAdmin, Some(HERE)));
    }

    #[test]
    fn a_plant_manager_takes_no_role_of_another_plant_away() {
        let manager = person(vec![held(Role::PlantManager, Some(HERE))]);
        let before = [held(Role::Operator, Some(HERE)), held(Role::Planner, Some(ELSEWHERE))];
        assert!(may_change(&manager, &before, &before[1..]).is_ok());
        assert!(may_change(&manager, &before, &before[..1]).is_err());
        assert!(!may_manage(&manager, &person(before.to_vec())));
    }

    #[test]
    fn an_organization_administrator_gives_everything_and_an_operator_nothing() {
        let admin = person(vec![held(Role::OrganizationAdmin, None)]);
        assert!(may_change(&admin, &[], &[held(Role::OrganizationAdmin, None)]).is_ok());
        let operator = person(vec![held(Role::Operator, Some(HERE))]);
        assert!(may_change(&operator, &[], &[held(Role::Operator, Some(HERE))]).is_err());
        assert!(may_change(&operator, &[], &[]).is_ok(), "nothing changes");
    }
}
