//! The driver between a screen and a server in memory.

mod comparing;
mod spoilt_chunks;
mod world;

use std::fs;
use std::path::Path;

use shared_model::host::{
    Event, HostError, Imported, Message, Outbox, Query, Reply, Request, Session, Storage,
};
use shared_model::refusal::Refusal;
use shared_model::sync::client::Link;
use shared_model::sync::wire::{self, ProblemCode, ServerFrame, Verdict};

use self::world::{Broken, Disk, Kept, World, setup};
use super::{Driver, Effect, Input};
use crate::native::Directory;
use crate::tests::plant::{
    ANN_OPERATOR, Device, SHELF, STEEL, SUE_SUPERVISOR, create, id, order, receive, release, report, start,
    whole,
};

#[test]
fn a_device_joins_signs_in_and_has_the_plant() {
    let mut world = World::new(ANN_OPERATOR);
    let session = world.session(Request::Session);
    assert_eq!((session.plant, session.user), (None, None));
    assert_eq!(
        world.ask(Request::SignIn { email: "a".into(), password: "b".into() }),
        Err(HostError::NotEnrolled)
    );

    let enroll = Request::Enroll { server: String::new(), code: "K7QX".into(), name: "Line 1".into() };
    let session = world.session(enroll.clone());
    assert_eq!(
        session.plant.map(|plant| (plant.name, plant.device_name)),
        Some(("Plant 1".into(), "Line 1".into()))
    );
    assert_eq!(world.status().link, Link::Online);
    let session =
        world.session(Request::SignIn { email: " ann@acme.test ".into(), password: "secret".into() });
    assert_eq!(session.user.map(|user| user.name), Some("Ann".to_owned()));
    assert!(world.driver.is_settled());
    assert_eq!(world.stations(), ["BENCH-1", "SAW-1"]);

    let again = world.ask(enroll).expect_err("joined already").to_string();
    assert_eq!(again, "this device has joined Plant 1 already");
}

#[test]
fn what_was_entered_with_no_server_in_reach_is_sent_when_there_is_one() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    for command in [receive(1000), create(1, 50), release(1), start(1, 10), report(1, 10, 48, 2)] {
        world.press(command);
    }
    let status = world.status();
    assert_eq!((status.link, status.unsent_count), (Link::Offline, 5));
    assert_eq!(world.server.fact_count(), 0);

    world.connect();
    assert!(world.driver.is_settled());
    assert_eq!(world.status().unsent_count, 0);
    assert_eq!(world.server.good(order(1), 10), whole(48));
}

#[test]
fn a_verdict_that_got_lost_is_given_again_and_counts_nothing_twice() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.press(receive(10));
    world.loses_verdicts = true;
    world.press(receive(20));
    assert_eq!(world.status().unsent_count, 1);
    world.cut();
    world.loses_verdicts = false;
    world.connect();
    assert_eq!(world.status().unsent_count, 0);
    assert_eq!(world.server.fact_count(), 2);
}

#[test]
fn a_refused_command_waits_for_a_person_and_stops_no_other() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    let saved = world.press(receive(10));
    world.press(receive(20));
    world.server.refuses.insert(saved.command, Refusal::UnknownLocation);
    world.connect();
    let status = world.status();
    assert_eq!((status.unsent_count, status.attention_count), (0, 1));
    assert_eq!(world.server.fact_count(), 1);
    assert_eq!(world.ask(Request::DiscardRefused { command: saved.command }), Ok(Reply::Done));
    assert_eq!(world.status().attention_count, 0);
}

#[test]
fn a_full_disk_is_said_and_work_goes_on_when_there_is_room() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    world.press(receive(10));
    let limit = |world: &World, pages: i64| {
        let replica = world.driver.replica().expect("open");
        for file in [&replica.outbox, &replica.replica] {
            file.query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).expect("limited");
        }
    };
    limit(&world, 1);
    let mut saved = 1;
    let refused = loop {
        match world.ask(Request::Command(receive(10))) {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, HostError::StorageFull);
    let status = world.status();
    assert_eq!((status.storage, status.unsent_count), (Storage::Full, saved), "what was saved is there");

    limit(&world, 1_000_000);
    assert!(world.ask(Request::Command(receive(10))).is_ok());
    assert_eq!(world.status().storage, Storage::Durable);
}

