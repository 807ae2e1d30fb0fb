//! A person decides what becomes of what was refused.

use shared_model::command::Command;
use shared_model::exception::{Contested, Exception};
use shared_model::host::{Attention, Exceptions, HostError, TimelineEvent};
use shared_model::people::Role;
use shared_model::refusal::Refusal;
use shared_model::work_order::{Stage, WorkOrderEdit};

use super::plant::*;

/// Ann started an order that Sue had cancelled.
fn refused_start() -> (Server, Device, Device) {
    let (mut server, mut sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    sue.must(cancel(1));
    sue.sync(&mut server);
    ann.sync(&mut server);
    (server, sue, ann)
}

/// Ann's report of 5 was refused by the server.
fn refused_report() -> (Server, Device, Device) {
    let (mut server, sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let saved = ann.must(report(1, 10, 5, 0));
    server.refuses.insert(saved.command, Refusal::NotSignedIn);
    ann.sync(&mut server);
    (server, sue, ann)
}

#[test]
fn a_refused_entry_says_what_happened_meanwhile_and_who_decides() {
    let (_, _, ann) = refused_start();
    let rows = ann.ask(Attention {});
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].decides, Role::Supervisor);
    assert!(matches!(rows[0].entered, Command::StartOperation { .. }));
    assert!(matches!(rows[0].refused_again, Some(Refusal::WrongState { .. })), "{rows:?}");
    let ended: Vec<_> =
        rows[0].meanwhile.iter().filter(|row| matches!(row.what, TimelineEvent::Ended { .. })).collect();
    assert_eq!(ended.len(), 1, "{rows:?}");
}

#[test]
fn a_refused_report_is_changed_and_sent_again_at_the_time_at_which_it_was_made() {
    let (mut server, _, mut ann) = refused_report();
    let row = ann.ask(Attention {}).remove(0);
    assert_eq!(row.refused_again, None);
    let (now, random) = ann.later();
    ann.replica.resend(row.item.command, Some(report(1, 10, 4, 0)), now, random).expect("entered again");
    assert_eq!(ann.ask(Attention {}), []);
    let again = ann.reopen();
    assert_eq!(again.unsent()[0].occurred_at, row.item.at);
    let mut ann = again;
    ann.sync(&mut server);
    assert!(ann.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(4));
}

#[test]
fn an_edited_entry_cannot_become_another_one() {
    let (_, _, mut ann) = refused_report();
    let id = ann.ask(Attention {})[0].item.command;
    let (now, random) = ann.later();
    for other in [cancel(1), report(2, 10, 4, 0)] {
        let outcome = ann.replica.resend(id, Some(other), now, random);
        assert!(matches!(outcome, Err(HostError::Rejected { .. })), "{outcome:?}");
    }
    assert_eq!(ann.ask(Attention {}).len(), 1);
}

#[test]
fn what_would_be_refused_again_stays_in_the_inbox() {
    let (_, _, mut ann) = refused_start();
    let id = ann.ask(Attention {})[0].item.command;
    let (now, random) = ann.later();
    assert!(matches!(ann.replica.resend(id, None, now, random), Err(HostError::Refused { .. })));
    assert_eq!(ann.reopen().ask(Attention {}).len(), 1);
}

#[test]
fn a_supervisor_enters_what_was_sent_to_them_and_it_counts_once() {
    let (mut server, mut sue, mut ann) = refused_report();
    let id = ann.ask(Attention {})[0].item.command;
    let (now, random) = ann.later();
    ann.replica.hand_over(id, "it was 5, really".to_owned(), now, random).expect("given");
    assert_eq!(ann.ask(Attention {}), []);
    ann.sync(&mut server);
    sue.sync(&mut server);
    let open = sue.ask(Exceptions { include_closed: false });
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].summary, "5 good (it was 5, really)");
    assert!(matches!(&open[0].exception, Exception::RefusedWork(work) if work.note == "it was 5, really"));

    let (now, random) = sue.later();
    sue.replica.release(open[0].id, "entered for Ann".to_owned(), now, random).expect("entered");
    sue.sync(&mut server);
    ann.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(5));
    assert_eq!(ann.order(order(1)).operations[0].output.good, whole(5));
    assert!(sue.ask(Exceptions { include_closed: false }).is_empty());
    let (now, random) = sue.later();
    let twice = sue.replica.release(open[0].id, "again".to_owned(), now, random);
    assert!(matches!(twice, Err(HostError::Refused { refusal: Refusal::ExceptionClosed })), "{twice:?}");
    assert_eq!(sue.unsent(), []);
}

