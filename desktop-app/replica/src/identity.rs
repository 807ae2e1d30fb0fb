//! Who this device is.

use serde::{Deserialize, Serialize};
use shared_model::ids::{DeviceId, FeedId, OrganizationId, PlantId};

/// What the server gave this device when it joined a plant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrollment {
    pub device: DeviceId,
    pub organization: OrganizationId,
    pub plant: PlantId,
    pub server_url: String,
    pub device_name: String,
    pub organization_feed: FeedId,
    pub plant_feed: FeedId,
    /// Names to show until the records have arrived.
    pub organization_name: String,
    pub plant_name: String,
    /// An IANA zone.
    pub zone: String,
    pub currency: String,
}

/// What the device proves itself with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub device: DeviceId,
    /// The seed of its Ed25519 key.
    pub seed: [u8; 32],
    pub server_url: String,
}

/// The seed is a secret: it is not printed.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("device", &self.device)
            .field("server_url", &self.server_url)
            .finish_non_exhaustive()
    }
}
