//! A question before something that is hard to take back.

mod component;

pub use component::Dialog;