#[test]
fn what_two_supervisors_release_without_knowing_of_each_other_counts_once() {
    let (mut server, mut sue, mut ann) = refused_report();
    let mut bob = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    let id = ann.ask(Attention {})[0].item.command;
    let (now, random) = ann.later();
    ann.replica.hand_over(id, String::new(), now, random).expect("given");
    ann.sync(&mut server);
    for device in [&mut sue, &mut bob] {
        device.sync(&mut server);
        let open = device.ask(Exceptions { include_closed: false });
        let (now, random) = device.later();
        device.replica.release(open[0].id, "entered for Ann".to_owned(), now, random).expect("entered");
    }
    for _ in 0..2 {
        sue.sync(&mut server);
        bob.sync(&mut server);
    }
    assert_eq!(server.good(order(1), 10), whole(5));
    for device in [&sue, &bob] {
        assert_eq!(device.order(order(1)).operations[0].output.good, whole(5));
        assert!(device.outbox().is_empty(), "{:?}", device.outbox());
    }
}

#[test]
fn nobody_clocks_in_for_somebody_else() {
    let (mut server, mut sue, mut ann) = refused_start();
    let id = ann.ask(Attention {})[0].item.command;
    let (now, random) = ann.later();
    ann.replica.hand_over(id, String::new(), now, random).expect("given");
    ann.sync(&mut server);
    sue.sync(&mut server);
    let open = sue.ask(Exceptions { include_closed: false });
    let (now, random) = sue.later();
    let outcome = sue.replica.release(open[0].id, "x".to_owned(), now, random);
    assert!(matches!(outcome, Err(HostError::Rejected { .. })), "{outcome:?}");
}

#[test]
fn two_supervisors_who_edit_offline_are_both_told_of_the_two_values() {
    let (mut server, mut sue) = floor();
    let mut bob = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    sue.sync(&mut server);
    let assign = |user| Command::AssignWorkOrder { order: order(1), assignee: Some(id(user)), seen: None };
    sue.must(assign(ANN_OPERATOR));
    bob.must(assign(BOB_OPERATOR));
    for _ in 0..2 {
        sue.sync(&mut server);
        bob.sync(&mut server);
    }
    for device in [&sue, &bob] {
        let open = device.ask(Exceptions { include_closed: false });
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].summary, "Ann / Bob");
        assert_eq!(device.order(order(1)).row.assignee_name, "Bob");
        assert!(device.outbox().is_empty());
    }
}

#[test]
fn two_supervisors_who_pause_and_cancel_offline_are_both_told_of_the_two_states() {
    // Whichever actor Automerge prefers.
    for n in 3..=6 {
        let (mut server, mut sue) = floor();
        sue.must(start(1, 10));
        sue.sync(&mut server);
        let mut bob = Device::ready(&mut server, n, SUE_SUPERVISOR);
        sue.must(Command::pause(order(1), "no steel".to_owned()));
        bob.must(cancel(1));
        for _ in 0..2 {
            sue.sync(&mut server);
            bob.sync(&mut server);
        }
        let both = Contested::Stage { before: Stage::Paused, now: Stage::Cancelled };
        for device in [&sue, &bob] {
            let open = device.ask(Exceptions { include_closed: false });
            assert_eq!(open.len(), 1, "{open:?}");
            assert_eq!(open[0].exception, Exception::ChangedByTwo(both.clone()));
            let shown = device.order(order(1));
            assert_eq!(shown.row.stage, Stage::Cancelled);
            assert_eq!(shown.contested, open);
            assert!(device.outbox().is_empty());
        }
    }
}

