//! `/api/v1/plants/{plant}/commands`: everything that a person can do, in the form in which devices
//! say it. The other handlers that change something come here too.

#[cfg(test)]
mod tests;

use axum::extract::State;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use shared_model::command::Command;
use shared_model::ids::{CommandId, PlantId};
use shared_model::policy::Action;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path};
use super::{ApiError, Problem, conditional};
use crate::app::App;
use crate::auth::{InPlant, Person};
use crate::db::{TenantTx, history, user, work_order};
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
        ("Idempotency-Key" = Option<String>, Header, description = "The command's id, a UUID; drawn when it is missing"),
        ("If-Match" = Option<String>, Header, description = "Only on this version of the command's order")),
    request_body(content = Object, description = "As `{\"command\": \"report_production\", …}`"),
    responses(
        (status = 200, body = Accepted),
        (status = 400, body = Problem, description = "`invalid_idempotency_key`"),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "`not_permitted`"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Refused: the refusal's own code"),
        (status = 412, body = Problem, description = "`changed_meanwhile`, with `changed_by` and `etag`"),
        (status = 422, body = Problem),
    ))]
async fn post(
    State(app): State<App>,
    person: Person,
    Path(plant): Path<PlantId>,
    headers: HeaderMap,
    Json(command): Json<Command>,
) -> Result<Json<Accepted>, ApiError> {
    let terms = Terms::of(&headers)?;
    let id = terms.id;
    let done = execute(&app, person, plant, Action::View, terms, command).await?;
    Ok(Json(Accepted { id, seq: done.seq }))
}

/// What a request's headers say about its command.
pub(super) struct Terms {
    pub(super) id: CommandId,
    /// The versions of the order on which it may act; none: on any.
    only_on: Option<Vec<u64>>,
}

impl Terms {
    /// # Errors
    /// `invalid_idempotency_key`
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let tags = conditional::tags(headers, IF_MATCH).filter(|tags| !tags.contains(&"*"));
        let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        let only_on = tags.map(|tags| tags.into_iter().filter_map(version).collect());
        Ok(Self { id: command_id(headers)?, only_on })
    }
}

/// The id of a request's command.
fn command_id(headers: &HeaderMap) -> Result<CommandId, ApiError> {
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
    terms: Terms,
    command: Command,
) -> Result<Executed, ApiError> {
    let InPlant { tx, .. } = person.in_plant(app, plant, action).await?;
    tx.rollback().await?;
    let about = command.order();
    let order = Order {
        organization: person.organization,
        plant,
        user: person.user,
        id: terms.id,
        occurred_at: app.now(),
        command,
        only_on: terms.only_on,
    };
    match app.sync().execute(order).await? {
        Verdict::Accepted { seq } => {
            let tx = TenantTx::begin(app.pools(), person.organization, Some(person.user)).await?;
            Ok(Executed { seq, tx })
        }
        Verdict::Refused(refusal) => Err(refusal.into()),
        Verdict::Rebase { .. } => {
            let mut tx = TenantTx::begin(app.pools(), person.organization, Some(person.user)).await?;
            let order = match about {
                Some(id) => work_order::find(&mut tx, plant, id).await?,
                None => None,
            };
            Err(changed_meanwhile(&mut tx, plant, &order.ok_or(Refusal::UnknownOrder)?).await?)
        }
    }
}

/// The order is not any more what somebody wanted to change: who changed it, where that is known.
async fn changed_meanwhile(
    tx: &mut TenantTx,
    plant: PlantId,
    order: &work_order::Listed,
) -> Result<ApiError, ApiError> {
    let author = history::author(tx, plant, order.version).await?;
    let person = match author {
        Some((id, _)) => user::find(tx, id).await?,
        None => None,
    };
    let name = person.as_ref().map_or("somebody", |person| person.name.as_str());
    let detail = format!("{name} changed order {} meanwhile; look at it again", order.number);
    let error = ApiError::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail)
        .with("etag", format!("\"{}\"", order.version));
    Ok(match (author, person) {
        (Some((_, at)), Some(person)) => error
            .with("changed_by", serde_json::json!({ "id": person.id, "name": person.name }))
            .with("changed_at", at.to_string()),
        _ => error,
    })
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        if fault.is_passing() { Self::unavailable(fault) } else { Self::fault(fault) }
    }
}
