//! Label, hint and error around one control.

mod component;

pub use component::{Field, describe};
