//! What stories are told with: a server, devices, browsers and a database to look into, each as the
//! processes that people run.
//!
//! **Invariant:** nothing sleeps to let something else finish. Whoever waits, waits for a condition
//! ([`wait`]), and not for ever.

pub mod api;
pub mod artifacts;
pub mod balancer;
pub mod binaries;
pub mod browser;
pub mod crowd;
pub mod database;
pub mod demo;
pub mod device;
mod display;
pub mod keychain;
pub mod line;
pub mod nats;
pub mod postgres;
pub mod process;
pub mod replay;
mod screens;
pub mod server;
pub mod signer;
mod tabs;
pub mod wait;
pub mod worker;
pub mod workshop;

pub use api::Api;
pub use artifacts::Artifacts;
pub use balancer::Balancer;
pub use browser::Browser;
pub use database::Database;
pub use device::Device;
pub use keychain::Keychain;
pub use line::Stranger;
pub use nats::Nats;
pub use postgres::Postgres;
pub use server::{Server, ServerSetup};
