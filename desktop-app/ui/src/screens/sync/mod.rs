//! Where this device stands with the server: the pill in the bar, and the panel behind it.

mod panel;
mod pill;

pub use panel::SyncPanel;
pub use pill::Pill;
