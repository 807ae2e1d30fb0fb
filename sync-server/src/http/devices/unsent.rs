//! `POST /api/v1/devices/unsent`

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shared_model::ids::{CommandId, DeviceId};
use shared_model::sync::unsent::signed_text;
use shared_model::sync::wire::stored::{ReceivedEnvelope, ReceivedFrame};
use shared_model::sync::wire::{MAX_PUSH, Verdict, decode};
use shared_model::time::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Attempt, ClientIp, is_signed, unknown_device};
use crate::db::{SystemTx, TenantTx, audit, command, device, refused};
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};
use crate::sync::Sender;

/// A signature is good for so long before and after the time that it names.
const WINDOW_MILLIS: i64 = 5 * 60 * 1000;
/// What is kept of one device at most: years of entries, and no more than a disk can take of a
/// device that somebody stole.
const KEPT_COMMANDS_MAX: i64 = 100_000;
const KEPT_BYTES_MAX: i64 = 256 * 1024 * 1024;

#[derive(Deserialize, ToSchema)]
pub(super) struct Unsent {
    #[schema(value_type = uuid::Uuid)]
    device_id: DeviceId,
    /// Milliseconds since 1970, by the device's clock.
    #[schema(value_type = i64)]
    at: Timestamp,
    /// A `Push` frame of sync with at most 500 commands, base64.
    frame: String,
    /// Over `unison-unsent:{device_id}:{at}:{SHA-256 of the frame in hexadecimal}`, base64.
    signature: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct HandedIn {
    /// One `[command, verdict]` for each command, as in sync. One that is missing could not be kept
    /// now.
    #[schema(value_type = Vec<Vec<Object>>)]
    verdicts: Vec<(CommandId, Verdict)>,
    /// The device is to remove everything that it holds, once all of its work is handed in.
    wipe: bool,
}

/// Takes what a revoked device has not sent. Nothing of it is applied; an administrator finds it among
/// what was refused. The same commands may come again. A push without commands asks whether the device
/// is to be wiped.
#[utoipa::path(post, path = "/unsent", operation_id = "hand_in_unsent", tag = "devices", request_body = Unsent,
    responses(
        (status = 200, body = HandedIn),
        (status = 401, body = Problem, description = "`invalid_signature`, `clock_skew`"),
        (status = 404, body = Problem, description = "`unknown_device`"),
        (status = 409, body = Problem, description = "`device_not_revoked`, `too_much_kept`"),
        (status = 422, body = Problem, description = "`invalid_frame`"),
        (status = 429, body = Problem, description = "`too_many_attempts`"),
    ))]
pub(super) async fn hand_in(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Json(unsent): Json<Unsent>,
) -> Result<Json<HandedIn>, ApiError> {
    let (now, attempt) = (app.now(), Attempt::handing_in(from));
    app.guard().begin(&attempt, now).map_err(ApiError::too_many_attempts)?;
    let frame = STANDARD.decode(&unsent.frame).unwrap_or_default();
    let device = sender(&app, &unsent, &frame).await?;
    app.guard().succeeded(&attempt, now);
    app.guard().begin(&Attempt::part_of(device.id), now).map_err(ApiError::too_many_attempts)?;
    if now.millis_since(unsent.at).abs() > WINDOW_MILLIS {
        return Err(ApiError::clock_skew(now));
    }
    let commands = commands(&frame)?;
    let known = room(&app, &device, &commands).await?;
    let sent = commands.len();
    let plant = device.found.plant;
    let verdicts = match sent {
        // It only asks what becomes of it.
        0 => Vec::new(),
        _ => app.sync().submit(device.organization, plant, Sender::Device(device.id), commands).await?,
    };
    let news = verdicts.iter().filter(|(id, _)| !known.contains(&id.uuid())).count();
    if news > 0 {
        let mut tx = TenantTx::begin(app.pools(), device.organization, None).await?;
        let event = audit::Event {
            action: "device.handed_in_unsent",
            device: Some(device.id),
            subject: ("device", Some(device.id.uuid())),
            detail: serde_json::json!({ "sent": sent, "kept": news }),
        };
        audit::log(&mut tx, now, event).await?;
        tx.commit().await?;
    }
    Ok(Json(HandedIn { verdicts, wipe: device.found.wipe_asked_at.is_some() }))
}

struct Revoked {
    organization: shared_model::ids::OrganizationId,
    id: DeviceId,
    found: device::Device,
}

/// The device that signed, which was revoked.
async fn sender(app: &App, unsent: &Unsent, frame: &[u8]) -> Result<Revoked, ApiError> {
    let id = unsent.device_id;
    let mut system = SystemTx::begin(app.pools()).await?;
    let organization = device::organization(&mut system, id).await?.ok_or_else(unknown_device)?;
    drop(system);
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let found = device::find(&mut tx, id).await?.ok_or_else(unknown_device)?;
    tx.rollback().await?;
    let signature = STANDARD.decode(&unsent.signature).unwrap_or_default();
    if !is_signed(&found.public_key, &signed_text(id, unsent.at, frame), &signature) {
        return Err(ApiError::unauthorized("invalid_signature", "this was not signed with the device's key"));
    }
    if found.revoked_at.is_none() {
        let detail = "this device was not revoked: what it has goes by sync";
        return Err(ApiError::conflict("device_not_revoked", detail));
    }
    Ok(Revoked { organization, id, found })
}

fn commands(frame: &[u8]) -> Result<Vec<ReceivedEnvelope>, ApiError> {
    match decode(frame) {
        Ok(ReceivedFrame::Push { commands }) if commands.len() <= MAX_PUSH => Ok(commands),
        Ok(ReceivedFrame::Push { .. }) => {
            Err(ApiError::invalid("invalid_frame", format!("a frame has at most {MAX_PUSH} commands")))
        }
        Ok(_) => Err(ApiError::invalid("invalid_frame", "the frame is no push")),
        Err(error) => Err(ApiError::invalid("invalid_frame", error.to_string())),
    }
}

/// Makes sure that there is room for the commands. Which of them are here already.
async fn room(app: &App, device: &Revoked, commands: &[ReceivedEnvelope]) -> Result<Vec<Uuid>, ApiError> {
    let ids: Vec<Uuid> = commands.iter().map(|command| command.id.uuid()).collect();
    let mut tx = TenantTx::begin(app.pools(), device.organization, None).await?;
    let known: Vec<Uuid> = command::verdicts(&mut tx, &ids).await?.keys().map(|id| id.uuid()).collect();
    let kept = refused::kept(&mut tx, device.id).await?;
    tx.rollback().await?;
    let is_full = kept.commands >= KEPT_COMMANDS_MAX || kept.bytes >= KEPT_BYTES_MAX;
    if is_full && known.len() < ids.len() {
        let detail = "the server keeps no more of this device; export its unsent work to a file";
        return Err(ApiError::conflict("too_much_kept", detail));
    }
    Ok(known)
}
