//! Who may send what: the device that it comes from, and the person who pressed the button.

use std::collections::BTreeMap;

use shared_model::actor::Actor;
use shared_model::catalog::{Catalog as _, Records};
use shared_model::command::Envelope;
use shared_model::ids::{DeviceId, PlantId, UserId};
use shared_model::refusal::Refusal;

use super::Sender;
use crate::db::command::Senders;

/// # Errors
/// When the command does not come from the device that it names, the device was revoked, or the
/// person never signed in there.
pub(super) fn admit(
    senders: &Senders,
    sender: Sender,
    device: DeviceId,
    user: UserId,
) -> Result<(), Refusal> {
    let Sender::Device(sender) = sender else { return Ok(()) };
    if senders.is_revoked(sender) {
        return Err(Refusal::DeviceRevoked);
    }
    if sender != device {
        let problem = "it names another device than the one that sent it".to_owned();
        return Err(Refusal::Malformed { problem });
    }
    if senders.has_user(device, user) { Ok(()) } else { Err(Refusal::NotSignedIn) }
}

/// The people of a batch, with the roles that they hold now.
#[derive(Default)]
pub(super) struct Actors(BTreeMap<(UserId, DeviceId), Actor>);

impl Actors {
    pub(super) fn of(&mut self, catalog: &Records, plant: PlantId, envelope: &Envelope) -> &Actor {
        let (user, device) = (envelope.user, envelope.device);
        self.0.entry((user, device)).or_insert_with(|| {
            let unknown = || Actor::new(user, device, plant, Vec::new());
            catalog.user(user).map_or_else(unknown, |person| Actor::of(&person, device, plant, catalog))
        })
    }
}
