//! `POST /api/v1/plants/{plant}/work-orders`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use shared_model::command::Command;
use shared_model::ids::{CommandId, IdSource, LocationId, MaterialId, PlantId, WorkOrderId};
use shared_model::number::Number;
use shared_model::policy::Action;
use shared_model::quantity::Amount;
use shared_model::time::{Date, Timestamp};
use shared_model::work_order::{NewWorkOrder, default_priority};
use utoipa::ToSchema;

use super::{WorkOrder, current};
use crate::app::App;
use crate::auth::Person;
use crate::http::commands::{Terms, execute};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrder {
    /// Of one's own choice; otherwise the server gives it the next one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    number: Option<Number>,
    #[serde(default)]
    title: String,
    #[schema(value_type = Uuid)]
    material_id: MaterialId,
    /// In the material's unit.
    #[schema(value_type = String)]
    quantity: Amount,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Date>,
    /// 1 (first) to 10.
    #[serde(default = "default_priority")]
    priority: u8,
    /// Where the finished goods are put; otherwise where the last operation puts them.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    output_location_id: Option<LocationId>,
}

/// Opens an order, with the operations of its material's routing. The same `Idempotency-Key` is the
/// same order.
#[utoipa::path(post, path = "", operation_id = "create_work_order", tag = "work-orders",
    security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "A UUID")),
    request_body = NewOrder,
    responses(
        (status = 201, body = WorkOrder),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`"),
        (status = 404, body = Problem, description = "`unknown_material`, `unknown_location`, `unknown_plant`"),
        (status = 409, body = Problem, description = "`number_taken`, `material_inactive`"),
        (status = 422, body = Problem, description = "`quantity_not_positive`, `priority_out_of_range`"),
    ))]
pub(super) async fn create(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    headers: HeaderMap,
    Json(body): Json<NewOrder>,
) -> Result<Response, ApiError> {
    let terms = Terms::of(&headers)?;
    let id = order_id(terms.id);
    let new = NewWorkOrder {
        id,
        number: body.number,
        title: body.title,
        material: body.material_id,
        quantity: body.quantity,
        unit: None,
        due_on: body.due_on,
        priority: body.priority,
        output_location: body.output_location_id,
        operations: Vec::new(),
    };
    let command = Command::CreateWorkOrder(new);
    let mut tx = execute(&app, person, plant, Action::PlanWork, terms, command).await?.tx;
    current(&mut tx, StatusCode::CREATED, plant, id).await
}

/// The order's id follows from the command's: asking again opens no second order.
fn order_id(command: CommandId) -> WorkOrderId {
    let secs = command.uuid().get_timestamp().map_or(0, |made_at| made_at.to_unix().0);
    let made_at = Timestamp::from_millis(i64::try_from(secs).unwrap_or(0).saturating_mul(1000));
    IdSource::of_command(command, made_at).draw()
}
