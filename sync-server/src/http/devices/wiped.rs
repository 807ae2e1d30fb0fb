//! `POST /api/v1/devices/wiped`

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use shared_model::ids::DeviceId;
use shared_model::sync::unsent::wiped_text;
use shared_model::time::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Attempt, ClientIp, is_signed, unknown_device};
use crate::db::{SystemTx, TenantTx, audit, device};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

/// A signature is good for so long before and after the time that it names.
const WINDOW_MILLIS: i64 = 5 * 60 * 1000;

#[derive(Deserialize, ToSchema)]
pub(super) struct Wiped {
    #[schema(value_type = uuid::Uuid)]
    device_id: DeviceId,
    /// Milliseconds since 1970, by the device's clock.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// Over `unison-wiped:{device_id}:{at}`, base64.
    signature: String,
}

/// Notes that a device, which was asked to, removes everything that it holds. It is the last word that the
/// device signs: its key is the first thing to go. Said again, it changes nothing.
#[utoipa::path(post, path = "/wiped", operation_id = "confirm_wipe", tag = "devices", request_body = Wiped,
    responses(
        (status = 204),
        (status = 401, body = Problem, description = "`invalid_signature`, `clock_skew`"),
        (status = 404, body = Problem, description = "`unknown_device`"),
        (status = 409, body = Problem, description = "`wipe_not_asked`"),
        (status = 429, body = Problem, description = "`too_many_attempts`"),
    ))]
pub(super) async fn wiped(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Json(wiped): Json<Wiped>,
) -> Result<StatusCode, ApiError> {
    let (now, attempt, id) = (app.now(), Attempt::handing_in(from), wiped.device_id);
    app.guard().begin(&attempt, now).map_err(ApiError::too_many_attempts)?;
    let mut system = SystemTx::begin(app.pools()).await?;
    let organization = device::organization(&mut system, id).await?.ok_or_else(unknown_device)?;
    drop(system);
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let found = device::find(&mut tx, id).await?.ok_or_else(unknown_device)?;
    let signature = STANDARD.decode(&wiped.signature).unwrap_or_default();
    if !is_signed(&found.public_key, &wiped_text(id, wiped.at), &signature) {
        return Err(ApiError::unauthorized("invalid_signature", "this was not signed with the device's key"));
    }
    app.guard().succeeded(&attempt, now);
    if now.millis_since(wiped.at).abs() > WINDOW_MILLIS {
        return Err(ApiError::clock_skew(now));
    }
    if found.wipe_asked_at.is_none() {
        let detail = "nobody asked this device to remove what it holds";
        return Err(ApiError::conflict("wipe_not_asked", detail));
    }
    if device::wiped(&mut tx, id, now).await? {
        let event = audit::Event {
            action: "device.wiped",
            device: Some(id),
            subject: ("device", Some(id.uuid())),
            detail: serde_json::json!({ "name": found.name }),
        };
        audit::log(&mut tx, now, event).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
