//! Unsent work is taken from one device to another as a file.

use serde_json::{Value, json};
use shared_model::command::Command;
use shared_model::host::{HostError, Imported};
use shared_model::refusal::Refusal;
use shared_model::work_order::Stage;

use super::plant::*;

impl Device {
    fn file(&self) -> String {
        self.replica.export_unsent().expect("exports")
    }

    fn takes(&mut self, file: &str) -> Result<Imported, HostError> {
        let (now, _) = self.later();
        self.replica.import_unsent(file, now)
    }

    /// Why a file is not taken over; and then nothing of it is.
    fn complains(&mut self, file: &str) -> String {
        let before = self.unsent();
        let message = match self.takes(file) {
            Err(HostError::Rejected { message }) => message,
            other => panic!("taken over: {other:?}"),
        };
        assert_eq!(self.unsent(), before);
        message
    }
}

fn altered(file: &str, alter: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(file).expect("JSON");
    alter(&mut value);
    value.to_string()
}

/// A server with an order on the floor, and Ann at a device that has not reached the server since she
/// started, reported twice and took the first report back.
fn stranded() -> (Server, Device, Device) {
    let (mut server, sue) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    ann.must(start(1, 10));
    let first = ann.must(report(1, 10, 48, 2)).report.expect("a report");
    ann.must(report(1, 10, 5, 0));
    ann.must(Command::VoidReport { order: order(1), report: first, reason: "typo".to_owned() });
    (server, sue, ann)
}

#[test]
fn what_one_device_cannot_send_another_one_does_in_the_name_of_who_entered_it() {
    let (mut server, mut sue, ann) = stranded();
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    let file = ann.file();
    assert_eq!(other.takes(&file).expect("taken over"), Imported { taken: 4, known: 0 });
    // Shown at once, without the server.
    assert_eq!(other.order(order(1)).operations[0].output.good, whole(5));
    let (theirs, ours) = (ann.unsent(), other.unsent());
    let who_and_when = |all: &[shared_model::command::Envelope]| -> Vec<_> {
        all.iter().map(|it| (it.id, it.user, it.occurred_at)).collect()
    };
    assert_eq!(who_and_when(&ours), who_and_when(&theirs));
    assert!(ours.iter().all(|it| it.device != theirs[0].device));

    let mut other = other.reopen();
    other.sync(&mut server);
    assert!(other.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(5));
    sue.sync(&mut server);
    assert_eq!(sue.order(order(1)).operations[0].output.good, whole(5));
}

#[test]
fn however_often_a_file_is_taken_over_and_by_whom_each_entry_counts_once() {
    let (mut server, mut sue, mut ann) = stranded();
    let file = ann.file();
    let mut one = Device::ready(&mut server, 3, ANN_OPERATOR);
    let mut two = Device::ready(&mut server, 4, ANN_OPERATOR);
    assert_eq!(one.takes(&file).expect("taken over").taken, 4);
    assert_eq!(one.takes(&file).expect("taken over"), Imported { taken: 0, known: 4 });
    assert_eq!(two.takes(&file).expect("taken over").taken, 4);
    one.sync(&mut server);
    two.sync(&mut server);
    assert_eq!(server.good(order(1), 10), whole(5));

    // And the first device finds its network again.
    ann.sync(&mut server);
    one.sync(&mut server);
    two.sync(&mut server);
    sue.sync(&mut server);
    for device in [&one, &two, &ann, &sue] {
        assert!(device.outbox().is_empty(), "{:?}", device.outbox());
        assert_eq!(device.order(order(1)).operations[0].output.good, whole(5));
    }
    assert_eq!(server.good(order(1), 10), whole(5));

    // What the server has long had is known here, too, or is answered by it.
    one.takes(&file).expect("taken over");
    assert_eq!(one.order(order(1)).operations[0].output.good, whole(5));
    one.sync(&mut server);
    assert!(one.outbox().is_empty());
    assert_eq!(server.good(order(1), 10), whole(5));
}

#[test]
fn the_first_device_goes_on_after_another_one_has_sent_its_work() {
    let (mut server, mut sue, mut ann) = stranded();
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    other.takes(&ann.file()).expect("taken over");
    other.sync(&mut server);
    // What it enters now stands on changes that the server has in another form.
    ann.must(Command::FinishOperation { order: order(1), operation: 10 });
    for _ in 0..3 {
        ann.sync(&mut server);
    }
    assert!(ann.outbox().is_empty(), "{:?}", ann.outbox());
    sue.sync(&mut server);
    let (theirs, hers) = (sue.order(order(1)), ann.order(order(1)));
    assert_eq!((&theirs.operations, &theirs.timeline), (&hers.operations, &hers.timeline));
    assert_eq!(theirs.operations[0].output.good, whole(5));
}

