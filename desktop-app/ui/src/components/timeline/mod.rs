//! Who did what when, newest where the reader starts.

mod component;

pub use component::{Timeline, TimelineEntry};
