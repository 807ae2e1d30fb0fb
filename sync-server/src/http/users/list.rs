//! `GET /api/v1/plants/{plant}/users`

use axum::extract::State;
use shared_model::ids::PlantId;
use shared_model::policy::Action;

use super::User;
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::user;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{Page, Part};
use crate::http::records::Search;
use crate::http::{ApiError, Problem};

/// The people who have a role in the plant.
#[utoipa::path(get, path = "", operation_id = "list_users", tag = "users", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), Part, Search),
    responses((status = 200, body = Page<User>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    Query(part): Query<Part>,
    Query(search): Query<Search>,
) -> Result<Json<Page<User>>, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    let rows = user::list(&mut tx, plant, &search.q, part.after_parsed()?, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| last.id.to_string(), User::from)))
}
