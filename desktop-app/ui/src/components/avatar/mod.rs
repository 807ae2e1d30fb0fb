//! A person: picture or initials.

mod component;

pub use component::{Avatar, initials};
