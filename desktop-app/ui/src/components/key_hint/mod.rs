//! The key that does the same as the control beside it; shown once a hardware keyboard was used.

mod component;

pub use component::KeyHint;
