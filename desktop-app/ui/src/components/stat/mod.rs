//! One number that matters, and what it is.

mod component;

pub use component::{Stat, StatSize, StatTone};
