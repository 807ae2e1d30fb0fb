//! `GET /api/v1/refused`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared_model::ids::{CommandId, DeviceId, PlantId, UserId};
use shared_model::policy::Action;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Person;
use crate::db::refused::{self, Filter, Refused};
use crate::http::extract::{Json, Query};
use crate::http::page::{Page, Part};
use crate::http::{ApiError, Problem};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only what this device sent.
    #[param(value_type = Option<Uuid>)]
    device: Option<DeviceId>,
    /// Only what nobody has decided on here.
    open: bool,
}

/// An entry that was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct RefusedCommand {
    #[schema(value_type = Uuid)]
    id: CommandId,
    #[schema(value_type = Uuid)]
    plant_id: PlantId,
    #[schema(value_type = Uuid)]
    device_id: DeviceId,
    device_name: Option<String>,
    #[schema(value_type = Uuid)]
    user_id: UserId,
    user_name: Option<String>,
    /// By the device's clock.
    #[schema(format = DateTime)]
    entered_at: String,
    #[schema(format = DateTime)]
    received_at: String,
    /// What was entered, as `{"command": "report_production", …}`; text where it is not understood.
    #[schema(value_type = Object)]
    command: Value,
    /// Why it was refused, for programs.
    refusal: String,
    /// Why it was refused, for people.
    message: String,
    /// None while it waits.
    decision: Option<DecisionTaken>,
}

#[derive(Serialize, ToSchema)]
struct DecisionTaken {
    #[schema(format = DateTime)]
    at: String,
    #[schema(value_type = Uuid)]
    by: UserId,
    /// The command as which it was entered again; none where it was closed.
    #[schema(value_type = Option<Uuid>)]
    released_as: Option<CommandId>,
    note: String,
}

impl From<Refused> for RefusedCommand {
    fn from(refused: Refused) -> Self {
        Self {
            id: refused.command,
            plant_id: refused.plant,
            device_id: refused.device,
            device_name: refused.device_name,
            user_id: refused.user,
            user_name: refused.user_name,
            entered_at: refused.entered_at.to_string(),
            received_at: refused.received_at.to_string(),
            command: serde_json::from_str(&refused.body).unwrap_or(Value::String(refused.body)),
            refusal: refused.refusal.code(),
            message: refused.refusal.to_string(),
            decision: refused.decision.map(|decision| DecisionTaken {
                at: decision.at.to_string(),
                by: decision.by,
                released_as: decision.released_as,
                note: decision.note,
            }),
        }
    }
}

/// What devices sent to the plants that the person administers and was refused, in the order in which
/// it was entered.
#[utoipa::path(get, path = "", operation_id = "list_refused", tag = "refused", security(("person" = [])),
    params(Part, Wanted),
    responses(
        (status = 200, body = Page<RefusedCommand>),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
    ))]
pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(part): Query<Part>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<RefusedCommand>>, ApiError> {
    let (mut tx, plants) = person.plants_where(&app, Action::Administer).await?;
    let filter =
        Filter { device: wanted.device, is_open: wanted.open, after: part.after_parsed()?, command: None };
    let rows = refused::list(&mut tx, &plants, &filter, part.limit() + 1).await?;
    Ok(Json(part.page(rows, |last| last.command.to_string(), RefusedCommand::from)))
}
