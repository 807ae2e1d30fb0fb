//! `/api/v1/auth`: people sign in and stay signed in.

mod refresh;
mod sign_in;
mod sign_out;

use serde::Serialize;
use shared_model::ids::{PlantId, UserId};
use shared_model::people::RoleAssignment;
use shared_model::time::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use crate::app::App;
use crate::auth::{Person, TokenError, hash_secret};
use crate::db::{TenantTx, organization, session, user};
use crate::edge;

/// How long a session lives on without being used.
const REFRESH_MILLIS: i64 = 7 * 24 * 60 * 60 * 1000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(refresh::refresh))
        .routes(routes!(sign_out::sign_out))
}

/// Somebody who is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Session {
    /// For `Authorization: Bearer`.
    access_token: String,
    #[schema(value_type = String, format = DateTime)]
    access_expires_at: String,
    /// Good for one new access token, and another one of these.
    refresh_token: String,
    #[schema(value_type = String, format = DateTime)]
    refresh_expires_at: String,
    user: SessionUser,
}

#[derive(Debug, Serialize, ToSchema)]
struct SessionUser {
    #[schema(value_type = Uuid)]
    id: UserId,
    name: String,
    roles: Vec<HeldRole>,
    /// The plants in which the person has a role.
    plants: Vec<SessionPlant>,
}

/// A role in one plant, or without a plant in all of them.
#[derive(Debug, Serialize, ToSchema)]
struct HeldRole {
    role: &'static str,
    #[schema(value_type = Option<Uuid>)]
    plant_id: Option<PlantId>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SessionPlant {
    #[schema(value_type = Uuid)]
    id: PlantId,
    code: String,
    name: String,
}

impl From<RoleAssignment> for HeldRole {
    fn from(held: RoleAssignment) -> Self {
        Self { role: held.role.code(), plant_id: held.plant }
    }
}

/// The tokens of a session and who it is. The refresh token is stored in `tx`, as a hash.
async fn opened(app: &App, tx: &mut TenantTx, person: Person, now: Timestamp) -> Result<Session, ApiError> {
    let refresh_token = edge::secret();
    let refresh_until = now.plus_millis(REFRESH_MILLIS);
    session::add_token(tx, person.session, &hash_secret(&refresh_token), now, refresh_until).await?;
    let found = user::find(tx, person.user).await?.filter(|user| user.is_active);
    let user = found.ok_or(TokenError::Invalid)?;
    let plants = organization::plants(tx).await?;
    let (access_token, until) = person.token(app.keys(), now);
    Ok(Session {
        access_token,
        access_expires_at: until.to_string(),
        refresh_token,
        refresh_expires_at: refresh_until.to_string(),
        user: SessionUser {
            id: user.id,
            plants: plants
                .into_iter()
                .filter(|plant| user.roles_in(plant.id).next().is_some())
                .map(|plant| SessionPlant { id: plant.id, code: plant.code, name: plant.name })
                .collect(),
            name: user.name,
            roles: user.roles.into_iter().map(Into::into).collect(),
        },
    })
}

#[cfg(test)]
mod tests;
