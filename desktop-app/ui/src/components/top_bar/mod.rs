//! The dark bar over every screen: where I am, who I am, what time it is, how sync stands. Its right end
//! never moves.

mod component;

pub use component::TopBar;
