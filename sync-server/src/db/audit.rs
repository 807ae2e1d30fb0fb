//! Who did what to people, devices and settings. What happens on the floor is in the facts.

use serde_json::Value;
use shared_model::ids::{DeviceId, UserId};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::{Error, Instant, TenantTx};
use crate::edge;

/// One thing that somebody did. `action` in the past tense: "device.enrolled".
#[derive(Clone, Debug)]
pub struct Event {
    pub action: &'static str,
    pub device: Option<DeviceId>,
    pub subject: (&'static str, Option<Uuid>),
    /// Without secrets and without personal data that its subject has already.
    pub detail: Value,
}

/// Writes it in the name of the transaction's actor.
///
/// # Errors
/// When the database does not answer.
pub async fn log(tx: &mut TenantTx, at: Timestamp, event: Event) -> Result<(), Error> {
    let id: Uuid = edge::ids().draw();
    let (subject_kind, subject_id) = event.subject;
    let actor = tx.actor().map(UserId::uuid);
    sqlx::query!(
        "insert into audit_event \
         (organization_id, id, at, actor_id, device_id, action, subject_kind, subject_id, detail) \
         values (current_organization(), $1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        Instant(at),
        actor,
        event.device.map(DeviceId::uuid),
        event.action,
        subject_kind,
        subject_id,
        event.detail
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