#[test]
fn an_order_that_only_the_file_knows_comes_with_it() {
    let mut server = Server::new();
    let mut sue = Device::ready(&mut server, 1, SUE_SUPERVISOR);
    sue.must(create(7, 20));
    sue.must(release(7));
    let mut other = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    assert_eq!(other.takes(&sue.file()).expect("taken over").taken, 2);
    assert_eq!(other.order(order(7)).row.stage, Stage::Released);
    other.sync(&mut server);
    sue.sync(&mut server);
    other.sync(&mut server);
    assert_eq!(other.order(order(7)), sue.order(order(7)));
    assert_eq!(other.order(order(7)).row.stage, Stage::Released);
}

#[test]
fn what_makes_no_sense_here_is_left_to_the_server() {
    let (mut server, mut sue, ann) = stranded();
    sue.must(cancel(1));
    sue.sync(&mut server);
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    assert_eq!(other.takes(&ann.file()).expect("taken over").taken, 4);
    other.sync(&mut server);
    let refused: Vec<_> = other.outbox().into_iter().filter_map(|item| item.refusal).collect();
    assert!(
        matches!(refused[..], [Refusal::WrongState { .. }]),
        "the start; a report is never too late: {refused:?}"
    );
    assert_eq!(server.good(order(1), 10), whole(5));
}

#[test]
fn a_file_of_people_who_never_signed_in_here_says_who_they_are() {
    let (mut server, _, ann) = stranded();
    let mut desk = Device::ready(&mut server, 3, SUE_SUPERVISOR);
    let message = desk.complains(&ann.file());
    assert!(message.contains("have not signed in on this device: Ann."), "{message}");
}

#[test]
fn only_who_directs_work_takes_over_what_others_entered() {
    let (mut server, mut sue, ann) = stranded();
    let file = ann.file();
    sue.sign_in(ANN_OPERATOR);
    sue.sign_in(SUE_SUPERVISOR);
    assert_eq!(sue.takes(&file).expect("taken over").taken, 4);

    let mut ann = Device::ready(&mut server, 3, ANN_OPERATOR);
    let mut desk = Device::ready(&mut server, 4, SUE_SUPERVISOR);
    desk.must(receive(10));
    ann.sign_in(SUE_SUPERVISOR);
    ann.sign_in(ANN_OPERATOR);
    let outcome = ann.takes(&desk.file());
    assert!(
        matches!(outcome, Err(HostError::Refused { refusal: Refusal::NotPermitted { .. } })),
        "{outcome:?}"
    );
    assert_eq!(ann.unsent(), []);
}

#[test]
fn a_file_that_is_none_says_what_is_wrong_and_nothing_of_it_is_taken_over() {
    let (mut server, _, ann) = stranded();
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    let file = ann.file();
    let half: String = file.chars().take(file.len() / 2).collect();
    let twice = altered(&file, |it| {
        let first = it["commands"][0].clone();
        it["commands"].as_array_mut().expect("a list").push(first);
    });
    let foreign = uuid::Uuid::from_u128(4711);
    for (file, part) in [
        ("a,b\n1,2\n".to_owned(), "no file of unsent work"),
        (String::new(), "no file of unsent work"),
        ("[]".to_owned(), "no file of unsent work"),
        (json!({ "format": "something-else", "version": 1 }).to_string(), "no file of unsent work"),
        (half, "ends in the middle"),
        (altered(&file, |it| it["version"] = json!(2)), "newer Unison"),
        (altered(&file, |it| it["plant"] = json!(foreign)), "another plant (Plant 1)"),
        (altered(&file, |it| it["commands"] = json!([])), "nothing in this file"),
        (twice, "entry 5 of this file cannot be taken over: it is in it twice"),
        (altered(&file, |it| it["commands"][2]["entry"]["plant"] = json!(foreign)), "entry 3"),
        (
            altered(&file, |it| it["commands"][1]["entry"]["command"] = json!("{\"command\":\"fly\"}")),
            "newer Unison",
        ),
        (altered(&file, |it| it["commands"][1]["entry"]["command"] = json!("{}")), "altered, or damaged"),
        (
            altered(&file, |it| it["commands"][3]["entry"]["occurred_at"] = json!("noon")),
            "altered, or damaged",
        ),
        (" ".repeat(17 << 20), "larger than 16 MB"),
    ] {
        let message = other.complains(&file);
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(other.takes(&file).expect("the file itself is good").taken, 4);
}

#[test]
fn a_file_cut_off_anywhere_is_never_taken_over_in_part() {
    let (mut server, _, ann) = stranded();
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    let file = ann.file();
    for end in (0..file.len() - 1).step_by(97).filter(|end| file.is_char_boundary(*end)) {
        other.complains(&file[..end]);
    }
}

#[test]
fn a_refused_entry_goes_to_the_other_device_as_such() {
    let (mut server, _) = floor();
    let mut ann = Device::ready(&mut server, 2, ANN_OPERATOR);
    let saved = ann.must(report(1, 10, 5, 0));
    server.refuses.insert(saved.command, Refusal::NotSignedIn);
    ann.sync(&mut server);
    let mut other = Device::ready(&mut server, 3, ANN_OPERATOR);
    assert_eq!(other.takes(&ann.file()).expect("taken over").taken, 1);
    other.sync(&mut server);
    assert_eq!(other.outbox()[0].refusal, Some(Refusal::NotSignedIn));
}
