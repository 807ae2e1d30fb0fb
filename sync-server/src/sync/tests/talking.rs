//! What is said on a real WebSocket.

use std::time::Duration;

use shared_model::actor::ActorEpoch;
use shared_model::command::Command;
use shared_model::ids::FeedId;
use shared_model::people::Role;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::stored::StoredChange;
use shared_model::sync::wire::{
    CREDIT_BATCHES, ClientFrame, Cursor, EntryChange, MAX_FRAME_BYTES, MAX_PUSH, ProblemCode, ServerFrame,
    Verdict, encode,
};
use shared_model::time::Timestamp;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::floor::{Floor, is_accepted, report};
use super::line::{Exchange, hello};
use crate::db::device;
use crate::db::feed::{self, NewEntry};
use crate::edge;
use crate::testing::eventually;

const PING: ClientFrame = ClientFrame::Ping { at: Timestamp::from_millis(7) };

#[tokio::test]
async fn a_new_device_gets_everything_and_then_nothing_twice() {
    let mut floor = Floor::new().await;
    let (tablet, order) = floor.tablet_with_order(50).await;
    let exchange = Exchange::open(&floor).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    assert_eq!(heads.len(), 2);
    let batches = line.catch_up(&heads).await;
    let (of_all, of_plant): (Vec<_>, Vec<_>) =
        batches.iter().partition(|batch| batch.feed == FeedId::from(floor.world.organization));
    assert!(
        of_all.iter().flat_map(|batch| &batch.entries).all(|it| matches!(it.change, EntryChange::Record(_)))
    );
    let is_ours = |change: &EntryChange| matches!(change, EntryChange::Document { id, .. } if *id == order);
    assert_eq!(of_plant.iter().flat_map(|batch| &batch.entries).filter(|it| is_ours(&it.change)).count(), 2);
    // Again, with everything here: nothing but a welcome.
    let (mut again, _) = exchange.call(&tablet, &heads).await;
    again.say(&PING).await;
    assert!(matches!(again.hear().await, Some(ServerFrame::Pong { at, .. }) if at.as_millis() == 7));
}

#[tokio::test]
async fn what_one_device_sends_another_one_gets() {
    let mut floor = Floor::new().await;
    let (mut sender, order) = floor.tablet_with_order(50).await;
    let receiver = floor.tablet(Role::Supervisor).await;
    let exchange = Exchange::open(&floor).await;
    let (mut from, heads) = exchange.call(&sender, &[]).await;
    from.catch_up(&heads).await;
    let (mut to, _) = exchange.call(&receiver, &heads).await;
    let pushed = sender.press(report(order, 5, 0));
    from.say(&ClientFrame::Push { commands: vec![pushed.clone()] }).await;
    let Some(ServerFrame::Batch(batch)) = to.hear().await else { panic!("a batch") };
    assert!(batch.entries.iter().all(|entry| entry.command == Some(pushed.id)));
    let (batches, word) = from.hear_word().await;
    let Some(ServerFrame::Verdicts(verdicts)) = word else { panic!("{word:?}") };
    assert_eq!(verdicts, [(pushed.id, Verdict::Accepted { seq: batch.until })]);
    // The sender gets it as well, before its verdict or after.
    if batches.is_empty() {
        assert!(matches!(from.hear().await, Some(ServerFrame::Batch(_))));
    }
}

#[tokio::test]
async fn what_another_process_commits_is_heard_here() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let heads =
        feed::heads(&mut floor.tx().await, &[floor.world.organization.into(), floor.world.plant.into()])
            .await
            .expect("heads");
    let cursors: Vec<_> = heads.iter().map(|head| Cursor { feed: head.feed, seq: head.seq }).collect();
    let (mut line, _) = exchange.call(&tablet, &cursors).await;
    // `floor.sync` is not the exchange's: only PostgreSQL carries the news.
    let receipt = tablet.draft(floor.receive(1));
    floor.judge(&tablet, receipt).await;
    assert!(matches!(line.hear().await, Some(ServerFrame::Batch(_))));
}

