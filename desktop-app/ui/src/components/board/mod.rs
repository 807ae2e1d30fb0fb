//! Cards in columns by state. Dragging has a way without dragging: the card's menu.

mod component;
mod types;

pub use component::Board;
pub use types::{BoardCard, BoardColumn, BoardMove};
