//! The replica against a server in memory, which judges by the same rules as the real one.

pub(crate) mod plant;

mod archived;
mod attention;
mod crashes;
mod damage;
mod durability;
mod entering;
mod handed_on;
mod history;
mod newer;
mod queries;
mod rebuild;
mod refusals;
mod sealed;
mod set_back;
mod snapshots;
mod sync;
