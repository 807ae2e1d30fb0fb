//! One line of text, or several.

mod component;

pub use component::{TextField, TextKind};
