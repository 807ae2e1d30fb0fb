//! Devices that are written into the database instead of being enrolled. The key of each follows from its id.

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shared_model::ids::{CommandId, DeviceId};
use shared_model::sync::unsent::signed_text;
use shared_model::sync::wire::{self, ClientFrame, Verdict};

use super::database::Database;

fn key(device: DeviceId) -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(device.uuid().as_bytes()).into())
}

fn sign(device: DeviceId, text: &str) -> String {
    STANDARD.encode(key(device).sign(text.as_bytes()).to_bytes())
}

/// Enrolls devices in the one plant that there is, unless they are.
///
/// # Errors
/// When the database does not answer.
pub async fn enroll(database: &mut Database, name: &str, devices: &[DeviceId]) -> anyhow::Result<()> {
    let row = |device: &DeviceId| {
        let key = key(*device).verifying_key().to_bytes();
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("('{device}'::uuid, '\\x{key}'::bytea)")
    };
    let rows: Vec<String> = devices.iter().map(row).collect();
    let sql = format!(
        "insert into device (organization_id, id, plant_id, name, public_key, enrolled_at) \
         select organization_id, new.id, plant.id, '{name}', new.key, now() \
         from plant, (values {}) as new (id, key) on conflict do nothing",
        rows.join(", ")
    );
    database.run(&sql).await
}

/// An access token of a device.
///
/// # Errors
/// When the server does not give one.
pub async fn token(client: &reqwest::Client, server: &str, device: DeviceId) -> anyhow::Result<String> {
    let at = sync_server::edge::now().as_millis();
    let signature = sign(device, &format!("unison-device-token:{device}:{at}"));
    let proof = json!({ "device_id": device, "at": at, "signature": signature });
    let response = client.post(format!("{server}/api/v1/devices/token")).json(&proof).send().await?;
    let token: Value = response.error_for_status()?.json().await?;
    Ok(token["token"].as_str().context("no token")?.to_owned())
}

/// Hands in what a revoked device had not sent.
///
/// # Errors
/// When the server does not take it.
pub async fn hand_in(
    client: &reqwest::Client,
    server: &str,
    device: DeviceId,
    frame: &ClientFrame,
) -> anyhow::Result<Vec<(CommandId, Verdict)>> {
    let (at, frame) = (sync_server::edge::now(), wire::encode(frame)?);
    let signature = sign(device, &signed_text(device, at, &frame));
    let frame = STANDARD.encode(frame);
    let body = json!({ "device_id": device, "at": at.as_millis(), "frame": frame, "signature": signature });
    let response = client.post(format!("{server}/api/v1/devices/unsent")).json(&body).send().await?;
    let mut taken: Value = response.error_for_status()?.json().await?;
    Ok(serde_json::from_value(taken["verdicts"].take())?)
}