#[test]
fn what_the_server_sends_to_a_full_disk_is_asked_for_again_when_there_is_room() {
    let mut world = World::joined(SUE_SUPERVISOR);
    let limit = |world: &World, pages: i64| {
        let replica = &world.driver.replica().expect("open").replica;
        replica.query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).expect("limited");
    };
    limit(&world, 1);
    let mut other = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    for n in 10..40 {
        other.must(create(n, 5));
    }
    other.sync(&mut world.server);
    world.cut();
    world.connect();
    assert_eq!(world.status().storage, Storage::Full);
    assert_ne!(world.status().link, Link::Online);

    limit(&world, 1_000_000);
    world.wait(120_000);
    assert_eq!((world.status().storage, world.status().link), (Storage::Durable, Link::Online));
    assert!(world.driver.is_settled());
}

/// As a page names what it may have to ask again.
fn once(press: u128, act: Request) -> Request {
    Request::Once { press: id(press), act: Box::new(act) }
}

#[test]
fn a_press_that_is_asked_again_is_answered_as_the_first_time_and_counts_once() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    let first = world.ask(once(1, Request::Command(receive(10))));
    assert!(matches!(first, Ok(Reply::Saved(_))), "{first:?}");
    assert_eq!(world.ask(once(1, Request::Command(receive(10)))), first);
    assert_eq!(world.status().unsent_count, 1);

    // The next leader has opened the same files.
    let replica = world.driver.into_replica().expect("open");
    world.driver = Driver::open(Box::new(Kept::of(replica)), setup(true));
    assert_eq!(world.ask(once(1, Request::Command(receive(10)))), first);
    assert_eq!(world.status().unsent_count, 1);

    // The server has given it back, and only the press is left.
    world.connect();
    assert_eq!(world.status().unsent_count, 0);
    assert_eq!(world.ask(once(1, Request::Command(receive(10)))), first);
    assert_eq!(world.server.fact_count(), 1);
    assert_ne!(world.ask(once(2, Request::Command(receive(10)))), first);
    assert_eq!(world.server.fact_count(), 2);
}

#[test]
fn a_press_that_was_refused_is_a_new_one_when_it_is_asked_again() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    let refused = world.ask(once(1, Request::Command(start(1, 10))));
    assert!(matches!(refused, Err(HostError::Refused { .. })), "{refused:?}");
    for command in [create(1, 50), release(1)] {
        world.press(command);
    }
    let saved = world.ask(once(1, Request::Command(start(1, 10))));
    assert!(matches!(saved, Ok(Reply::Saved(_))), "{saved:?}");
}

#[test]
fn what_was_discarded_and_is_asked_again_is_discarded() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    let saved = world.press(receive(10));
    world.server.refuses.insert(saved.command, Refusal::UnknownLocation);
    world.connect();
    for _ in 0..2 {
        assert_eq!(world.ask(Request::DiscardRefused { command: saved.command }), Ok(Reply::Done));
    }
}

#[test]
fn a_file_of_another_device_is_taken_over_and_sent_at_once() {
    let mut world = World::joined(SUE_SUPERVISOR);
    let mut away = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    away.must(receive(10));
    let text = away.replica.export_unsent().expect("exports");
    let imported = world.ask(Request::ImportUnsent { text });
    assert_eq!(imported, Ok(Reply::Imported(Imported { taken: 1, known: 0 })));
    assert_eq!((world.status().unsent_count, world.server.fact_count()), (0, 1));
}

