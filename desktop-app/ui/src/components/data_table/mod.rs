//! Rows of the office: sortable heads, one tab stop, arrow keys from row to row, Enter opens.
//!
//! The table neither sorts nor filters: pages come sorted from the replica. It emits what is wanted.

mod component;
mod row;
mod types;

pub use component::DataTable;
pub use types::{Align, Column, Row, Sort, cell_number, cell_text};
