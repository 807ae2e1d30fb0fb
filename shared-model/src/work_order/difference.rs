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
        // All fields, in their order.
        let WorkOrder {
            schema,
            id,
            number,
            title,
            material,
            quantity,
            unit,
            due_on,
            priority,
            state,
            assignee,
            created_by,
            created_at,
            released_at,
            started_at,
            ended_at,
            bom,
            output_location,
            operations,
            materials,
        } = after;
        let mut map = into.map()?;
        macro_rules! put {
            ($($field:ident $(as $shape:ident)?),* $(,)?) => {
                $(if before.$field != *$field {
                    map.put(stringify!($field), $($shape)?($field))?;
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
            output_location,
        );
        if before.operations != *operations {
            map.put("operations", Entries { before: &before.operations, after: operations })?;
        }
        if before.materials != *materials {
            map.put("materials", Entries { before: &before.materials, after: materials })?;
        }
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
