//! `GET /api/v1/plants/{plant}/users/{user}`

use axum::extract::State;
use shared_model::ids::{PlantId, UserId};
use shared_model::policy::Action;

use super::{User, unknown};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::user;
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

/// A person of the organization.
#[utoipa::path(get, path = "/{user}", operation_id = "get_user", tag = "users", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)),
    responses((status = 200, body = User), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_user`")))]
pub(super) async fn get(
    State(app): State<App>,
    person: Person,
    Path((plant, id)): Path<(PlantId, UserId)>,
) -> Result<Json<User>, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    Ok(Json(user::find(&mut tx, id).await?.ok_or_else(unknown)?.into()))
}
