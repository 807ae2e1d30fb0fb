//! Who acts, on which device, and the Automerge actor that their changes carry.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{DeviceId, PlantId, UserId};
use crate::people::Role;
use crate::policy::Action;
use crate::refusal::Refusal;

/// A person at a device, with the roles they hold in the plant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub device: DeviceId,
    pub plant: PlantId,
    pub roles: Vec<Role>,
}

impl Actor {
    /// # Errors
    /// [`Refusal::NotPermitted`], with whom to ask.
    pub fn require(&self, action: Action) -> Result<(), Refusal> {
        if action.allows(&self.roles) {
            return Ok(());
        }
        let ask = action.allowed().first().copied().unwrap_or(Role::OrganizationAdmin);
        Err(Refusal::NotPermitted { action, ask })
    }
}

/// The generation of a person's changes on a device. It rises when the server refused one of
/// them, because the refused change and all that stood on it are blocked for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorEpoch(pub u32);

/// The Automerge actor of a person on a device: one per (device, user, epoch), never per tab.
#[must_use]
pub fn automerge_actor(device: DeviceId, user: UserId, epoch: ActorEpoch) -> automerge::ActorId {
    let digest = Sha256::new()
        .chain_update(device.uuid().as_bytes())
        .chain_update(user.uuid().as_bytes())
        .chain_update(epoch.0.to_be_bytes())
        .finalize();
    automerge::ActorId::from(&digest[..16])
}
