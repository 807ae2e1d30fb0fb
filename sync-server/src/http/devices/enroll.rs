//! `POST /api/v1/devices/enroll`

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use shared_model::ids::{DeviceId, FeedId, OrganizationId, PlantId};
use shared_model::record::Record;
use shared_model::time::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Attempt, ClientIp, EnrollmentCode};
use crate::db::{SystemTx, TenantTx, audit, device, record};
use crate::edge;
use crate::http::extract::Json;
use crate::http::{ApiError, Problem};

const NAME_CHARACTERS_MAX: usize = 100;

#[derive(Deserialize, ToSchema)]
pub(super) struct Enroll {
    /// As a person typed it.
    code: String,
    /// What people call the device.
    name: String,
    /// Ed25519, base64.
    public_key: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Enrolled {
    #[schema(value_type = Uuid)]
    device_id: DeviceId,
    organization: NamedOrganization,
    plant: NamedPlant,
    /// The feed of what the whole organization shares.
    #[schema(value_type = Uuid)]
    organization_feed: FeedId,
    #[schema(value_type = Uuid)]
    plant_feed: FeedId,
    /// Milliseconds since 1970.
    #[schema(value_type = i64)]
    server_time: Timestamp,
}

#[derive(Serialize, ToSchema)]
struct NamedOrganization {
    #[schema(value_type = Uuid)]
    id: OrganizationId,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct NamedPlant {
    #[schema(value_type = Uuid)]
    id: PlantId,
    name: String,
    /// IANA.
    zone: String,
    /// ISO 4217.
    currency: String,
}

/// Joins a plant with a one-time code. The same device may ask again with the same code and key
/// when it did not get the answer.
#[utoipa::path(post, path = "/enroll", operation_id = "enroll_device", tag = "devices", request_body = Enroll,
    responses(
        (status = 200, body = Enrolled),
        (status = 404, body = Problem, description = "`unknown_enrollment_code`"),
        (status = 409, body = Problem, description = "`used_enrollment_code`, `expired_enrollment_code`"),
        (status = 422, body = Problem, description = "`invalid_name`, `invalid_key`"),
        (status = 429, body = Problem, description = "`too_many_attempts`"),
    ))]
pub(super) async fn enroll(
    State(app): State<App>,
    ClientIp(from): ClientIp,
    Json(body): Json<Enroll>,
) -> Result<Json<Enrolled>, ApiError> {
    let (name, key) = (name(&body.name)?, public_key(&body.public_key)?);
    let (now, attempt) = (app.now(), Attempt::enrollment(from));
    app.guard().begin(&attempt, now).map_err(ApiError::too_many_attempts)?;
    let hash = EnrollmentCode::typed(&body.code).hash();
    let mut system = SystemTx::begin(app.pools()).await?;
    let Some(organization) = device::organization_of_code(&mut system, &hash).await? else {
        return Err(ApiError::not_found("unknown_enrollment_code", "there is no such code"));
    };
    app.guard().succeeded(&attempt, now);
    drop(system);
    let mut tx = TenantTx::begin(app.pools(), organization, None).await?;
    let device = match joined(&mut tx, &hash, key, now).await? {
        Some(device) => device,
        None => join(&mut tx, &hash, &name, key, now).await?,
    };
    let enrolled = described(&mut tx, device, now).await?;
    tx.commit().await?;
    Ok(Json(enrolled))
}

/// The device that used the code already, if it is the one that asks.
async fn joined(
    tx: &mut TenantTx,
    hash: &[u8],
    key: [u8; 32],
    now: Timestamp,
) -> Result<Option<DeviceId>, ApiError> {
    let unknown = || ApiError::not_found("unknown_enrollment_code", "there is no such code");
    let code = device::lock_code(tx, hash).await?.ok_or_else(unknown)?;
    if let Some(id) = code.used_by {
        let same = device::find(tx, id).await?.filter(|it| it.public_key == key && it.revoked_at.is_none());
        let used =
            || ApiError::conflict("used_enrollment_code", "this code was used already; ask for a new one");
        return same.map(|device| Some(device.id)).ok_or_else(used);
    }
    if code.expires_at <= now {
        let detail = "this code has expired; ask for a new one";
        return Err(ApiError::conflict("expired_enrollment_code", detail));
    }
    Ok(None)
}

async fn join(
    tx: &mut TenantTx,
    hash: &[u8],
    name: &str,
    key: [u8; 32],
    now: Timestamp,
) -> Result<DeviceId, ApiError> {
    let id: DeviceId = edge::ids().draw();
    device::enroll(tx, hash, id, name, &key, now).await?;
    let event = audit::Event {
        action: "device.enrolled",
        device: Some(id),
        subject: ("device", Some(id.uuid())),
        detail: serde_json::json!({ "name": name }),
    };
    audit::log(tx, now, event).await?;
    Ok(id)
}

async fn described(tx: &mut TenantTx, id: DeviceId, now: Timestamp) -> Result<Enrolled, ApiError> {
    let missing = |what: &str| ApiError::fault(format!("the record of the {what} is missing"));
    let device = device::find(tx, id).await?.ok_or_else(|| missing("device"))?;
    let own = tx.organization();
    let organization = record::find(tx, None, "organization", own.uuid()).await?;
    let Some(Record::Organization(organization)) = organization else {
        return Err(missing("organization"));
    };
    let plant = record::find(tx, Some(device.plant), "plant", device.plant.uuid()).await?;
    let Some(Record::Plant(plant)) = plant else { return Err(missing("plant")) };
    Ok(Enrolled {
        device_id: id,
        organization: NamedOrganization { id: organization.id, name: organization.name },
        organization_feed: organization.id.into(),
        plant_feed: plant.id.into(),
        plant: NamedPlant {
            id: plant.id,
            name: plant.name,
            zone: plant.zone.into(),
            currency: plant.currency.into(),
        },
        server_time: now,
    })
}

fn name(typed: &str) -> Result<String, ApiError> {
    let name = typed.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || name.contains(char::is_control) {
        return Err(ApiError::invalid("invalid_name", "give the device a name of at most 100 characters"));
    }
    Ok(name.to_owned())
}

fn public_key(text: &str) -> Result<[u8; 32], ApiError> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes
        .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()))
        .ok_or_else(|| ApiError::invalid("invalid_key", "the public key is no Ed25519 key in base64"))
}
