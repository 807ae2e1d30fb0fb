//! `/api/v1/plants/{plant}/commands`: everything that a person can do, in the form in which devices
//! say it. The other handlers that change something come here too.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use shared_model::command::Command;
use shared_model::ids::{CommandId, PlantId};
use shared_model::policy::Action;
use shared_model::sync::wire::Verdict;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path};
use super::{ApiError, Problem};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::TenantTx;
use crate::edge;
use crate::sync::{Fault, Order};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(post))
}

/// A command that was carried out.
#[derive(Debug, Serialize, ToSchema)]
struct Accepted {
    #[schema(value_type = Uuid)]
    id: CommandId,
    /// Its effects are in the plant's feed up to here.
    seq: u64,
}

/// Carries out a command, once per `Idempotency-Key`.
#[utoipa::path(post, path = "", operation_id = "execute_command", tag = "commands", security(("person" = [])),
    params(("plant" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "The command's id, a UUID; drawn when it is missing")),
    request_body(content = Object, description = "As `{\"command\": \"report_production\", …}`"),
    responses(
        (status = 200, body = Accepted),
        (status = 400, body = Problem, description = "`invalid_idempotency_key`"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Refused: the refusal's own code"),
        (status = 422, body = Problem),
    ))]
async fn post(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    headers: HeaderMap,
    Json(command): Json<Command>,
) -> Result<Json<Accepted>, ApiError> {
    let id = command_id(&headers)?;
    let done = execute(&app, person, plant, Action::View, id, command).await?;
    Ok(Json(Accepted { id, seq: done.seq }))
}

/// The id of a request's command.
pub(super) fn command_id(headers: &HeaderMap) -> Result<CommandId, ApiError> {
    let Some(given) = headers.get(IDEMPOTENCY_KEY) else { return Ok(edge::ids().draw()) };
    given.to_str().ok().and_then(|key| key.parse().ok()).ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", "the Idempotency-Key is a UUID")
    })
}

/// What came of a command.
pub(super) struct Executed {
    pub(super) seq: u64,
    /// For looking at what it did.
    pub(super) tx: TenantTx,
}

/// Has a command judged and committed in a person's name. Somebody who may not do such things at
/// all (`action`) learns nothing about what is there.
pub(super) async fn execute(
    app: &App,
    person: Person,
    plant: PlantId,
    action: Action,
    id: CommandId,
    command: Command,
) -> Result<Executed, ApiError> {
    let InPlant { tx, .. } = person.in_plant(app, plant, action).await?;
    tx.rollback().await?;
    let order = Order {
        organization: person.organization,
        plant,
        user: person.user,
        id,
        occurred_at: app.now(),
        command,
    };
    match app.sync().execute(order).await? {
        Verdict::Accepted { seq } => {
            let tx = TenantTx::begin(app.pools(), person.organization, Some(person.user)).await?;
            Ok(Executed { seq, tx })
        }
        Verdict::Refused(refusal) => Err(refusal.into()),
        Verdict::Rebase { .. } => Err(ApiError::fault("a command without a change cannot be out of date")),
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        if fault.is_passing() { Self::unavailable(fault) } else { Self::fault(fault) }
    }
}
