//! `/api/v1/plants/{plant}/work-orders`. Reading is from the projections; every change is a command,
//! judged like those of devices.
//!
//! An order's `ETag` rises with everything that happens to it, reports of work included. A client that
//! must not act on an order that is another by now sends it as `If-Match`; it is compared in the
//! transaction that judges the command.

mod create;
mod edit;
mod facts;
mod get;
mod list;
#[cfg(test)]
mod tests;
mod transitions;

use std::collections::BTreeMap;

use axum::http::header::ETAG;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use shared_model::ids::{BomId, LocationId, MaterialId, PlantId, UserId, WorkCenterId, WorkOrderId};
use shared_model::number::Number;
use shared_model::production::Output;
use shared_model::quantity::{Amount, UnitCode};
use shared_model::time::{Date, Timestamp};
use shared_model::work_order::{self as domain, OperationState, Stage};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiError;
use super::extract::Json;
use crate::app::App;
use crate::db::TenantTx;
use crate::db::work_order::{self, Listed};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, edit::edit))
        .routes(routes!(facts::facts))
        .routes(routes!(transitions::release))
        .routes(routes!(transitions::assign))
        .routes(routes!(transitions::pause))
        .routes(routes!(transitions::resume))
        .routes(routes!(transitions::cancel))
        .routes(routes!(transitions::complete))
        .routes(routes!(transitions::short_close))
}

/// What is to be made, how far it is, and what came out.
#[derive(Debug, Serialize, ToSchema)]
struct WorkOrder {
    #[schema(value_type = Uuid)]
    id: WorkOrderId,
    #[schema(value_type = String)]
    number: Number,
    title: String,
    #[schema(value_type = Uuid)]
    material_id: MaterialId,
    #[schema(value_type = String)]
    quantity: Amount,
    #[schema(value_type = String)]
    unit: UnitCode,
    /// By the plant's calendar.
    #[schema(value_type = Option<String>, format = Date)]
    due_on: Option<Date>,
    /// 1 (first) to 10.
    priority: u8,
    /// `planned`, `released`, `in_progress`, `paused`, `completed` or `cancelled`
    #[schema(value_type = String)]
    state: Stage,
    /// Why it is paused, cancelled or closed short.
    state_reason: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Option<UserId>,
    #[schema(value_type = Uuid)]
    created_by: UserId,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    released_at: Option<String>,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// The BOM version that was exploded at release.
    #[schema(value_type = Option<Uuid>)]
    bom_id: Option<BomId>,
    /// Where the finished goods are put.
    #[schema(value_type = Option<Uuid>)]
    output_location_id: Option<LocationId>,
    /// What came out of the last operation.
    output: Made,
    operations: Vec<Operation>,
    materials: Vec<MaterialLine>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Operation {
    number: u32,
    name: String,
    #[schema(value_type = Option<Uuid>)]
    work_center_id: Option<WorkCenterId>,
    #[schema(value_type = String)]
    setup_minutes: Amount,
    #[schema(value_type = String)]
    run_minutes: Amount,
    instructions: String,
    /// `pending`, `started` or `finished`
    #[schema(value_type = String)]
    state: OperationState,
    output: Made,
}

/// Reports less voids.
#[derive(Debug, Serialize, ToSchema)]
struct Made {
    #[schema(value_type = String)]
    good: Amount,
    #[schema(value_type = String)]
    scrap: Amount,
    #[schema(value_type = String)]
    rework: Amount,
}

/// A material that the order consumes; from its release on.
#[derive(Debug, Serialize, ToSchema)]
struct MaterialLine {
    #[schema(value_type = Uuid)]
    material_id: MaterialId,
    /// For the whole ordered quantity, scrap included.
    #[schema(value_type = String)]
    planned: Amount,
    #[schema(value_type = String)]
    unit: UnitCode,
    operation: Option<u32>,
    is_backflush: bool,
    #[schema(value_type = Option<Uuid>)]
    location_id: Option<LocationId>,
}

impl From<Output> for Made {
    fn from(output: Output) -> Self {
        Self { good: output.good, scrap: output.scrap, rework: output.rework }
    }
}

impl From<domain::MaterialLine> for MaterialLine {
    fn from(line: domain::MaterialLine) -> Self {
        Self {
            material_id: line.material,
            planned: line.planned,
            unit: line.unit,
            operation: line.operation,
            is_backflush: line.is_backflush,
            location_id: line.location,
        }
    }
}

impl From<Listed> for WorkOrder {
    fn from(order: Listed) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let last = order.operations.iter().map(|operation| operation.number).max();
        let made =
            |operation: Option<u32>| Made::from(order.output.get(&operation).copied().unwrap_or_default());
        Self {
            id: order.id,
            output: made(last),
            operations: operations(order.operations, &order.output),
            materials: order.materials.into_iter().map(Into::into).collect(),
            number: order.number,
            title: order.title,
            material_id: order.material,
            quantity: order.quantity,
            unit: order.unit,
            due_on: order.due_on,
            priority: order.priority,
            state: order.stage,
            state_reason: order.state_reason,
            assignee_id: order.assignee,
            created_by: order.created_by,
            created_at: text(order.created_at),
            released_at: text(order.released_at),
            started_at: text(order.started_at),
            ended_at: text(order.ended_at),
            bom_id: order.bom,
            output_location_id: order.output_location,
        }
    }
}

fn operations(operations: Vec<domain::Operation>, output: &BTreeMap<Option<u32>, Output>) -> Vec<Operation> {
    let shown = operations.into_iter().map(|operation| Operation {
        output: output.get(&Some(operation.number)).copied().unwrap_or_default().into(),
        number: operation.number,
        name: operation.name,
        work_center_id: operation.work_center,
        setup_minutes: operation.setup_minutes,
        run_minutes: operation.run_minutes,
        instructions: operation.instructions,
        state: operation.state,
    });
    shown.collect()
}

fn unknown() -> ApiError {
    ApiError::not_found("unknown_order", "this order is not known here")
}

/// An order with its version.
fn answer(status: StatusCode, order: Listed) -> Response {
    let tag = etag(&order);
    (status, [(ETAG, tag)], Json(WorkOrder::from(order))).into_response()
}

fn etag(order: &Listed) -> HeaderValue {
    HeaderValue::try_from(format!("\"{}\"", order.version)).expect("digits in quotes")
}

/// The order as it is after a command.
async fn current(
    tx: &mut TenantTx,
    status: StatusCode,
    plant: PlantId,
    id: WorkOrderId,
) -> Result<Response, ApiError> {
    let order = work_order::find(tx, plant, id).await?.ok_or_else(unknown)?;
    Ok(answer(status, order))
}
