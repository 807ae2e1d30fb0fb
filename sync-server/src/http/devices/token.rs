//! `POST /api/v1/devices/token`

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shared_model::ids::DeviceId;
use shared_model::time::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{DeviceClaims, is_signed, revoked_device, unknown_device};
use crate::db::{SystemTx, TenantTx, device};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

/// A signature is good for so long before and after the time that it names.
const WINDOW_MILLIS: i64 = 5 * 60 * 1000;

#[derive(Deserialize, ToSchema)]
pub(super) struct Proof {
    #[schema(value_type = uuid::Uuid)]
    device_id: DeviceId,
    /// Milliseconds since 1970, by the device's clock.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// Over `unison-device-token:{device_id}:{at}`, base64.
    signature: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Token {
    /// For `Authorization: Bearer`, and for the first frame of sync.
    token: String,
    /// Milliseconds since 1970.
    #[schema(value_type = i64)]
    expires_at: Timestamp,
}

/// Gives a device a token for half an hour. A device whose clock is off by more than five minutes
/// gets `clock_skew` with `server_time`; it corrects its clock by that and asks again.
#[utoipa::path(post, path = "/token", operation_id = "get_device_token", tag = "devices", request_body = Proof,
    responses(
        (status = 200, body = Token),
        (status = 401, body = Problem, description = "`invalid_signature`, `clock_skew`"),
        (status = 403, body = Problem, description = "`device_revoked`"),
        (status = 404, body = Problem, description = "`unknown_device`"),
    ))]
pub(super) async fn token(State(app): State<App>, Json(proof): Json<Proof>) -> Result<Json<Token>, ApiError> {
    let mut system = SystemTx::begin(app.pools()).await?;
    let organization =
        device::organization(&mut system, proof.device_id).await?.ok_or_else(unknown_device)?;
    drop(system);
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let device = device::find(&mut tx, proof.device_id).await?.ok_or_else(unknown_device)?;
    let text = format!("unison-device-token:{}:{}", proof.device_id, proof.at.as_millis());
    let signature = STANDARD.decode(&proof.signature).unwrap_or_default();
    if !is_signed(&device.public_key, &text, &signature) {
        return Err(ApiError::unauthorized("invalid_signature", "this was not signed with the device's key"));
    }
    if device.revoked_at.is_some() {
        return Err(revoked_device());
    }
    let now = app.now();
    if now.millis_since(proof.at).abs() > WINDOW_MILLIS {
        return Err(ApiError::clock_skew(now));
    }
    device::seen(&mut tx, device.id, now).await?;
    tx.commit().await?;
    let claims = DeviceClaims { organization, plant: device.plant, device: device.id };
    let (token, expires_at) = claims.token(app.keys(), now);
    Ok(Json(Token { token, expires_at }))
}
