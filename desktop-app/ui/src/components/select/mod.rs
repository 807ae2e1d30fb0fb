//! One of a handful of values, by the browser's own list.

mod component;

pub use component::{Select, SelectOption};
