//! `GET /api/v1/plants/{plant}/work-orders`

use axum::extract::State;
use serde::Deserialize;
use shared_model::ids::PlantId;
use shared_model::policy::Action;
use shared_model::work_order::Stage;
use utoipa::IntoParams;

use super::WorkOrder;
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::work_order::{self, Filter};
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{Page, Part};
use crate::http::{ApiError, Problem};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Looked for in number and title.
    q: String,
    /// States, separated by commas: `released,in_progress`. All when it is empty.
    state: String,
}

/// The orders of a plant by their numbers.
#[utoipa::path(get, path = "", operation_id = "list_work_orders", tag = "work-orders",
    security(("person" = [])), params(("plant" = uuid::Uuid, Path), Part, Wanted),
    responses(
        (status = 200, body = Page<WorkOrder>),
        (status = 400, body = Problem, description = "`invalid_query`"),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_plant`"),
    ))]
pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    Query(part): Query<Part>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<WorkOrder>>, ApiError> {
    let filter = Filter { stages: stages(&wanted.state)?, search: wanted.q, after: part.after()? };
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    let rows = work_order::list(&mut tx, plant, &filter, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| last.number.key(), WorkOrder::from)))
}

fn stages(text: &str) -> Result<Vec<Stage>, ApiError> {
    let named = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    named
        .map(|name| {
            let unknown = || {
                let detail = format!("there is no state {name:?}");
                ApiError::new(axum::http::StatusCode::BAD_REQUEST, "invalid_query", detail)
            };
            Stage::of_code(name).ok_or_else(unknown)
        })
        .collect()
}
