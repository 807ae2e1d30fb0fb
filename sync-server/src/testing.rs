//! What tests of this crate and the stories in `tests/` stand on: a fresh, migrated database in
//! milliseconds, and an organization with people in it. Not part of the product.

#[cfg(test)]
pub(crate) mod client;
mod database;
mod eventually;
mod server;
mod shared_cluster;
mod world;

pub use database::TestDb;
pub use eventually::eventually;
pub use server::TestServer;
pub use world::{PASSWORD, World};