#[test]
fn a_wrong_clock_is_corrected_by_the_servers() {
    let mut world = World::new(ANN_OPERATOR);
    world.server_is_ahead_by_millis = 3_600_000;
    world.join();
    assert_eq!(world.status().clock_offset_millis, 3_600_000);
    // Somebody sets the clock back while the device sleeps.
    world.cut();
    world.now = world.now.plus_millis(-86_400_000);
    world.forget_token();
    world.connect();
    assert_eq!(world.status().link, Link::Online);
    assert_eq!(world.status().clock_offset_millis, 3_600_000 + 86_400_000);
}

#[test]
fn a_token_that_the_server_does_not_take_is_renewed_once() {
    let mut world = World::joined(ANN_OPERATOR);
    let asked = world.tokens_asked;
    world.refuses_tokens = 1;
    let sign_in = Request::SignIn { email: "ann@acme.test".into(), password: "secret".into() };
    assert!(world.ask(sign_in.clone()).is_ok());
    assert_eq!(world.tokens_asked, asked + 1);
    world.refuses_tokens = 5;
    assert!(matches!(world.ask(sign_in), Err(HostError::Rejected { .. })));
    assert_eq!(world.tokens_asked, asked + 2);
}

/// A device with work that it could not send before it was revoked.
fn revoked(commands: i32) -> World {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    for n in 1..=commands {
        world.press(receive(n));
    }
    world.is_revoked = true;
    world.forget_token();
    world
}

#[test]
fn a_revoked_device_hands_in_its_work_once_keeps_it_and_stops_asking() {
    let mut world = revoked(250);
    world.connect();
    let status = world.status();
    assert_eq!((status.link, status.unsent_count, status.attention_count), (Link::Revoked, 0, 250));
    assert_eq!(world.handed_in, [100, 100, 50], "in parts");
    let asked = world.tokens_asked;
    world.wait(3_600_000);
    world.connect();
    assert_eq!((world.tokens_asked, world.handed_in.len()), (asked, 3));
    // What somebody goes on to enter there is handed in as well.
    world.press(receive(1));
    assert_eq!(world.handed_in, [100, 100, 50, 1]);
    assert_eq!(world.status().attention_count, 251);
    assert_eq!(world.server.fact_count(), 0);
}

#[test]
fn a_device_that_is_revoked_while_it_is_connected_hands_in_what_is_left() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.loses_verdicts = true;
    world.press(receive(1));
    let code = ProblemCode::Revoked;
    let problem = ServerFrame::Problem { code, message: "revoked".to_owned() };
    world.receive_bytes(wire::encode(&problem).expect("encodes"));
    assert_eq!(world.handed_in, [1]);
    let status = world.status();
    assert_eq!((status.link, status.unsent_count, status.attention_count), (Link::Revoked, 0, 0));
    assert_eq!(world.server.fact_count(), 1, "it was accepted before, which handing in told");
}

#[test]
fn what_a_revoked_device_cannot_hand_in_is_handed_in_later() {
    let mut world = revoked(1);
    world.takes_no_work = true;
    world.connect();
    let status = world.status();
    assert_eq!((status.link, status.unsent_count), (Link::Revoked, 1));
    world.wait(600_000);
    assert!((2..10).contains(&world.refused_parts), "{} attempts", world.refused_parts);
    world.takes_no_work = false;
    world.wait(3_600_000);
    let status = world.status();
    assert_eq!((status.unsent_count, status.attention_count), (0, 1));
    assert_eq!(world.handed_in, [1]);
}

#[test]
fn a_revoked_device_whose_clock_is_wrong_hands_in_its_work_all_the_same() {
    let mut world = revoked(1);
    world.server_is_ahead_by_millis = 86_400_000;
    world.connect();
    assert_eq!((world.status().unsent_count, world.handed_in.as_slice()), (0, &[1][..]));
}

#[test]
fn a_revoked_device_whose_clock_is_set_again_and_again_hands_in_its_work_all_the_same() {
    let mut world = revoked(1);
    // Its clock is wrong; before it can come back with the right time, somebody sets it once more.
    world.server_is_ahead_by_millis = 86_400_000;
    world.clock_jumps_over_answers = 3;
    world.connect();
    assert_eq!((world.status().link, world.status().unsent_count), (Link::Revoked, 1));
    world.wait(3_600_000);
    assert_eq!((world.status().unsent_count, world.handed_in.as_slice()), (0, &[1][..]));
}

