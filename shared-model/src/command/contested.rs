//! What two people changed without knowing of each other. The change that is decided last counts; both
//! values are shown to somebody who chooses.

use super::Command;
use super::decide::Draft;
use crate::exception::{Contested, Exception};
use crate::fact::FactBody;
use crate::ids::UserId;
use crate::work_order::{Stage, WorkOrder, WorkOrderEdit};

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

/// The state of an order that is closed while it is in another one than the person saw: somebody released it, began,
/// stopped or went on. All else that changes the state is possible in one state alone, and refused in any other.
pub(super) fn stage(effects: &mut Draft<'_>, command: &Command, order: Option<&WorkOrder>) {
    let (Command::CancelWorkOrder { seen, .. } | Command::ShortCloseWorkOrder { seen, .. }) = command else {
        return;
    };
    let (Some(seen), Some(order), Some(after)) = (*seen, order, &effects.order) else { return };
    let (before, after) = (order.stage(), after.stage());
    // Nobody takes a release or a start back: it was their own, and was refused.
    let is_own = before == Stage::Planned || (before == Stage::Released && seen != Stage::Planned);
    if let Some(now) = differing(before, seen, Some(after)).filter(|_| !is_own) {
        open(effects, Contested::Stage { before, now });
    }
}

/// The new value, where it takes the place of one that the person did not see.
fn differing<T: PartialEq + Copy>(current: T, seen: T, new: Option<T>) -> Option<T> {
    new.filter(|new| current != seen && current != *new)
}

fn open(effects: &mut Draft<'_>, contested: Contested) {
    effects.fact(FactBody::ExceptionOpened(Exception::ChangedByTwo(contested)));
}
