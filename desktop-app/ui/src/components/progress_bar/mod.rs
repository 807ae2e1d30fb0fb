//! Done of ordered: good, scrap and the rest, with what is above the order beyond a mark.

mod component;

pub use component::ProgressBar;
