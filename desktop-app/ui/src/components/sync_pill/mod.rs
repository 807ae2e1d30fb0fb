//! Where this device stands with the server, always in the same corner. Quiet when all is well.

mod component;

pub use component::{PillState, SyncPill};
