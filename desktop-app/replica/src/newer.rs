//! Orders of a newer version than this app knows.
//!
//! They are kept as they came and listed by what can be read of them; nothing is decided on them here. What
//! was entered on them before goes out, and where it has to be made anew, the server makes it. The app that
//! knows the version reads them when it opens the files.

use shared_model::work_order::WorkOrder;
use shared_model::work_order::document::{Document, DocumentError};
use shared_model::work_order::summary::Summary;

use crate::error::Error;
use crate::pending::Pending;
use crate::replica::{First, Replica};
use crate::tables::{Layer, document, newer, work_order};

/// The order that a document holds, if this version of the app can read it.
pub(crate) fn order(document: &mut Document) -> Result<Option<WorkOrder>, DocumentError> {
    match document.order()? {
        Some(order) if order.schema > known() => Err(DocumentError::Newer(order.schema)),
        order => Ok(order),
    }
}

/// The newest version of documents that this app reads.
#[cfg(not(any(test, feature = "older")))]
pub(crate) const fn known() -> u32 {
    shared_model::work_order::SCHEMA
}

#[cfg(any(test, feature = "older"))]
pub(crate) fn known() -> u32 {
    KNOWN.get()
}

/// From now on the replicas of this thread know documents up to this version: they stand for an older app.
#[cfg(feature = "older")]
pub fn know_until(schema: u32) {
    KNOWN.set(schema);
}

#[cfg(any(test, feature = "older"))]
thread_local! {
    /// Stands for an older version of the app.
    pub(crate) static KNOWN: std::cell::Cell<u32> = const { std::cell::Cell::new(shared_model::work_order::SCHEMA) };
}

impl Pending<'_> {
    /// Lists an order by its confirmed document.
    pub(crate) fn list(
        &self,
        order: shared_model::ids::WorkOrderId,
        document: &mut Document,
    ) -> Result<(), Error> {
        match self::order(document) {
            Ok(Some(found)) => {
                newer::remove(self.replica, order)?;
                Ok(work_order::put(self.replica, Layer::Confirmed, &Summary::of(&found))?)
            }
            Ok(None) => Ok(()),
            Err(error) => {
                let Some(schema) = error.newer() else { return Err(error.into()) };
                tracing::warn!(%order, %error, "a work order of a newer version is kept until the update");
                newer::add(self.replica, order, schema)?;
                let before = work_order::find(self.replica, order)?;
                match document.outline().over(order, before) {
                    Some(shown) => Ok(work_order::put(self.replica, Layer::Confirmed, &shown)?),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Replica {
    /// Reads what an older version of the app kept and could not read.
    ///
    /// # Errors
    /// When the files cannot be read or written; then the next opening reads it.
    pub(crate) fn read_kept(&mut self) -> Result<(), Error> {
        let readable = newer::until(&self.replica, known())?;
        if readable.is_empty() {
            return Ok(());
        }
        self.both(First::Replica, |pending| -> Result<(), Error> {
            for order in readable {
                let mut document = document::load(pending.replica, order)?;
                newer::remove(pending.replica, order)?;
                pending.list(order, &mut document)?;
                pending.show_order(order)?;
            }
            Ok(())
        })?;
        self.bump();
        Ok(())
    }
}
