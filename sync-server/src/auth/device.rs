//! Devices prove themselves with their own key and get an access token for it.

use ed25519_dalek::{Signature, VerifyingKey};
use shared_model::ids::{DeviceId, OrganizationId, PlantId};
use shared_model::time::Timestamp;

use super::token::{Audience, Claims};
use super::{Keys, TokenError};
use crate::app::App;
use crate::db::{TenantTx, device};
use crate::http::ApiError;

/// Which device speaks, for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceClaims {
    pub organization: OrganizationId,
    pub plant: PlantId,
    pub device: DeviceId,
}

impl DeviceClaims {
    /// A token and until when it is good.
    pub(crate) fn token(self, keys: &Keys, now: Timestamp) -> (String, Timestamp) {
        let claims = Claims::new(Audience::Device, self.device.uuid(), self.organization, now);
        let expires_at = Timestamp::from_millis(claims.exp * 1000);
        (keys.sign(&Claims { plant: Some(self.plant), ..claims }), expires_at)
    }

    pub(crate) fn read(token: &str, keys: &Keys, now: Timestamp) -> Result<Self, TokenError> {
        let claims = keys.verify(token, Audience::Device, now)?;
        let plant = claims.plant.ok_or(TokenError::Invalid)?;
        Ok(Self { organization: claims.org, plant, device: claims.sub.into() })
    }
}

/// Reads a device's token and makes sure that the device was not revoked since. Notes that it was
/// here.
///
/// # Errors
/// When the token is not valid (`invalid_token`), the device was revoked (`device_revoked`), or the
/// database does not answer.
pub async fn verify_device(app: &App, token: &str) -> Result<DeviceClaims, ApiError> {
    let now = app.now();
    let claims = DeviceClaims::read(token, app.keys(), now)?;
    let mut tx = TenantTx::begin(app.pools(), claims.organization, None).await?;
    let found = device::find(&mut tx, claims.device).await?.ok_or_else(unknown_device)?;
    if found.revoked_at.is_some() {
        return Err(revoked_device());
    }
    device::seen(&mut tx, claims.device, now).await?;
    tx.commit().await?;
    Ok(claims)
}

/// Whether a text was signed with the private half of a public key.
pub(crate) fn is_signed(public_key: &[u8; 32], text: &str, signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(public_key), Signature::from_slice(signature))
    else {
        return false;
    };
    key.verify_strict(text.as_bytes(), &signature).is_ok()
}

pub(crate) fn unknown_device() -> ApiError {
    ApiError::not_found("unknown_device", "this device is not known here; enroll it again")
}

pub(crate) fn revoked_device() -> ApiError {
    ApiError::forbidden("device_revoked", "this device was revoked; ask an administrator")
}
