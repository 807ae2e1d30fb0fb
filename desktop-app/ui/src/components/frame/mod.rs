//! The root of a page: its density, and the three places of a screen.

mod component;

pub use component::{Frame, MAIN_ID};
