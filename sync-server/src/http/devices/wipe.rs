//! `POST /api/v1/devices/{device}/wipe`

use axum::extract::State;
use axum::http::StatusCode;
use shared_model::ids::DeviceId;

use super::administered;
use crate::app::App;
use crate::auth::Person;
use crate::db::{audit, device};
use crate::http::extract::Path;
use crate::http::{ApiError, Problem};

/// Revokes a device and has it remove everything that it holds. At its next contact it hands in its unsent
/// work first; then it removes the key of its files and the files. This cannot be taken back.
#[utoipa::path(post, path = "/{device}/wipe", operation_id = "wipe_device", tag = "devices", security(("person" = [])),
    params(("device" = uuid::Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_device`"),
    ))]
pub(super) async fn wipe(
    State(app): State<App>,
    person: Person,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let (mut tx, device) = administered(&app, &person, id).await?;
    device::ask_to_wipe(&mut tx, id, app.now()).await?;
    if device.wipe_asked_at.is_none() {
        let event = audit::Event {
            action: "device.wipe_asked",
            device: None,
            subject: ("device", Some(id.uuid())),
            detail: serde_json::json!({ "name": device.name, "revoked_before": device.revoked_at.is_some() }),
        };
        audit::log(&mut tx, app.now(), event).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
