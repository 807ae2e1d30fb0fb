//! Brings a plant's data in from CSV files, by their names: materials, categories, locations,
//! suppliers, boms, routings, stock, work_orders.
//!
//! What has a number is looked up by it, without regard to case, and written where it differs, so
//! that importing the same files twice changes nothing. Everything happens in one transaction:
//! where a file has a bad row, nothing is imported, unless the caller says to skip bad rows.
//!
//! Decisions that the files leave open:
//! * Units are those of [`units`]; work centers come from the routings.
//! * Optional and consumable BOM lines are not backflushed: nobody counts them out.
//! * A BOM or routing of which a row is bad is left out whole: half of one would be wrong.
//! * Stock rows are receipts. A row that is in the file three times is three receipts; a row that
//!   was imported before is known by its content.
//! * Orders come in their state, with what was made as one report that moves no stock, because the
//!   stock file is what is there now. Orders that exist keep their state; title, priority and due
//!   date follow the file.
//! * Priority 0, as some programs write "none", is the middle, 5.

mod materials;
mod orders;
mod places;
mod report;
mod run;
mod stock;
mod structure;
mod table;
mod units;

#[cfg(test)]
mod tests;

pub use report::{FileReport, Problem, Report};
pub use run::{ImportError, Options, run};
