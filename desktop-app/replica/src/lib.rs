//! The replica of a plant on one device: its SQLite files, and the client side of sync.
//!
//! [`Replica`] is the whole of it without IO of its own: no clock, no randomness, no network. The
//! drivers bring those, carry out what [`shared_model::sync::client::Engine`] asks for, and answer
//! the screens.
//!
//! Two files. *outbox* is tiny and precious: what people entered and who this device is. It is
//! written first; its commit is the point at which a command counts. *replica* is large and
//! rebuildable: the confirmed copy of the plant, and over it the pending layer, which is a pure
//! function of the confirmed copy and the outbox.
//!
//! **Invariant:** confirmed tables never hold what the server has not accepted.

mod apply;
mod archived;
mod arrived;
mod attention;
mod blame;
mod catalog;
mod check;
mod command;
mod compare;
mod connection;
pub mod driver;
mod error;
mod identity;
mod migrate;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod newer;
mod outbox;
mod pending;
#[cfg(any(test, target_arch = "wasm32"))]
mod pooled;
mod query;
mod replica;
mod sealed;
mod settle;
mod stored;
mod tables;
#[cfg(any(target_arch = "wasm32", test))]
mod tabs;
mod unsent_file;

#[cfg(test)]
mod tests;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use archived::Restored;
pub use compare::Difference;
pub use error::{Error, OpenError};
pub use identity::{Credentials, Enrollment};
#[cfg(feature = "older")]
pub use newer::know_until;
pub use replica::{Applied, History, LOW_NUMBERS, Replica};