#[test]
fn two_supervisors_edit_and_cancel_an_order_while_an_operator_reports_on_it() {
    // Whoever comes first, and whichever actor Automerge prefers.
    for (n, cancel_comes_first) in [(3, true), (4, false), (5, true), (6, false)] {
        let (mut server, mut sue) = floor();
        let mut bob = Device::ready(&mut server, n, SUE_SUPERVISOR);
        let mut ann = Device::ready(&mut server, n + 10, ANN_OPERATOR);
        let edit = WorkOrderEdit { priority: Some(1), ..WorkOrderEdit::default() };
        sue.must(Command::EditWorkOrder { order: order(1), edit });
        bob.must(cancel(1));
        ann.must(start(1, 10));
        ann.must(report(1, 10, 7, 1));
        let (first, second) = if cancel_comes_first { (&mut bob, &mut sue) } else { (&mut sue, &mut bob) };
        first.sync(&mut server);
        second.sync(&mut server);
        ann.sync(&mut server);
        for device in [&mut sue, &mut bob, &mut ann] {
            device.sync(&mut server);
            let seen = device.order(order(1));
            assert_eq!(seen.row.stage, Stage::Cancelled);
            assert_eq!(seen.operations[0].output.good, whole(7), "what was made was made");
        }
        assert!(bob.outbox().is_empty());
        // An edit of a cancelled order and its start are for their people to decide on, and only those.
        let of_sue: Vec<_> = sue.ask(Attention {}).into_iter().map(|row| row.item.code).collect();
        let edited: &[&str] = if cancel_comes_first { &["edit_work_order"] } else { &[] };
        assert_eq!(of_sue, edited);
        let of_ann: Vec<_> = ann.ask(Attention {}).into_iter().map(|row| row.item.code).collect();
        assert_eq!(of_ann, ["start_operation"]);
    }
}

#[test]
fn a_refused_report_outlasts_the_shift_and_is_corrected_by_the_one_who_made_it() {
    let (mut server, _, mut ann) = refused_report();
    let row = ann.ask(Attention {}).remove(0);
    assert_eq!(row.item.user_name, "Ann");
    let is_there = |device: &Device| {
        let rows = device.ask(Attention {});
        assert_eq!(
            rows.iter().map(|row| row.item.clone()).collect::<Vec<_>>(),
            std::slice::from_ref(&row.item)
        );
        assert_eq!(rows[0].entered, row.entered);
        assert_eq!(device.replica.status().expect("reads").attention_count, 1);
    };
    ann.replica.sign_out().expect("stored");
    is_there(&ann);
    let mut tablet = ann.reopen();
    assert_eq!(tablet.replica.session().user, None);
    is_there(&tablet);
    // Nobody is signed in: nobody decides.
    let (now, random) = tablet.later();
    let outcome = tablet.replica.resend(row.item.command, None, now, random);
    assert!(matches!(outcome, Err(HostError::NotSignedIn)), "{outcome:?}");

    tablet.sign_in(BOB_OPERATOR);
    is_there(&tablet);
    tablet.must(report(1, 10, 7, 0));
    tablet.sync(&mut server);
    is_there(&tablet);
    let mut tablet = tablet.reopen();
    is_there(&tablet);
    tablet.replica.sign_out().expect("stored");
    tablet.sign_in(ANN_OPERATOR);
    let mut tablet = tablet.lose_replica();
    tablet.pull(&server);
    is_there(&tablet);

    let (now, random) = tablet.later();
    let corrected = report(1, 10, 4, 0);
    tablet.replica.resend(row.item.command, Some(corrected), now, random).expect("entered again");
    assert_eq!(tablet.ask(Attention {}), []);
    let sent = tablet.unsent();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].user, sent[0].occurred_at), (id(ANN_OPERATOR), row.item.at));
    tablet.sync(&mut server);
    assert!(tablet.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(11), "7 of Bob's, and 4");
    assert_eq!(tablet.order(order(1)).operations[0].output.good, whole(11));
}
