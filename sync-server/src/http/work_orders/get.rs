//! `GET /api/v1/plants/{plant}/work-orders/{order}`

use axum::extract::State;
use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::policy::Action;

use super::{WorkOrder, answer, etag, unknown};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::work_order;
use crate::http::conditional;
use crate::http::extract::Path;
use crate::http::{ApiError, Problem};

/// An order.
#[utoipa::path(get, path = "/{order}", operation_id = "get_work_order", tag = "work-orders",
    security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("order" = uuid::Uuid, Path),
        ("If-None-Match" = Option<String>, Header, description = "The version that is known already")),
    responses(
        (status = 200, body = WorkOrder, headers(("ETag" = String, description = "Rises with everything that happens to it"))),
        (status = 304),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_order`, `unknown_plant`"),
    ))]
pub(super) async fn get(
    State(app): State<App>,
    person: Person,
    Path((plant, id)): Path<(PlantId, WorkOrderId)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    let order = work_order::find(&mut tx, plant, id).await?.ok_or_else(unknown)?;
    let is_known = |tags: Vec<&str>| conditional::names(&tags, &etag(&order), true);
    if conditional::tags(&headers, IF_NONE_MATCH).is_some_and(is_known) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    Ok(answer(StatusCode::OK, order))
}
