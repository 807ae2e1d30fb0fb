//! The central server: it owns PostgreSQL, judges what devices send, and serves the HTTP API.
//!
//! **Invariant:** no tenant row is read or written outside [`db::TenantTx`].
//! **Invariant:** what the server commits, it has judged with the same code that the device used.

// The query macros name types of this crate by its name, inside it and in its tests.
extern crate self as sync_server;

pub mod app;
mod archive;
pub mod auditor;
pub mod auth;
pub mod commands;
pub mod config;
pub mod console;
pub mod db;
pub mod edge;
pub mod http;
pub mod import;
pub mod memory;
mod nightly;
pub mod postgres;
pub mod sample;
pub mod serve;
pub mod sync;
#[doc(hidden)]
pub mod testing;
pub mod trim;
