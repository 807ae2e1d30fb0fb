//! An instant in the document: milliseconds since 1970 as an integer.

use autosurgeon::{Hydrate, HydrateError, ReadDoc, Reconcile, Reconciler};

use crate::time::Timestamp;

pub(super) fn hydrate<D: ReadDoc>(
    doc: &D,
    obj: &automerge::ObjId,
    prop: autosurgeon::Prop<'_>,
) -> Result<Option<Timestamp>, HydrateError> {
    Ok(Option::<i64>::hydrate(doc, obj, prop)?.map(Timestamp::from_millis))
}

pub(super) fn reconcile<R: Reconciler>(at: &Option<Timestamp>, into: R) -> Result<(), R::Error> {
    at.map(Timestamp::as_millis).reconcile(into)
}
