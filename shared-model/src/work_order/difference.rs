//! Writing what changed of an order, for whoever knows what its document says: comparing each field with
//! the document costs more than everything else that a decision takes.

use std::collections::BTreeMap;

use autosurgeon::reconcile::{MapReconciler as _, NoKey};
use autosurgeon::{Reconcile, Reconciler};

use super::{WorkOrder, date, instant};
use crate::time::{Date, Timestamp};

/// Writes into a document that says `before` what writing the whole of `after` would write: the same
/// operations in the same order, so that the change has the same hash.
pub(super) struct Difference<'a> {
    pub before: &'a WorkOrder,
    pub after: &'a WorkOrder,
}

impl Reconcile for Difference<'_> {
    type Key<'k> = NoKey;

    fn reconcile<R: Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
        let Self { before, after } = self;
        let mut map = into.map()?;
        // All fields, in their order: who leaves one out, does not compile it.
        macro_rules! put {
            ($($field:ident $(as $shape:ident)?),*; $($entries:ident),*) => {
                let WorkOrder { $($field,)* $($entries,)* } = after;
                $(if before.$field != *$field {
                    map.put(stringify!($field), $($shape)?($field))?;
                })*
                $(if before.$entries != *$entries {
                    let changed = Entries { before: &before.$entries, after: $entries };
                    map.put(stringify!($entries), changed)?;
                })*
            };
        }
        put!(
            schema,
            id,
            number,
            title,
            material,
            quantity,
            unit,
            due_on as AsDate,
            priority,
            state,
            assignee,
            created_by,
            created_at as AsInstant,
            released_at as AsInstant,
            started_at as AsInstant,
            ended_at as AsInstant,
            bom,
            output_location;
            operations,
            materials
        );
        Ok(())
    }
}

struct AsDate<'a>(&'a Option<Date>);

impl Reconcile for AsDate<'_> {
    type Key<'k> = NoKey;

    fn reconcile<R: Reconciler>(&self, into: R) -> Result<(), R::Error> {
        date::reconcile(self.0, into)
    }
}

struct AsInstant<'a>(&'a Option<Timestamp>);

impl Reconcile for AsInstant<'_> {
    type Key<'k> = NoKey;

    fn reconcile<R: Reconciler>(&self, into: R) -> Result<(), R::Error> {
        instant::reconcile(self.0, into)
    }
}

struct Entries<'a, V> {
    before: &'a BTreeMap<String, V>,
    after: &'a BTreeMap<String, V>,
}

impl<V: Reconcile + PartialEq> Reconcile for Entries<'_, V> {
    type Key<'k> = NoKey;

    fn reconcile<R: Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
        let mut map = into.map()?;
        for (key, value) in self.after.iter().filter(|(key, value)| self.before.get(*key) != Some(value)) {
            map.put(key, value)?;
        }
        for key in self.before.keys().filter(|key| !self.after.contains_key(*key)) {
            map.delete(key)?;
        }
        Ok(())
    }
}