#[test]
fn a_revoked_device_hands_in_what_a_server_that_was_set_back_lost() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.press(receive(3));
    let backup = world.server.clone();
    let lost = world.press(receive(5));
    assert!(world.driver.is_settled());
    world.cut();
    // It is turned away before it hears that the server is not the one that it was.
    world.server = backup;
    world.is_revoked = true;
    world.forget_token();
    world.connect();
    assert_eq!(world.handed_in, [2]);
    assert_eq!(world.server.verdict(lost.command), Some(&Verdict::Refused(Refusal::DeviceRevoked)));
    assert_eq!(world.server.fact_count(), 1, "the other one is known");
    assert_eq!(world.status().attention_count, 0, "an administrator has it, and nobody else needs to act");
    world.wait(3_600_000);
    assert_eq!(world.handed_in, [2]);
}

#[test]
fn a_revoked_device_that_asks_what_becomes_of_it_sleeps_until_the_answer() {
    let mut world = revoked(1);
    world.connect();
    world.now = world.now.plus_millis(3_600_000);
    let effects = world.driver.handle(world.now, Input::Time);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Post { .. })), "it asks");
    let wakes = |effect: &Effect| matches!(effect, Effect::WakeAt(at) if *at <= world.now);
    assert!(!effects.iter().any(wakes), "again and again, with nothing to do");
}

#[test]
fn a_log_is_written_into_its_file_when_nobody_has_pressed_anything_for_a_moment() {
    let root = tempfile::tempdir().expect("a directory");
    let files = Directory::open(root.path(), false).expect("opens");
    let mut world = World::on(Box::new(files), SUE_SUPERVISOR);
    world.join();
    world.cut();
    world.wait(10_000);
    let files = || {
        ["outbox.sealed.db", "replica.sealed.db"]
            .map(|name| fs::read(root.path().join(name)).expect("a file"))
    };
    let before = files();
    for n in 1..=60 {
        world.press(receive(n));
        world.wait(10);
    }
    assert!(files() == before, "a press waits for no copying");
    world.wait(1_000);
    assert!(files().iter().zip(&before).all(|(now, before)| now != before), "there was time for it");
}

#[test]
fn a_replica_for_which_there_is_no_room_is_opened_by_itself_when_there_is() {
    let (disk, is_full) = Disk::new();
    let mut world = World::on(Box::new(disk), SUE_SUPERVISOR);
    world.join();
    world.cut();
    // So much that the logs are to be copied in a moment.
    for n in 1..=60 {
        world.press(receive(n));
    }
    world.history = 78;
    is_full.set(true);
    world.connect();
    let session = world.session(Request::Session);
    assert_eq!((session.plant, session.storage), (None, Storage::Unavailable));
    let told = world.ask(Request::Command(receive(1))).expect_err("no replica").to_string();
    assert!(told.contains("make room"), "{told}");
    world.wait(60_000);
    assert!(world.driver.replica().is_none());

    is_full.set(false);
    world.wait(10_000);
    assert!(world.session(Request::Session).plant.is_some());
    assert!(world.driver.is_settled(), "with what had waited in the outbox");
    assert_eq!(world.server.fact_count(), 60);
}

/// A device in a directory, with work that it could not send before an administrator had it emptied.
fn to_be_wiped(root: &Path) -> World {
    let files = Directory::open(root, false).expect("opens");
    let mut world = World::on(Box::new(files), SUE_SUPERVISOR);
    world.join();
    world.cut();
    for n in 1..=3 {
        world.press(receive(n));
    }
    (world.is_revoked, world.is_to_be_wiped) = (true, true);
    world.forget_token();
    world
}

