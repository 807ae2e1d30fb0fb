//! A state as colour, word, icon and pattern: any three of the four may be missed.

mod component;
mod state;

pub use component::StateBadge;
pub use state::BadgeState;
