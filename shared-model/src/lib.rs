//! The domain of Unison.
//!
//! **Invariant:** nothing here reads a clock, draws a random number or does IO; time, ids and
//! state arrive as arguments. The same code therefore decides on the device, on the server and in
//! the simulation, natively and in the browser.
//!
//! Three kinds of data, never mixed: *records* (reference data, written on the server),
//! *documents* (work orders, Automerge), *facts* (what happened; a grow-only set whose sums are
//! the quantities people see).

pub mod actor;
pub mod bom;
pub mod catalog;
pub mod command;
pub mod exception;
pub mod fact;
pub mod host;
pub mod ids;
pub mod ledger;
pub mod material;
pub mod money;
pub mod number;
pub mod people;
pub mod plant;
pub mod policy;
pub mod production;
pub mod quantity;
pub mod reason;
pub mod record;
pub mod refusal;
pub mod routing;
pub mod stock;
pub mod supplier;
pub mod sync;
pub mod time;
pub mod work_order;
