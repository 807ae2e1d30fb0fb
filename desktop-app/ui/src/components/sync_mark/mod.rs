//! How far one entry has come: saved here, sent, accepted, or in need of a person. Never "saved" alone.

mod component;

pub use component::{SyncMark, SyncState};
