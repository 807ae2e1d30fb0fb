//! Nothing here: why, and what to do about it.

mod component;

pub use component::EmptyState;
