//! `/api/v1/plants/{plant}/users`: the people of a plant. Whoever administers a plant gives and
//! takes roles in it; roles in all plants, and those of other plants, are the organization
//! administrator's.

mod create;
mod edit;
mod get;
mod list;
mod rights;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use shared_model::ids::{DepartmentId, PlantId, UserId};
use shared_model::people::{self, RoleAssignment};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use crate::app::App;
use crate::db::user::UserError;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(get::get, edit::edit))
}

#[derive(Debug, Serialize, ToSchema)]
struct User {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: String,
    is_active: bool,
    roles: Vec<HeldRole>,
}

impl From<people::User> for User {
    fn from(user: people::User) -> Self {
        let roles = user.roles.into_iter().map(Into::into).collect();
        Self { id: user.id, name: user.name, is_active: user.is_active, roles }
    }
}

/// A role in one plant; without a plant, in all of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HeldRole {
    /// As `supervisor`.
    role: String,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    plant_id: Option<PlantId>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    department_id: Option<DepartmentId>,
}

impl From<RoleAssignment> for HeldRole {
    fn from(held: RoleAssignment) -> Self {
        Self { role: held.role.code().to_owned(), plant_id: held.plant, department_id: held.department }
    }
}

impl TryFrom<HeldRole> for RoleAssignment {
    type Error = ApiError;

    fn try_from(held: HeldRole) -> Result<Self, ApiError> {
        match people::Role::of_code(&held.role) {
            people::Role::Unknown => {
                Err(ApiError::invalid("invalid_user", format!("there is no role {:?}", held.role)))
            }
            role => Ok(Self { role, plant: held.plant_id, department: held.department_id }),
        }
    }
}

impl From<UserError> for ApiError {
    fn from(error: UserError) -> Self {
        match error {
            UserError::EmailTaken => Self::conflict("email_taken", error.to_string()),
            UserError::UnknownPlant => Self::invalid("invalid_user", error.to_string()),
            UserError::Db(error) => error.into(),
        }
    }
}

fn named(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err(ApiError::invalid("invalid_user", "a person's name has 1 to 100 characters"));
    }
    Ok(name.to_owned())
}

fn unknown() -> ApiError {
    ApiError::not_found("unknown_user", "there is no such person here")
}
