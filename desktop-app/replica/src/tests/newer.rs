//! An older app and orders of a newer version: the order of these tests is of version 0 until the server
//! brings it to version 1, which the older app does not know.

use proptest::prelude::*;
use shared_model::command::Command;
use shared_model::host::{HostError, Mark, OrderRights, OrderSort, QueueOf, WorkOrders};
use shared_model::people::Role;
use shared_model::policy::Action;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::work_order::{OperationState, Stage, WorkOrderEdit};

use super::plant::*;
use crate::newer::KNOWN;

/// What an app does that knows version 0 only.
fn older<T>(work: impl FnOnce() -> T) -> T {
    KNOWN.set(0);
    let done = work();
    KNOWN.set(1);
    done
}

/// An order of 50 on the floor that every app knows, and an older device.
fn older_floor() -> (Server, Device, Device) {
    let (mut server, mut sue) = floor();
    server.migrate(order(1), 0);
    sue.pull(&server);
    let ann = older(|| Device::ready(&mut server, 2, ANN_OPERATOR));
    (server, sue, ann)
}

fn orders() -> WorkOrders {
    WorkOrders { search: String::new(), stages: Vec::new(), sort: OrderSort::Number, after: None, limit: 50 }
}

fn edit_title(title: &str) -> Command {
    let edit = WorkOrderEdit { title: Some(title.to_owned()), ..WorkOrderEdit::default() };
    Command::EditWorkOrder { order: order(1), edit }
}

#[test]
fn an_order_of_a_newer_version_is_listed_and_nothing_can_be_done_to_it() {
    let (mut server, mut sue, mut ann) = older_floor();
    older(|| {
        assert!(!ann.order(order(1)).row.needs_update);
        ann.must(start(1, 10));
    });
    server.migrate(order(1), 1);
    sue.pull(&server);
    sue.must(edit_title("Revised"));
    sue.sync(&mut server);

    older(|| {
        ann.pull(&server);
        let listed = ann.ask(orders()).items;
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].title.as_str(), listed[0].needs_update), ("Revised", true));
        let shown = ann.order(order(1));
        assert_eq!(shown.row, listed[0]);
        assert_eq!(shown.can, OrderRights::default());
        assert_eq!(shown.unsent.len(), 1);
        let queue = ann.ask(QueueOf { work_center: id(SAW), limit: 10 });
        assert!(queue.rows.iter().all(|row| row.needs_update), "{queue:?}");
        assert_eq!(queue.rows.len(), 1);
        assert!(ann.replica.status().expect("reads").needs_update);
        assert_eq!(ann.press(report(1, 10, 5, 0)).expect_err("not saved"), HostError::UpdateNeeded);
        assert_eq!(ann.unsent().len(), 1);
    });
}

