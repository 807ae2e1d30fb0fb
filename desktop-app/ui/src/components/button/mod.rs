//! Something to press. One primary per screen.

mod component;

pub use component::{Button, ButtonSize, ButtonVariant};
