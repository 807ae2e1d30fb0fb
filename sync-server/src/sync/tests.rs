//! Sync on a real database.

mod documents;
mod floor;
mod isolation;
mod line;
mod pulling;
mod pushing;
mod refusing;
mod snapshots;
mod talking;
mod trouble;