#[test]
fn a_device_that_is_wiped_while_it_is_away_hands_in_its_work_and_is_as_new() {
    let root = tempfile::tempdir().expect("a directory");
    let mut world = to_be_wiped(root.path());
    assert_eq!(world.status().unsent_count, 3);
    let key = fs::read(root.path().join("key")).expect("a key");
    world.told.clear();
    world.connect();
    assert_eq!((world.handed_in.as_slice(), world.last_words), (&[3][..], 1));
    assert!(world.told.iter().any(|event| matches!(event, Event::Changed { .. })), "the screens ask again");
    let session = world.session(Request::Session);
    assert_eq!((session.plant, session.user), (None, None));
    assert_eq!(session.wiped.map(|wiped| wiped.plant).as_deref(), Some("Plant 1"));
    assert_eq!(world.ask(Request::Query(Query::Outbox(Outbox {}))), Err(HostError::NotEnrolled));
    assert_ne!(fs::read(root.path().join("key")).expect("another key"), key);
    // It is a device like any other, for whoever joins with it.
    (world.is_revoked, world.is_to_be_wiped) = (false, false);
    world.join();
    let session = world.session(Request::Session);
    assert!(session.plant.is_some() && session.wiped.is_none());
    assert_eq!(world.status().unsent_count, 0);
}

#[test]
fn a_device_is_not_emptied_before_the_server_has_all_of_its_work() {
    let root = tempfile::tempdir().expect("a directory");
    let mut world = to_be_wiped(root.path());
    world.keeps_at_most = 1;
    world.connect();
    world.wait(10_000);
    assert!(world.session(Request::Session).plant.is_some());
    world.takes_no_work = true;
    world.wait(3_600_000);
    assert!(world.session(Request::Session).plant.is_some());
    world.takes_no_work = false;
    world.keeps_at_most = usize::MAX;
    world.wait(7_200_000);
    assert!(world.session(Request::Session).wiped.is_some());
    let kept = world.server.refuses.len();
    assert_eq!(kept, 3);
}

#[test]
fn a_device_whose_last_word_is_lost_is_emptied_all_the_same() {
    let root = tempfile::tempdir().expect("a directory");
    let mut world = to_be_wiped(root.path());
    world.loses_last_words = true;
    world.connect();
    assert!(world.session(Request::Session).wiped.is_some());
}

#[test]
fn a_revoked_device_asks_now_and_then_whether_it_is_to_be_emptied() {
    let root = tempfile::tempdir().expect("a directory");
    let mut world = to_be_wiped(root.path());
    world.is_to_be_wiped = false;
    world.connect();
    assert_eq!(world.status().unsent_count, 0);
    world.is_to_be_wiped = true;
    world.wait(600_000);
    assert!(world.session(Request::Session).plant.is_some());
    world.wait(600_000);
    assert!(world.session(Request::Session).wiped.is_some());
    assert_eq!(world.handed_in, [3]);
}

#[test]
fn what_needs_the_server_says_so_when_it_is_out_of_reach() {
    let mut world = World::joined(ANN_OPERATOR);
    world.cut();
    world.forget_token();
    let sign_in = Request::SignIn { email: "ann@acme.test".into(), password: "secret".into() };
    assert_eq!(world.ask(sign_in), Err(HostError::Offline));
    let mut world = World::new(ANN_OPERATOR);
    world.is_reachable = false;
    let enroll = Request::Enroll { server: "10.0.0.9:8080".into(), code: "K".into(), name: "x".into() };
    let told = world.ask(enroll).expect_err("no answer").to_string();
    assert_eq!(told, "no Unison server answers at https://10.0.0.9:8080; check the address and the network");
}

#[test]
fn the_screens_hear_of_a_burst_of_changes_at_its_beginning_and_its_end() {
    let mut world = World::joined(SUE_SUPERVISOR);
    world.cut();
    world.wait(1000);
    world.told.clear();
    for n in 0..50 {
        world.now = world.now.plus_millis(1);
        world.press(receive(n + 1));
    }
    world.wait(1000);
    let changes = world.told.iter().filter(|event| matches!(event, Event::Changed { .. })).count();
    assert_eq!(changes, 2, "{:?}", world.told);
    assert_eq!(world.status().unsent_count, 50);
}

