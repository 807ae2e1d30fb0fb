//! A task beside the page: report, pause, problem. Slides in from the bottom or from the side.

mod component;

pub use component::{Sheet, SheetSide};
