//! `DELETE /api/v1/devices/{device}`

use axum::extract::State;
use axum::http::StatusCode;
use shared_model::ids::DeviceId;

use super::administered;
use crate::app::App;
use crate::auth::Person;
use crate::db::{audit, device};
use crate::http::extract::Path;
use crate::http::{ApiError, Problem};

/// Revokes a device: it gets nothing more, and nothing that it sends counts. Its name stays beside
/// what it sent before.
#[utoipa::path(delete, path = "/{device}", operation_id = "revoke_device", tag = "devices", security(("person" = [])),
    params(("device" = uuid::Uuid, Path)),
    responses(
        (status = 204),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "`unknown_device`"),
    ))]
pub(super) async fn revoke(
    State(app): State<App>,
    person: Person,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode, ApiError> {
    let (mut tx, device) = administered(&app, &person, id).await?;
    device::revoke(&mut tx, id, app.now()).await?;
    if device.revoked_at.is_none() {
        let event = audit::Event {
            action: "device.revoked",
            device: None,
            subject: ("device", Some(id.uuid())),
            detail: serde_json::json!({ "name": device.name }),
        };
        audit::log(&mut tx, app.now(), event).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
