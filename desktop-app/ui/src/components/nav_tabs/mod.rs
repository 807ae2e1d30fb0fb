//! Links to the parts of an area, with how much waits in each.

mod component;

pub use component::{NavItem, NavTabs};
