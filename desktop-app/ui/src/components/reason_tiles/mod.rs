//! Why: picture tiles in the order of their use, eight at first.

mod component;

pub use component::{ReasonTile, ReasonTiles};