#[tokio::test]
async fn several_pushes_are_settled_in_their_order() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let exchange = Exchange::open(&floor).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.catch_up(&heads).await;
    let pushes: Vec<_> = (0..8).map(|_| tablet.press(report(order, 1, 0))).collect();
    for push in &pushes {
        line.say(&ClientFrame::Push { commands: vec![push.clone()] }).await;
    }
    let mut settled = Vec::new();
    while settled.len() < pushes.len() {
        let (_, word) = line.hear_word().await;
        let Some(ServerFrame::Verdicts(verdicts)) = word else { panic!("{word:?}") };
        assert!(verdicts.iter().all(is_accepted));
        settled.extend(verdicts.into_iter().map(|(id, _)| id));
    }
    assert_eq!(settled, pushes.iter().map(|push| push.id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_device_that_hands_in_a_long_queue_is_told_the_verdicts_before_its_feeds_go_on() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let exchange = Exchange::open(&floor).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.catch_up(&heads).await;
    let queue: Vec<_> = (0..MAX_PUSH).map(|_| tablet.press(report(order, 1, 0))).collect();
    line.say(&ClientFrame::Push { commands: queue }).await;
    let word = line.hear().await;
    let Some(ServerFrame::Verdicts(verdicts)) = word else { panic!("{word:?}") };
    assert!(verdicts.iter().all(is_accepted));
    // The last push of a queue may be a full one: then the feeds wait for a moment, and no longer.
    let Some(ServerFrame::Batch(_)) = line.hear().await else { panic!("a batch") };
    let word = tablet.press(report(order, 1, 0));
    line.say(&ClientFrame::Push { commands: vec![word] }).await;
    assert!(matches!(line.hear_verdict().await, Verdict::Accepted { .. }));
}

#[tokio::test]
async fn what_was_entered_behind_a_command_that_is_made_anew_is_not_refused_for_it() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let exchange = Exchange::open(&floor).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.catch_up(&heads).await;
    let mut confirmed = tablet.clone();
    let stranger = edge::ids().draw();
    let assign = tablet.press(Command::AssignWorkOrder { order, assignee: Some(stranger), seen: None });
    let start = tablet.press(Command::StartOperation { order, operation: 10 });
    let pause =
        tablet.press(Command::PauseOperation { order, operation: 10, reason: None, note: String::new() });
    for command in [assign, start.clone(), pause.clone()] {
        line.say(&ClientFrame::Push { commands: vec![command] }).await;
    }
    let verdicts = [line.hear_verdict().await, line.hear_verdict().await, line.hear_verdict().await];
    let again = Verdict::Rebase { epoch: 0 };
    assert!(matches!(verdicts[0], Verdict::Refused(Refusal::Malformed { .. })), "{verdicts:?}");
    assert_eq!(verdicts[1..], [again.clone(), again]);

    // The device decides both again, as a new author, on what is confirmed.
    confirmed.epoch = ActorEpoch(1);
    for entered in [start, pause] {
        let anew = confirmed.press_again(entered);
        line.say(&ClientFrame::Push { commands: vec![anew] }).await;
        let verdict = line.hear_verdict().await;
        assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn no_more_batches_are_sent_than_the_device_has_credit_for() {
    let floor = Floor::new().await;
    let feed = FeedId::from(floor.world.plant);
    let mut tx = floor.tx().await;
    let entries = (0..CREDIT_BATCHES + 2)
        .map(|_| {
            let change = StoredChange::Document { id: edge::ids().draw(), change: vec![7; 1_500_000] };
            NewEntry { command: None, change, ends_unit: true }
        })
        .collect();
    feed::append(&mut tx, feed, edge::now(), entries).await.expect("appended");
    tx.commit().await.expect("a commit");
    let exchange = Exchange::open(&floor).await;
    let tablet = floor.tablet(Role::Operator).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.say(&PING).await;
    let (mut batches, pong) = line.hear_word().await;
    assert!(matches!(pong, Some(ServerFrame::Pong { .. })));
    while batches.len() < CREDIT_BATCHES {
        let Some(ServerFrame::Batch(batch)) = line.hear().await else { panic!("a batch") };
        batches.push(batch);
    }
    line.say(&PING).await;
    assert!(matches!(line.hear().await, Some(ServerFrame::Pong { .. })), "no batch without credit");
    let mut here: Vec<Cursor> = Vec::new();
    for batch in &batches {
        line.say(&ClientFrame::Applied { feed: batch.feed, seq: batch.until }).await;
        here.retain(|cursor| cursor.feed != batch.feed);
        here.push(Cursor { feed: batch.feed, seq: batch.until });
    }
    while here.iter().find(|cursor| cursor.feed == feed).map(|cursor| cursor.seq)
        != heads.iter().find(|head| head.feed == feed).map(|head| head.seq)
    {
        let Some(ServerFrame::Batch(batch)) = line.hear().await else { panic!("a batch") };
        assert!(here.contains(&Cursor { feed: batch.feed, seq: batch.after }), "a gap");
        here.retain(|cursor| cursor.feed != batch.feed);
        here.push(Cursor { feed: batch.feed, seq: batch.until });
    }
}

#[tokio::test]
async fn a_device_that_does_not_read_is_not_read_from_and_misses_nothing() {
    /// Far more than waits in all buffers between the two.
    const MOST: i64 = 1_000_000;

    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let exchange = Exchange::open(&floor).await;
    let (mut other, heads) = exchange.call(&tablet, &[]).await;
    other.catch_up(&heads).await;
    let mut slow = exchange.dial_narrow().await;
    slow.say(&hello(exchange.token(&tablet), &heads)).await;
    assert!(matches!(slow.hear().await, Some(ServerFrame::Welcome { .. })));

    let mut asked = 0;
    let is_held_back = loop {
        let ping = ClientFrame::Ping { at: Timestamp::from_millis(asked) };
        match timeout(Duration::from_secs(2), slow.say(&ping)).await {
            Ok(()) if asked < MOST => asked += 1,
            Ok(()) => break false,
            Err(_) => break true,
        }
    };
    assert!(is_held_back, "{asked} answers wait for a device that reads none");
    // Nobody else waits for it.
    let pushed = tablet.press(report(order, 5, 0));
    other.say(&ClientFrame::Push { commands: vec![pushed] }).await;
    assert!(matches!(other.hear_verdict().await, Verdict::Accepted { .. }));

    let mut answered = 0;
    while answered < asked {
        match slow.hear().await {
            Some(ServerFrame::Pong { at, .. }) => {
                assert_eq!(at.as_millis(), answered);
                answered += 1;
            }
            Some(ServerFrame::Batch(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_frame_that_is_nonsense_ends_its_connection_and_no_other() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let tablet = floor.tablet(Role::Operator).await;
    let (mut good, heads) = exchange.call(&tablet, &[]).await;
    good.catch_up(&heads).await;
    let hello_bytes = encode(&hello(exchange.token(&tablet), &[])).expect("encodes");
    let truncated = hello_bytes[..hello_bytes.len() / 2].to_vec();
    let other_version = [vec![99], hello_bytes[1..].to_vec()].concat();
    let oversized = vec![1; MAX_FRAME_BYTES + 3];
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("nonsense", vec![1, 0, 255, 255, 255]),
        ("truncated", truncated),
        ("another version", other_version),
        ("oversized", oversized),
    ] {
        let mut line = exchange.dial().await;
        line.say_bytes(bytes.clone()).await;
        assert_eq!(line.hear_problem().await, ProblemCode::BadFrame, "{what}, as the first frame");
        let (mut line, _) = exchange.call(&tablet, &heads).await;
        line.say_bytes(bytes).await;
        assert_eq!(line.hear_problem().await, ProblemCode::BadFrame, "{what}, later");
    }
    let mut text = exchange.dial().await;
    text.say_message(Message::text("hello")).await;
    assert_eq!(text.hear_problem().await, ProblemCode::BadFrame);
    let (mut twice, _) = exchange.call(&tablet, &heads).await;
    twice.say(&hello(exchange.token(&tablet), &[])).await;
    assert_eq!(twice.hear_problem().await, ProblemCode::BadFrame);
    good.say(&PING).await;
    assert!(matches!(good.hear().await, Some(ServerFrame::Pong { .. })), "the others go on");
}

#[tokio::test]
async fn a_message_that_is_cut_off_ends_its_connection_and_no_other() {
    use tokio::io::AsyncWriteExt as _;
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let tablet = floor.tablet(Role::Operator).await;
    let (mut good, heads) = exchange.call(&tablet, &[]).await;
    good.catch_up(&heads).await;
    let mut raw = tokio::net::TcpStream::connect(exchange.serving.address()).await.expect("connects");
    let request = "GET /api/v1/sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    raw.write_all(request.as_bytes()).await.expect("sends");
    // A binary message of 1000 bytes of which three arrive.
    raw.write_all(&[0x82, 0xfe, 0x03, 0xe8, 1, 2, 3, 4, 9, 9, 9]).await.expect("sends");
    drop(raw);
    good.say(&PING).await;
    assert!(matches!(good.hear().await, Some(ServerFrame::Pong { .. })));
}

#[tokio::test]
async fn a_push_of_too_many_commands_is_a_bad_frame() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let (mut line, _) = exchange.call(&tablet, &[]).await;
    let commands = (0..=MAX_PUSH).map(|_| tablet.draft(floor.receive(1))).collect();
    line.say(&ClientFrame::Push { commands }).await;
    assert_eq!(line.hear_problem().await, ProblemCode::BadFrame);
    assert_eq!(floor.count("fact").await, 0);
}

#[tokio::test]
async fn a_device_without_a_token_is_told_to_get_one() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let mut line = exchange.dial().await;
    line.say(&hello("not a token".to_owned(), &[])).await;
    assert_eq!(line.hear_problem().await, ProblemCode::Unauthorized);
    let mut rude = exchange.dial().await;
    rude.say(&PING).await;
    assert_eq!(rude.hear_problem().await, ProblemCode::BadFrame);
}

#[tokio::test]
async fn a_revoked_device_is_turned_away_and_what_it_still_sends_is_kept() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.catch_up(&heads).await;
    let mut tx = floor.tx().await;
    device::revoke(&mut tx, tablet.device, edge::now()).await.expect("a query");
    tx.commit().await.expect("a commit");
    let receipt = tablet.draft(floor.receive(1));
    line.say(&ClientFrame::Push { commands: vec![receipt.clone()] }).await;
    let refused = Verdict::Refused(Refusal::DeviceRevoked);
    assert_eq!(line.hear().await, Some(ServerFrame::Verdicts(vec![(receipt.id, refused)])));
    assert_eq!(line.hear_problem().await, ProblemCode::Revoked);
    assert_eq!(floor.count("refused").await, 1);
    let mut again = exchange.dial().await;
    again.say(&hello(exchange.token(&tablet), &[])).await;
    assert_eq!(again.hear_problem().await, ProblemCode::Revoked);
}

#[tokio::test]
async fn a_device_that_only_listens_is_noted_as_here_and_told_when_it_is_revoked() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let (here, lost, gone) = (
        floor.tablet(Role::Operator).await,
        floor.tablet(Role::Operator).await,
        floor.tablet(Role::Operator).await,
    );
    let (mut line, heads) = exchange.call(&here, &[]).await;
    line.catch_up(&heads).await;
    let (mut of_lost, _) = exchange.call(&lost, &heads).await;
    let (mut again, _) = exchange.call(&lost, &heads).await;
    drop(exchange.call(&gone, &heads).await);
    let mut tx = floor.tx().await;
    device::revoke(&mut tx, lost.device, edge::now()).await.expect("a query");
    tx.commit().await.expect("a commit");
    let look_around = async || exchange.serving.app().sync().look_around().await.expect("a database");
    look_around().await;
    assert_eq!(of_lost.hear_problem().await, ProblemCode::Revoked);
    assert_eq!(again.hear_problem().await, ProblemCode::Revoked);
    line.say(&PING).await;
    assert!(matches!(line.hear().await, Some(ServerFrame::Pong { .. })));
    // A connection that was dropped is gone as soon as the server has read so far.
    eventually("those who went not being here", async || {
        let mut tx = floor.tx().await;
        sqlx::query("update device set last_seen_at = null").execute(tx.conn()).await.expect("a query");
        tx.commit().await.expect("a commit");
        look_around().await;
        let seen = device::find(&mut floor.tx().await, here.device).await.expect("a query");
        assert!(seen.expect("a device").last_seen_at.is_some(), "who is here is noted each time");
        floor.count("device where last_seen_at is not null").await == 1
    })
    .await;
}

#[tokio::test]
async fn no_two_devices_get_the_same_numbers_nor_one_that_somebody_gave_by_hand() {
    let mut floor = Floor::new().await;
    let mut planner = floor.tablet(Role::Planner).await;
    let (id, _) = floor.create(1);
    let by_hand = planner.press(floor.create_numbered(id, 1, "wo-00041"));
    floor.judge(&planner, by_hand).await;
    let exchange = Exchange::open(&floor).await;
    let mut leases = Vec::new();
    for tablet in [planner, floor.tablet(Role::Planner).await] {
        let (mut line, _) = exchange.call(&tablet, &[]).await;
        line.say(&ClientFrame::LeaseNumbers).await;
        let (_, word) = line.hear_word().await;
        let Some(ServerFrame::Numbers(lease)) = word else { panic!("{word:?}") };
        leases.push(lease);
    }
    assert_eq!((leases[0].next, leases[0].end), (42, 92));
    assert_eq!((leases[1].next, leases[1].end), (92, 142));
    assert_eq!(leases[0].take().map(String::from), Some("WO-00042".to_owned()));
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let floor = Floor::new().await;
    let exchange = Exchange::open(&floor).await;
    let tablet = floor.tablet(Role::Operator).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    line.catch_up(&heads).await;
    exchange.serving.app().stop();
    let problem = timeout(Duration::from_secs(20), line.hear_problem()).await.expect("before long");
    assert_eq!(problem, ProblemCode::Unavailable);
}
