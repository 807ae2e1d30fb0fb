//! What lies where, and moving it.

mod detail;
mod list;
mod move_form;
mod move_sheet;

pub use detail::StockOf;
pub use list::Stock;
