//! Sync on a real database.

mod archived;
mod documents;
mod fingerprints;
pub(crate) mod floor;
mod isolation;
mod line;
mod pulling;
mod pushing;
mod refusing;
mod snapshots;
mod talking;
mod trouble;
mod waking;
