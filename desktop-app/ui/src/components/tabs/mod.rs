//! Parts of one thing, one of them shown.

mod component;

pub use component::{Tab, Tabs};
