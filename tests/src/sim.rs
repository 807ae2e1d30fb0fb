//! The simulation: one server and several devices in memory, a network that fails, and a clock that
//! the seed winds up. What runs is the real replica, the real driver and the real judge; only the
//! server's tables and the network are made of maps.

mod act;
mod compare;
mod decided;
mod decisions;
mod device;
mod disk;
mod faults;
mod fingerprints;
mod http;
mod network;
mod outcome;
mod people;
mod plant;
mod planted;
mod press;
mod rng;
mod server;
mod snapshots;
mod stock;
mod tabs;
mod tape;
mod verify;
mod vfs;
mod watch;
mod world;

pub use faults::{Decided, Exercised};
pub use outcome::{Outcome, Tally, record, simulate, simulate_all, simulate_with};
pub use planted::Bug;
pub use rng::Rng;
pub use tape::{Recording, Taped};
