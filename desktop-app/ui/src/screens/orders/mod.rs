//! Work orders for those who plan and direct: as a table, as a board, one by one.

mod action;
mod archived;
mod availability;
mod board;
mod create;
mod detail;
mod plan_form;
mod table;

pub use board::Board;
pub use detail::{History, OrderOf, Unsent};
pub use table::Orders;
