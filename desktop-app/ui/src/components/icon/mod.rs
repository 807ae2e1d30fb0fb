//! Pictures of one line weight, drawn for this product on a 24 × 24 grid.

mod component;
mod shapes;

pub use component::Icon;
pub use shapes::IconName;
