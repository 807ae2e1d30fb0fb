//! A condition of the whole screen: old data, no connection, a refusal, a wrong clock.

mod component;

pub use component::{Banner, BannerKind};
