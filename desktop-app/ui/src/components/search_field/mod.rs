//! Words to look for.

mod component;

pub use component::SearchField;
