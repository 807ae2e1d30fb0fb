//! `POST /api/v1/refused/{command}/release`

use axum::extract::State;
use serde::Serialize;
use shared_model::ids::CommandId;
use shared_model::sync::wire::Verdict;
use utoipa::ToSchema;

use super::{Decided, decided_before, undecided};
use crate::app::App;
use crate::auth::Person;
use crate::db::{TenantTx, audit, refused};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

#[derive(Serialize, ToSchema)]
pub(super) struct Released {
    /// The command as which it was entered.
    #[schema(value_type = Uuid)]
    id: CommandId,
    /// Its effects are in the plant's feed up to here.
    seq: u64,
}

/// Enters again what a revoked device had sent, in the name of the person who entered it, at the time
/// at which they did. It is decided on what is there now, and may be refused: then it still waits.
#[utoipa::path(post, path = "/{command}/release", operation_id = "release_refused", tag = "refused", security(("person" = [])),
    params(("command" = uuid::Uuid, Path)), request_body = Decided,
    responses(
        (status = 200, body = Released),
        (status = 401, body = Problem),
        (status = 403, body = Problem, description = "Also the refusal's own code: the person who entered it may not do it any more"),
        (status = 404, body = Problem, description = "`unknown_command`, or the refusal's own code"),
        (status = 409, body = Problem, description = "`decided_on_device`, `decided_before`, or the refusal's own code"),
        (status = 422, body = Problem),
    ))]
pub(super) async fn release(
    State(app): State<App>,
    person: Person,
    Path(id): Path<CommandId>,
    Json(decided): Json<Decided>,
) -> Result<Json<Released>, ApiError> {
    let (tx, found) = undecided(&app, person, id).await?;
    tx.rollback().await?;
    // Asking twice is answered twice, as long as it was released.
    if found.decision.as_ref().is_some_and(|decision| decision.released_as.is_none()) {
        return Err(decided_before());
    }
    let (released_as, seq) = match app.sync().release(person.organization, &found).await? {
        (id, Verdict::Accepted { seq }) => (id, seq),
        (_, Verdict::Refused(refusal)) => return Err(refusal.into()),
        (_, Verdict::Rebase { .. }) => return Err(ApiError::fault("a command on any version was held up")),
    };
    let mut tx = TenantTx::begin(app.pools(), person.organization, Some(person.user)).await?;
    let now = app.now();
    if refused::decide(&mut tx, id, Some(released_as), decided.note.trim(), now).await? {
        let event = audit::Event {
            action: "refused.released",
            device: Some(found.device),
            subject: ("command", Some(id.uuid())),
            detail: serde_json::json!({ "released_as": released_as, "in_the_name_of": found.user }),
        };
        audit::log(&mut tx, now, event).await?;
    }
    tx.commit().await?;
    Ok(Json(Released { id: released_as, seq }))
}
