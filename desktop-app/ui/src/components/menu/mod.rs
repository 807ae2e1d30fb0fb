//! Less frequent actions behind one button, as a native popover: Esc and a press elsewhere close it.

mod component;

pub use component::{Menu, MenuItem};
