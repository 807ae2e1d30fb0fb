//! What two people changed without knowing of each other. The change that is decided last counts; both
//! values are shown to somebody who chooses.

use super::decide::Draft;
use crate::exception::{Contested, Exception};
use crate::fact::FactBody;
use crate::ids::UserId;
use crate::work_order::{WorkOrder, WorkOrderEdit};

pub(super) fn plan(effects: &mut Draft<'_>, order: &WorkOrder, edit: &WorkOrderEdit) {
    let Some(seen) = &edit.seen else { return };
    if let Some(now) = differing(order.quantity, seen.quantity, edit.quantity) {
        open(effects, Contested::Quantity { before: order.quantity, now });
    }
    if let Some(now) = differing(order.due_on, seen.due_on, edit.due_on) {
        open(effects, Contested::DueOn { before: order.due_on, now });
    }
}

pub(super) fn assignee(
    effects: &mut Draft<'_>,
    order: &WorkOrder,
    assignee: Option<UserId>,
    seen: Option<Option<UserId>>,
) {
    let Some(seen) = seen else { return };
    if let Some(now) = differing(order.assignee, seen, Some(assignee)) {
        open(effects, Contested::Assignee { before: order.assignee, now });
    }
}

/// The new value, where it takes the place of one that the person did not see.
fn differing<T: PartialEq + Copy>(current: T, seen: T, new: Option<T>) -> Option<T> {
    new.filter(|new| current != seen && current != *new)
}

fn open(effects: &mut Draft<'_>, contested: Contested) {
    effects.fact(FactBody::ExceptionOpened(Exception::ChangedByTwo(contested)));
}