#[test]
fn a_device_that_may_not_use_the_network_does_not() {
    let mut world = World::new(SUE_SUPERVISOR);
    world.join();
    let replica = world.driver.into_replica().expect("open");
    let mut driver = Driver::open(Box::new(world::Kept::of(replica)), world::setup(false));
    let now = world.now;
    let mut effects = driver.handle(now, Input::Wake);
    let command = Request::Command(receive(1));
    effects.extend(driver.handle(now, Input::Call(shared_model::host::Call { id: 1, request: command })));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Tell(Message::Answer(answer)) if answer.reply.is_ok()))
    );
    assert!(
        effects.iter().all(|effect| matches!(effect, Effect::Tell(_) | Effect::WakeAt(_))),
        "{effects:?}"
    );
}

#[test]
fn a_device_that_has_an_order_to_fetch_sleeps_while_it_is_offline() {
    let mut world = World::joined(ANN_OPERATOR);
    // One did not come.
    world.driver.no_order(world.now);
    world.cut();
    world.now = world.now.plus_millis(40_000);
    let effects = world.driver.handle(world.now, Input::Time);
    let wakes = |effect: &Effect| matches!(effect, Effect::WakeAt(at) if *at <= world.now);
    assert!(!effects.iter().any(wakes), "again and again, with nothing to do: {effects:?}");
}

#[test]
fn without_files_nothing_is_said_to_be_saved() {
    let mut driver = Driver::open(Box::new(Broken), world::setup(true));
    let mut ask = |request| {
        let call = shared_model::host::Call { id: 1, request };
        driver.handle(shared_model::time::Timestamp::from_millis(0), Input::Call(call)).remove(0)
    };
    let Effect::Tell(Message::Answer(session)) = ask(Request::Session) else { panic!("no answer") };
    let expected = Session { storage: Storage::Unavailable, ..Session::default() };
    assert_eq!(session.reply, Ok(Reply::Session(expected)));
    let Effect::Tell(Message::Answer(saved)) = ask(Request::Command(receive(1))) else { panic!("no answer") };
    assert!(matches!(saved.reply, Err(HostError::Storage { .. })));
}

#[test]
fn a_new_order_without_an_id_gets_one() {
    let mut world = World::joined(SUE_SUPERVISOR);
    let shared_model::command::Command::CreateWorkOrder(mut new) = create(1, 5) else {
        panic!("a new order")
    };
    new.id = uuid::Uuid::nil().into();
    let mut create = || world.press(shared_model::command::Command::CreateWorkOrder(new.clone())).order;
    let (first, second) = (create(), create());
    assert!(first.is_some_and(|order| !order.uuid().is_nil()));
    assert_ne!(first, second);
}

#[test]
fn frames_that_make_no_sense_end_the_connection_and_nothing_else() {
    let mut world = World::joined(ANN_OPERATOR);
    world.receive_bytes(vec![9, 9, 9]);
    assert_eq!(world.status().link, Link::Offline);
    world.wait(10_000);
    assert_eq!(world.status().link, Link::Online);
}

#[test]
fn a_new_device_begins_with_a_snapshot_also_over_a_bad_line() {
    let mut world = World::new(ANN_OPERATOR);
    world.chunk_size = Some(4);
    world.loses_chunks = 3;
    world.session(Request::Enroll { server: String::new(), code: "K7QX".into(), name: "Line 1".into() });
    assert_eq!(world.status().link, Link::Offline, "the first parts did not come");
    world.wait(60_000);
    assert_eq!(world.status().link, Link::Online);
    assert_eq!(world.stations(), ["BENCH-1", "SAW-1"]);
    let asked = world.chunks_asked;
    world.cut();
    world.connect();
    assert_eq!(world.chunks_asked, asked, "it goes on with the feeds");
    assert!(world.driver.is_settled());
}

