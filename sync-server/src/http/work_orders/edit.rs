//! `PATCH /api/v1/plants/{plant}/work-orders/{order}`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use shared_model::command::Command;
use shared_model::ids::{PlantId, WorkOrderId};
use shared_model::policy::Action;
use shared_model::quantity::Amount;
use shared_model::time::Date;
use shared_model::work_order::WorkOrderEdit;
use utoipa::ToSchema;

use super::{WorkOrder, current};
use crate::app::App;
use crate::auth::Person;
use crate::http::commands::{Terms, execute};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(super) struct OrderEdit {
    title: Option<String>,
    /// Locked at release.
    #[schema(value_type = Option<String>)]
    quantity: Option<Amount>,
    /// `null` takes the date away.
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Option<Date>>,
    priority: Option<u8>,
}

/// Tells `null` from a field that is left out.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Date>>, D::Error> {
    Option::<Date>::deserialize(from).map(Some)
}

/// Changes the plan of an order.
#[utoipa::path(patch, path = "/{order}", operation_id = "edit_work_order", tag = "work-orders",
    security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("order" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "A UUID"),
        ("If-Match" = Option<String>, Header, description = "Only on this version: the `ETag` that was read")),
    request_body = OrderEdit,
    responses(
        (status = 200, body = WorkOrder, headers(("ETag" = String))),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`"),
        (status = 404, body = Problem, description = "`unknown_order`, `unknown_plant`"),
        (status = 409, body = Problem, description = "`wrong_state`, `quantity_locked`"),
        (status = 412, body = Problem, description = "`changed_meanwhile`, with `changed_by` and `etag`"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn edit(
    State(app): State<App>,
    person: Person,
    Path((plant, order)): Path<(PlantId, WorkOrderId)>,
    headers: HeaderMap,
    Json(body): Json<OrderEdit>,
) -> Result<Response, ApiError> {
    let edit = WorkOrderEdit {
        title: body.title,
        quantity: body.quantity,
        due_on: body.due_on,
        priority: body.priority,
        seen: None,
    };
    let command = Command::EditWorkOrder { order, edit };
    let mut tx = execute(&app, person, plant, Action::PlanWork, Terms::of(&headers)?, command).await?.tx;
    current(&mut tx, StatusCode::OK, plant, order).await
}
