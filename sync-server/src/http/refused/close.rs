//! `POST /api/v1/refused/{command}/close`

use axum::extract::State;
use axum::http::StatusCode;
use shared_model::ids::CommandId;
use shared_model::refusal::Refusal;

use super::{Decided, decided_before, undecided};
use crate::app::App;
use crate::auth::Person;
use crate::db::{audit, refused};
use crate::http::extract::{Json, Path};
use crate::http::{ApiError, Problem};

/// Leaves what a revoked device had sent as it is, with a note. It stays on the list.
#[utoipa::path(post, path = "/{command}/close", operation_id = "close_refused", tag = "refused", security(("person" = [])),
    params(("command" = uuid::Uuid, Path)), request_body = Decided,
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_command`"),
        (status = 409, body = Problem, description = "`decided_on_device`, `decided_before`"),
        (status = 422, body = Problem, description = "`reason_missing`"),
    ))]
pub(super) async fn close(
    State(app): State<App>,
    person: Person,
    Path(id): Path<CommandId>,
    Json(decided): Json<Decided>,
) -> Result<StatusCode, ApiError> {
    let (mut tx, found) = undecided(&app, person, id).await?;
    let note = decided.note.trim();
    if note.is_empty() {
        return Err(Refusal::ReasonMissing.into());
    }
    let now = app.now();
    if !refused::decide(&mut tx, id, None, note, now).await? {
        return Err(decided_before());
    }
    let event = audit::Event {
        action: "refused.closed",
        device: Some(found.device),
        subject: ("command", Some(id.uuid())),
        detail: serde_json::json!({ "note": note }),
    };
    audit::log(&mut tx, now, event).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
