//! What will be there, as its outline; nothing jumps when it arrives.

mod component;

pub use component::{Loading, LoadingShape};
