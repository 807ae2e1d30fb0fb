//! A civil date in the document: a scalar string, as 2026-11-24.

use autosurgeon::{Hydrate, HydrateError, ReadDoc, Reconcile, Reconciler};

use crate::time::Date;

pub(super) fn hydrate<D: ReadDoc>(
    doc: &D,
    obj: &automerge::ObjId,
    prop: autosurgeon::Prop<'_>,
) -> Result<Option<Date>, HydrateError> {
    Option::<String>::hydrate(doc, obj, prop)?
        .map(|text| text.parse().map_err(|_| HydrateError::unexpected("a date", text.clone())))
        .transpose()
}

pub(super) fn reconcile<R: Reconciler>(date: &Option<Date>, into: R) -> Result<(), R::Error> {
    date.map(|date| date.to_string()).reconcile(into)
}
