//! The screens of Unison. One bundle for the browser and for the desktop window; it reaches the replica
//! only through the bridge and knows no SQL, no HTTP and no Automerge.

#![expect(clippy::needless_pass_by_value, reason = "components own their props")]

mod app;
pub mod appearance;
pub mod bridge;
pub mod components;
#[cfg(test)]
mod contrast_test;
pub mod dom;
#[cfg(any(debug_assertions, feature = "gallery"))]
mod gallery;
pub mod i18n;
pub mod routes;
pub mod screens;
pub mod state;
#[cfg(test)]
mod testing;

pub use app::{App, launch};
