//! What the screens may invoke.

pub mod host;
