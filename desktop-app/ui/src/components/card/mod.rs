//! One thing on a quiet surface.

mod component;

pub use component::{Card, CardTone};
