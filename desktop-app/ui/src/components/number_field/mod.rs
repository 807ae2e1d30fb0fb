//! A number that a pad fills, large enough to check from a step away.

mod component;

pub use component::{NumberField, NumberTone};