#[test]
fn what_a_snapshot_began_before_the_server_was_set_back_is_not_here_afterwards() {
    let mut world = World::new(SUE_SUPERVISOR);
    let mut other = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    other.must(receive(1));
    other.sync(&mut world.server);
    let backup = world.server.clone();
    for n in 2..20 {
        other.must(receive(n));
    }
    other.sync(&mut world.server);
    world.chunk_size = Some(3);
    world.chunks_until_cut = Some(8);
    world.session(Request::Enroll { server: String::new(), code: "K7QX".into(), name: "Line 1".into() });
    let begun = world.driver.replica().expect("open").begun().expect("reads");
    assert_eq!(begun.len(), 1, "the plant's is not whole");

    // The device has nothing by which the server could tell that it is of another history.
    world.cut();
    world.server = backup;
    world.chunk_size = None;
    world.chunks_until_cut = None;
    world.connect();
    world.wait(60_000);
    assert_eq!(world.status().link, Link::Online);
    let replica = &world.driver.replica().expect("open").replica;
    let facts: usize = replica.query_row("select count(*) from fact", [], |row| row.get(0)).expect("counts");
    assert_eq!(facts, world.server.fact_count());
}

#[test]
fn a_server_that_was_set_back_is_sent_what_it_lost() {
    let mut world = World::joined(SUE_SUPERVISOR);
    let backup = world.server.clone();
    world.press(receive(5));
    assert!(world.driver.is_settled());
    world.cut();
    world.server = backup;
    world.history = 78;
    world.connect();
    world.wait(60_000);
    assert_eq!(world.status().link, Link::Online);
    assert!(world.driver.is_settled());
    assert_eq!(world.server.on_hand(STEEL, SHELF), shared_model::quantity::Amount::whole(5));
}

#[test]
fn what_waited_for_another_device_is_sent_when_that_has_brought_what_it_stands_on() {
    let mut world = World::joined(SUE_SUPERVISOR);
    let mut sue = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    let backup = world.server.clone();
    sue.must(create(1, 50));
    sue.must(release(1));
    sue.sync(&mut world.server);
    world.cut();
    world.connect();
    let saved = [start(1, 10), report(1, 10, 8, 0)].map(|command| world.press(command).command);
    assert!(world.driver.is_settled());

    world.cut();
    world.server = backup;
    world.history = 78;
    world.connect();
    world.wait(60_000);
    let status = world.status();
    assert_eq!((status.link, status.unsent_count, status.attention_count), (Link::Online, 2, 0));
    assert!(world.driver.is_settled(), "nothing more comes by itself");
    assert_eq!(world.server.verdict(saved[0]), None);
    // Something that was entered later is sent before.
    world.press(receive(5));
    assert_eq!(world.status().unsent_count, 2);

    sue.replica.send_kept_again(world.server.head()).expect("stored");
    let mut sue = sue.lose_replica();
    sue.sync(&mut world.server);
    world.press(receive(6));
    assert_eq!((world.status().unsent_count, world.status().attention_count), (0, 0));
    assert_eq!(world.server.good(order(1), 10), whole(8));
    assert!(world.driver.is_settled());
}

#[test]
fn what_waited_for_a_day_in_vain_is_shown_to_a_person() {
    let mut world = World::joined(ANN_OPERATOR);
    let mut sue = Device::ready(&mut world.server, 7, SUE_SUPERVISOR);
    let backup = world.server.clone();
    sue.must(create(1, 50));
    sue.must(release(1));
    sue.sync(&mut world.server);
    world.cut();
    world.connect();
    world.press(start(1, 10));
    world.cut();
    world.server = backup;
    world.history = 78;
    world.connect();
    world.wait(23 * 3_600_000);
    assert_eq!((world.status().unsent_count, world.status().attention_count), (1, 0));
    world.wait(2 * 3_600_000);
    assert_eq!((world.status().unsent_count, world.status().attention_count), (0, 1));
}
