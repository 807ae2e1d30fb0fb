//! The few requests that a device makes over HTTP, answered as the server answers them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use replica::driver::Response;
use serde_json::{Value, json};
use shared_model::ids::DeviceId;
use shared_model::sync::wire::{self, ClientFrame};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::plant;
use super::server::{Server, TOKEN_MILLIS, token};

/// How wrong a device's clock may be before the server tells it the time.
const SKEW_MILLIS_MAX: i64 = 5 * 60 * 1000;

/// The id that a device gets.
#[must_use]
pub fn device_id(index: usize) -> DeviceId {
    Uuid::from_u128(0x1000 + index as u128).into()
}

/// The address that the `n`th person signs in with.
#[must_use]
pub fn email(n: usize) -> String {
    format!("person{n}@sim.test")
}

#[must_use]
pub fn answer(server: &mut Server, device: usize, url: &str, body: &str, now: Timestamp) -> Response {
    let is_revoked = server.is_revoked(device_id(device));
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let path = url.trim_start_matches("http://server");
    let (status, body) = match path {
        "/api/v1/devices/unsent" if is_revoked => hand_in(server, device, &body, now),
        _ if is_revoked => (403, json!({ "code": "device_revoked", "title": "Revoked" })),
        "/api/v1/devices/enroll" => (201, enrolled(device, now)),
        "/api/v1/devices/token" => issue(device, &body, now),
        "/api/v1/devices/sign-in" => sign_in(&body),
        _ => (404, json!({ "code": "not_found", "title": path })),
    };
    Response { status, body: body.to_string() }
}

fn enrolled(device: usize, now: Timestamp) -> Value {
    json!({
        "device_id": device_id(device),
        "organization": { "id": plant::organization(), "name": "Simulated" },
        "plant": { "id": plant::plant(), "name": "Plant", "zone": "Europe/Berlin", "currency": "EUR" },
        "organization_feed": plant::organization(),
        "plant_feed": plant::plant(),
        "server_time": now,
    })
}

fn clock_skew(body: &Value, now: Timestamp) -> Option<(u16, Value)> {
    let at = body.get("at").and_then(Value::as_i64).map_or_else(Timestamp::default, Timestamp::from_millis);
    let is_off = at.millis_since(now).abs() > SKEW_MILLIS_MAX;
    is_off.then(|| (401, json!({ "code": "clock_skew", "title": "Wrong clock", "server_time": now })))
}

fn issue(device: usize, body: &Value, now: Timestamp) -> (u16, Value) {
    if let Some(skew) = clock_skew(body, now) {
        return skew;
    }
    let expires_at = now.plus_millis(TOKEN_MILLIS);
    (200, json!({ "token": token(device_id(device), now), "expires_at": expires_at }))
}

/// What a revoked device had not sent is kept, and nothing of it is applied.
fn hand_in(server: &mut Server, device: usize, body: &Value, now: Timestamp) -> (u16, Value) {
    if let Some(skew) = clock_skew(body, now) {
        return skew;
    }
    let frame = body.get("frame").and_then(Value::as_str).unwrap_or_default();
    let frame = STANDARD.decode(frame).ok().and_then(|frame| wire::decode::<ClientFrame>(&frame).ok());
    match frame.map(|frame| server.hand_in(device_id(device), frame, now)) {
        Some(Ok(verdicts)) => (200, json!({ "verdicts": verdicts })),
        Some(Err(error)) => (500, json!({ "code": "internal", "title": error.to_string() })),
        None => (422, json!({ "code": "invalid_frame", "title": "Not a push" })),
    }
}

fn sign_in(body: &Value) -> (u16, Value) {
    let wanted = body.get("email").and_then(Value::as_str).unwrap_or_default();
    let people = plant::people();
    let found = (0..people.len()).find(|n| email(*n) == wanted).and_then(|n| people.get(n));
    match found {
        Some(person) => {
            let roles: Vec<_> = person.roles_in(plant::plant()).collect();
            (200, json!({ "user_id": person.id, "name": person.name, "roles": roles }))
        }
        None => (401, json!({ "code": "wrong_credentials", "title": "Unauthorized" })),
    }
}
