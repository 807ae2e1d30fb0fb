//! What tests of this crate and the stories in `tests/` stand on: a fresh, migrated database in
//! milliseconds, and an organization with people in it. Not part of the product.

#[cfg(test)]
pub(crate) mod client;
mod database;
mod server;
mod shared_cluster;
mod world;

pub use database::TestDb;
pub use server::TestServer;
pub use world::{PASSWORD, World};