#[test]
fn what_was_entered_before_goes_out_and_counts() {
    let (mut server, _, mut ann) = older_floor();
    let refused = older(|| {
        let refused = ann.must(start(1, 10)).command;
        ann.must(report(1, 10, 5, 0));
        ann.must(start(1, 20));
        refused
    });
    server.migrate(order(1), 1);
    // The second start stands on the change of the first, which is refused.
    server
        .refuses
        .insert(refused, Refusal::NotPermitted { action: Action::PerformWork, ask: Role::Supervisor });
    older(|| {
        ann.pull(&server);
        ann.sync(&mut server);
        let left = ann.outbox();
        assert_eq!(
            left.iter().map(|item| (item.command, item.mark)).collect::<Vec<_>>(),
            [(refused, Mark::NeedsYou)]
        );
    });
    assert_eq!(server.good(order(1), 10), whole(5));
    let fresh = Device::ready(&mut server, 3, BOB_OPERATOR);
    let operations = fresh.order(order(1)).operations;
    assert_eq!(operations[1].state, OperationState::Started);
    assert_eq!(operations.iter().map(|it| it.working.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn what_was_refused_on_an_order_of_a_newer_version_is_listed_with_all_else() {
    let (mut server, _, mut ann) = older_floor();
    let refused = older(|| [start(1, 10), report(1, 10, 5, 0)].map(|command| ann.must(command).command));
    for id in refused {
        server.refuses.insert(id, Refusal::ReasonMissing);
    }
    older(|| ann.sync(&mut server));
    server.migrate(order(1), 1);
    older(|| {
        ann.pull(&server);
        let rows = ann.ask(shared_model::host::Attention {});
        assert_eq!(rows.iter().map(|row| row.item.command).collect::<Vec<_>>(), refused);
    });
}

#[test]
fn after_the_update_the_order_is_shown_and_works_without_another_sync() {
    let (mut server, _, mut ann) = older_floor();
    let saved = older(|| ann.must(report(1, 10, 5, 0)));
    server.migrate(order(1), 1);
    older(|| ann.pull(&server));

    let mut ann = ann.reopen();
    assert!(!ann.replica.status().expect("reads").needs_update);
    let shown = ann.order(order(1));
    assert_eq!((shown.row.stage, shown.row.needs_update), (Stage::InProgress, false));
    assert_eq!(shown.operations[0].output.good, whole(5));
    assert_eq!(ann.unsent().iter().map(|it| it.id).collect::<Vec<_>>(), [saved.command]);
    ann.must(start(1, 10));
    ann.sync(&mut server);
    assert!(ann.outbox().is_empty());
    let mut fresh = Device::ready(&mut server, 3, ANN_OPERATOR);
    fresh.now = ann.now;
    assert_eq!(ann.order(order(1)), fresh.order(order(1)));
}

#[test]
fn an_older_app_still_opens_its_files_and_shows_the_order_as_before() {
    let (mut server, _, mut ann) = older_floor();
    server.migrate(order(1), 1);
    older(|| {
        ann.pull(&server);
        let before = ann.picture();
        let ann = ann.reopen();
        assert_eq!(ann.picture(), before);
        assert!(ann.order(order(1)).row.needs_update);
    });
}

#[test]
fn a_snapshot_with_a_newer_order_marks_it_before_anybody_opens_it() {
    let (mut server, _, ann) = older_floor();
    server.migrate(order(1), 1);
    let ann = older(|| {
        let mut ann = ann.lose_replica();
        ann.fetch(&server, 5);
        assert!(ann.ask(orders()).items[0].needs_update);
        assert!(ann.order(order(1)).row.needs_update);
        ann
    });
    assert!(!ann.reopen().order(order(1)).row.needs_update);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_was_entered_is_lost_over_a_new_version_and_an_update(
        presses in prop::collection::vec(0..7_usize, 1..9),
        migrated_after in 0..9_usize,
        is_heard_at_once in any::<bool>(),
        refused in prop::collection::vec(any::<bool>(), 9),
        is_updated_first in any::<bool>(),
    ) {
        let (mut server, mut sue, mut ann) = older_floor();
        let mut entered = Vec::new();
        for (at, press) in presses.iter().enumerate() {
            if at == migrated_after {
                server.migrate(order(1), 1);
                sue.pull(&server);
                sue.must(edit_title("Revised"));
                sue.sync(&mut server);
                if is_heard_at_once {
                    older(|| ann.pull(&server));
                }
            }
            let command = [
                start(1, 10), report(1, 10, 5, 1), finish(1, 10), start(1, 20), report(1, 20, 2, 0),
                pause(1, 10), resume(1, 10),
            ][*press].clone();
            if let Ok(saved) = older(|| ann.press(command)) {
                if refused[at] {
                    server.refuses.insert(saved.command, Refusal::ReasonMissing);
                }
                entered.push(saved.command);
            }
        }
        if is_updated_first {
            older(|| ann.pull(&server));
            ann = ann.reopen();
            ann.sync(&mut server);
        } else {
            older(|| ann.sync(&mut server));
            ann = ann.reopen();
            ann.sync(&mut server);
        }
        let waiting = ann.outbox();
        for command in entered {
            let is_accepted = matches!(server.verdict(command), Some(Verdict::Accepted { .. }));
            let is_shown = waiting.iter().any(|item| item.command == command && item.mark == Mark::NeedsYou);
            prop_assert!(is_accepted || is_shown, "{command} is lost");
        }
        let mut fresh = Device::ready(&mut server, 3, ANN_OPERATOR);
        fresh.now = ann.now;
        let (here, there) = (ann.order(order(1)), fresh.order(order(1)));
        prop_assert_eq!(here.operations, there.operations);
        prop_assert_eq!(here.reports.len(), there.reports.len());
        prop_assert!(!here.row.needs_update);
    }
}
