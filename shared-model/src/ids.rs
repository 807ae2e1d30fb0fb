//! Typed ids. Every id is a version 7 UUID, so that ids sort by the time they were made.
//!
//! Ids are drawn from an [`IdSource`] that the caller seeds: there is no clock and no randomness
//! here. The effects of a command draw theirs from [`IdSource::of_command`], so that the device and
//! the server, deciding the same command, name the same facts alike.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::time::Timestamp;

/// Declares a typed id.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id behind the type, for storage.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl autosurgeon::Hydrate for $name {
            fn hydrate_string(text: &'_ str) -> Result<Self, autosurgeon::HydrateError> {
                text.parse().map_err(|_| {
                    autosurgeon::HydrateError::unexpected(
                        concat!("a ", stringify!($name)),
                        format!("{text:?}"),
                    )
                })
            }
        }

        impl autosurgeon::Reconcile for $name {
            type Key<'a> = autosurgeon::reconcile::NoKey;

            fn reconcile<R: autosurgeon::Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
                into.str(self.0.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()))
            }
        }
    };
}

id!(
    /// A tenant.
    OrganizationId
);
id!(
    /// A site of an organization; the unit of replication.
    PlantId
);
id!(DepartmentId);
id!(UserId);
id!(
    /// An enrolled tablet, desktop, browser profile or gateway.
    DeviceId
);
id!(LocationId);
id!(MaterialId);
id!(BomId);
id!(RoutingId);
id!(WorkCenterId);
id!(ReasonId);
id!(ShiftId);
id!(SupplierId);
id!(
    /// A work order, and the Automerge document that holds it.
    WorkOrderId
);
id!(FactId);
id!(
    /// One press of a button. Made on the device; everything about the press is idempotent by it.
    CommandId
);
id!(
    /// One press of a button in a page, before anybody knows what command comes of it.
    PressId
);
id!(
    /// A sequence of entries with a cursor: a plant's, or the organization's own.
    FeedId
);

impl From<PlantId> for FeedId {
    fn from(plant: PlantId) -> Self {
        Self(plant.0)
    }
}

impl From<OrganizationId> for FeedId {
    fn from(organization: OrganizationId) -> Self {
        Self(organization.0)
    }
}

/// A deterministic supply of ids.
#[derive(Debug, Clone)]
pub struct IdSource {
    at: Timestamp,
    seed: [u8; 16],
    drawn: u32,
}

/// Room between what is drawn in turn and what is named.
const NAMED: u8 = 0xff;

impl IdSource {
    /// Ids that carry the instant `at`, distinguished by 16 random bytes.
    #[must_use]
    pub const fn new(at: Timestamp, seed: [u8; 16]) -> Self {
        Self { at, seed, drawn: 0 }
    }

    /// The ids of what a command causes.
    #[must_use]
    pub fn of_command(command: CommandId, at: Timestamp) -> Self {
        Self::new(at, *command.uuid().as_bytes())
    }

    /// The next id.
    pub fn draw<I: From<Uuid>>(&mut self) -> I {
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        self.drawn += 1;
        self.id(&digest)
    }

    /// The id that has this name, whatever else is drawn or named.
    #[must_use]
    pub fn named<I: From<Uuid>>(&self, name: &str) -> I {
        self.id(&Sha256::new().chain_update(self.seed).chain_update([NAMED]).chain_update(name).finalize())
    }

    fn id<I: From<Uuid>>(&self, digest: &[u8]) -> I {
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        let millis = u64::try_from(self.at.as_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effects_of_one_command_are_named_alike_wherever_it_is_decided() {
        let at = Timestamp::from_millis(1_760_000_000_000);
        let command: CommandId = IdSource::new(at, [7; 16]).draw();
        let device: Vec<FactId> = draw_three(IdSource::of_command(command, at));
        let server: Vec<FactId> = draw_three(IdSource::of_command(command, at));
        assert_eq!(device, server);
        assert_ne!(device[0], device[1]);
        assert_eq!(device[0].uuid().get_version_num(), 7);
    }

    fn draw_three(mut ids: IdSource) -> Vec<FactId> {
        (0..3).map(|_| ids.draw()).collect()
    }
}
