//! The replica file's tables, one noun each: reads on `&Connection`, writes on `&Transaction`.
//!
//! What a record, a document or a fact does to the tables is written once, for both [`Layer`]s.

pub(crate) mod about;
pub(crate) mod archived;
pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod document;
pub(crate) mod fact;
pub(crate) mod newer;
pub(crate) mod output;
pub(crate) mod pending;
pub(crate) mod record;
pub(crate) mod stock;
pub(crate) mod work_order;

/// Which tables: those of what the server said, or those of what waits in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Confirmed,
    Pending,
}

impl Layer {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Confirmed => "",
            Self::Pending => "pending_",
        }
    }
}
