//! The operator's screens: one station, its queue, the job in hand.

mod dock;
mod form;
mod now;
mod pause_sheet;
mod queue;
mod report_list;
mod report_sheet;
mod row;
mod stations;

pub use now::Now;
pub use queue::Queue;
pub use report_list::{ReportList, UndoDialog, mark_code};
pub use report_sheet::ReportSheet;
pub use stations::Stations;
