//! `GET /api/v1/plants/{plant}/work-orders/{order}/facts`

use axum::extract::State;
use serde::Serialize;
use shared_model::ids::{CommandId, DeviceId, FactId, PlantId, UserId, WorkOrderId};
use shared_model::policy::Action;
use utoipa::ToSchema;

use super::unknown;
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::history::{self, Happened};
use crate::db::work_order;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{Page, Part};
use crate::http::{ApiError, Problem};

/// Something that happened. Never changes; corrected by later ones.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Fact {
    #[schema(value_type = Uuid)]
    id: FactId,
    /// What was done at one press of a button has the same.
    #[schema(value_type = Uuid)]
    command_id: CommandId,
    /// By the device's clock, corrected.
    #[schema(format = DateTime)]
    occurred_at: String,
    #[schema(format = DateTime)]
    received_at: String,
    #[schema(value_type = Uuid)]
    user_id: UserId,
    /// All zeros: the server itself, for somebody who used this API.
    #[schema(value_type = Uuid)]
    device_id: DeviceId,
    /// `production_reported`, `report_voided`, `operation_logged`, `labor_clocked`, `stock_moved`,
    /// `exception_opened`, `exception_closed`; more may come.
    kind: String,
    /// Depends on the kind; amounts are strings.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

impl From<Happened> for Fact {
    fn from(fact: Happened) -> Self {
        Self {
            id: fact.id,
            command_id: fact.command,
            occurred_at: fact.occurred_at.to_string(),
            received_at: fact.received_at.to_string(),
            user_id: fact.user,
            device_id: fact.device,
            kind: fact.kind,
            body: fact.body,
        }
    }
}

/// What happened on an order, in the order in which the server learned of it.
#[utoipa::path(get, path = "/{order}/facts", operation_id = "list_work_order_facts", tag = "work-orders",
    security(("person" = [])),
    params(("plant" = uuid::Uuid, Path), ("order" = uuid::Uuid, Path), Part),
    responses(
        (status = 200, body = Page<Fact>),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_order`, `unknown_plant`"),
    ))]
pub(super) async fn facts(
    State(app): State<App>,
    person: Person,
    Path((plant, id)): Path<(PlantId, WorkOrderId)>,
    Query(part): Query<Part>,
) -> Result<Json<Page<Fact>>, ApiError> {
    let InPlant { mut tx, .. } = person.in_plant(&app, plant, Action::View).await?;
    work_order::find(&mut tx, plant, id).await?.ok_or_else(unknown)?;
    let rows = history::of_order(&mut tx, id, part.after_parsed()?, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| last.seq.to_string(), Fact::from)))
}
