mod retries;

use uuid::Uuid;

use super::*;
use crate::actor::ActorEpoch;
use crate::command::Command;
use crate::refusal::Refusal;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + secs * 1000)
}

fn feed() -> FeedId {
    Uuid::from_u128(7).into()
}

fn command(sequence: u64) -> Envelope {
    Envelope {
        id: Uuid::from_u128(1000 + u128::from(sequence)).into(),
        plant: Uuid::from_u128(7).into(),
        device: Uuid::from_u128(2).into(),
        user: Uuid::from_u128(3).into(),
        occurred_at: at(0),
        sequence,
        command: Command::resume(Uuid::from_u128(4).into()),
        change: None,
        epoch: ActorEpoch(0),
    }
}

fn welcome(head: u64) -> Input {
    Input::Frame(ServerFrame::Welcome {
        server_time: at(61),
        plant: Uuid::from_u128(7).into(),
        history: Uuid::from_u128(8),
        heads: vec![Cursor { feed: feed(), seq: head }],
        snapshots: Vec::new(),
        is_other_history: false,
    })
}

fn connected(cursors: Vec<Cursor>) -> Input {
    Input::Connected { token: "t".to_owned(), here: Here { cursors, ..Here::default() } }
}

/// An engine that is connected and has everything.
fn online() -> Engine {
    let mut engine = Engine::new(1);
    engine.handle(at(0), Input::Wake);
    engine.handle(at(0), connected(vec![Cursor { feed: feed(), seq: 5 }]));
    engine.handle(at(0), welcome(5));
    engine.handle(at(0), Input::Outbox(Vec::new()));
    engine
}

fn sent(effects: &VecDeque<Effect>) -> Vec<u64> {
    effects
        .iter()
        .flat_map(|effect| match effect {
            Effect::Send(ClientFrame::Push { commands }) => commands.iter().map(|it| it.sequence).collect(),
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn it_greets_with_its_cursors_measures_the_clock_and_asks_for_unsent_work() {
    let mut engine = Engine::new(1);
    assert!(engine.handle(at(0), Input::Wake).contains(&Effect::Connect { fresh_token: false }));
    let cursors = vec![Cursor { feed: feed(), seq: 5 }];
    let effects = engine.handle(at(0), connected(cursors.clone()));
    assert!(matches!(&effects[0], Effect::Send(ClientFrame::Hello(hello)) if hello.cursors == cursors));
    let effects = engine.handle(at(2), welcome(9));
    assert!(effects.contains(&Effect::Clock { offset_millis: 60_000 }), "{effects:?}");
    assert!(effects.contains(&Effect::Status(Link::CatchingUp)));
    assert!(!reads(&effects), "a verdict must not be answered from an old state");
    let effects = engine.handle(at(3), Input::Applied { feed: feed(), seq: 9 });
    assert!(reads(&effects), "{effects:?}");
}

fn reads(effects: &VecDeque<Effect>) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::ReadOutbox { .. }))
}

/// Plays the driver: reads the outbox as long as the engine asks for it. Gives what was sent.
fn feed_outbox(
    engine: &mut Engine,
    now: Timestamp,
    outbox: &[Envelope],
    first: VecDeque<Effect>,
) -> Vec<u64> {
    let mut all = Vec::new();
    let mut effects = first;
    for _ in 0..100 {
        all.extend(sent(&effects));
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::ReadOutbox { after, limit } => Some((*after, *limit)),
            _ => None,
        });
        let Some((after, limit)) = asked else { return all };
        let read = outbox.iter().filter(|it| it.sequence > after).take(limit).cloned().collect();
        effects = engine.handle(now, Input::Outbox(read));
    }
    panic!("it never stops reading");
}

#[test]
fn a_rebase_in_front_of_a_long_outbox_is_sent_again_and_reading_ends() {
    let mut engine = online();
    let outbox: Vec<_> = (1..=1500).map(command).collect();
    let first = engine.handle(at(1), Input::Queued);
    assert_eq!(feed_outbox(&mut engine, at(1), &outbox, first).len(), 1000, "the window is full");
    let verdicts = (1..=500)
        .map(|n| match n {
            7 => (command(n).id, Verdict::Rebase { epoch: 0 }),
            _ => (command(n).id, Verdict::Accepted { seq: 5 }),
        })
        .collect();
    let left: Vec<_> = outbox.into_iter().filter(|it| it.sequence == 7 || it.sequence > 500).collect();
    let first = engine.handle(at(2), Input::Frame(ServerFrame::Verdicts(verdicts)));
    let again = feed_outbox(&mut engine, at(2), &left, first);
    assert_eq!((again.first(), again.len()), (Some(&7), 500), "and then the rest, to the end of the window");
}

#[test]
fn a_command_that_is_rebased_again_and_again_waits_for_news() {
    let mut engine = online();
    let rebase = || Input::Frame(ServerFrame::Verdicts(vec![(command(1).id, Verdict::Rebase { epoch: 0 })]));
    engine.handle(at(1), Input::Queued);
    engine.handle(at(1), Input::Outbox(vec![command(1)]));
    assert!(reads(&engine.handle(at(1), rebase())), "at once the first time");
    engine.handle(at(1), Input::Outbox(vec![command(1)]));
    assert!(!reads(&engine.handle(at(1), rebase())), "not at network speed for ever");
    assert!(reads(&engine.handle(at(2), Input::Applied { feed: feed(), seq: 6 })));
}

#[test]
fn what_the_server_leaves_without_a_verdict_is_sent_again() {
    let mut engine = online();
    engine.handle(at(1), Input::Queued);
    engine.handle(at(1), Input::Outbox(vec![command(1)]));
    let pong = || Input::Frame(ServerFrame::Pong { at: at(0), server_time: at(61) });
    for secs in [11, 21] {
        engine.handle(at(secs), Input::Tick);
        engine.handle(at(secs), pong());
    }
    let effects = engine.handle(at(31), Input::Tick);
    assert!(reads(&effects), "{effects:?}");
    assert_eq!(sent(&engine.handle(at(31), Input::Outbox(vec![command(1)]))), [1]);
}

#[test]
fn a_clock_that_is_set_while_connected_is_measured_again() {
    let mut engine = online();
    let pong = |asked, server| Input::Frame(ServerFrame::Pong { at: at(asked), server_time: at(server) });
    assert!(engine.handle(at(11), pong(11, 72)).is_empty(), "as it was told at the welcome");
    let set = engine.handle(at(-50_000), pong(21, 82));
    assert_eq!(set, [Effect::Clock { offset_millis: 50_082_000 }]);
    assert!(engine.handle(at(-49_990), pong(-49_990, 92)).is_empty());
}

#[test]
fn a_command_is_sent_once_while_its_verdict_is_awaited() {
    let mut engine = online();
    engine.handle(at(1), Input::Queued);
    assert_eq!(sent(&engine.handle(at(1), Input::Outbox(vec![command(1), command(2)]))), [1, 2]);
    engine.handle(at(1), Input::Queued);
    assert_eq!(sent(&engine.handle(at(1), Input::Outbox(vec![command(3)]))), [3]);
    assert_eq!(engine.in_flight_count(), 3);
}

#[test]
fn a_command_that_waited_is_sent_although_later_ones_were_sent_before() {
    let mut engine = online();
    engine.handle(at(1), Input::Queued);
    engine.handle(at(1), Input::Outbox(vec![command(2), command(3)]));
    let mut effects = engine.handle(at(1), Input::Freed);
    assert!(matches!(effects.make_contiguous(), [Effect::ReadOutbox { after: 0, .. }]), "{effects:?}");
    let unsettled = vec![command(1), command(2), command(3)];
    assert_eq!(sent(&engine.handle(at(1), Input::Outbox(unsettled))), [1]);
}

#[test]
fn whatever_had_no_verdict_when_the_connection_broke_is_sent_again() {
    let mut engine = online();
    engine.handle(at(1), Input::Queued);
    engine.handle(at(1), Input::Outbox(vec![command(1)]));
    engine.handle(at(2), Input::Disconnected);
    engine.handle(at(9), Input::Tick);
    engine.handle(at(9), connected(Vec::new()));
    engine.handle(at(9), welcome(5));
    assert_eq!(sent(&engine.handle(at(9), Input::Outbox(vec![command(1)]))), [1]);
}

#[test]
fn a_command_to_be_rebased_is_read_and_sent_again() {
    let mut engine = online();
    engine.handle(at(1), Input::Queued);
    engine.handle(at(1), Input::Outbox(vec![command(1), command(2)]));
    let verdicts = vec![
        (command(1).id, Verdict::Refused(Refusal::UnknownOrder)),
        (command(2).id, Verdict::Rebase { epoch: 0 }),
    ];
    let effects = engine.handle(at(2), Input::Frame(ServerFrame::Verdicts(verdicts)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::ReadOutbox { after: 0, .. })));
    assert_eq!(sent(&engine.handle(at(2), Input::Outbox(vec![command(2)]))), [2]);
}

#[test]
fn a_batch_that_would_leave_a_gap_breaks_the_connection_and_is_not_applied() {
    let mut engine = online();
    let batch = Batch { feed: feed(), after: 7, until: 8, head: 8, check: None, entries: Vec::new() };
    let effects = engine.handle(at(1), Input::Frame(ServerFrame::Batch(batch)));
    assert_eq!(effects, [Effect::Disconnect]);
}

#[test]
fn batches_are_applied_in_turn_and_only_then_acknowledged() {
    let mut engine = online();
    let batch = Batch { feed: feed(), after: 5, until: 8, head: 8, check: None, entries: Vec::new() };
    let effects = engine.handle(at(1), Input::Frame(ServerFrame::Batch(batch.clone())));
    assert_eq!(effects, [Effect::Apply(batch)]);
    let effects = engine.handle(at(1), Input::Applied { feed: feed(), seq: 8 });
    assert_eq!(effects[0], Effect::Send(ClientFrame::Applied { feed: feed(), seq: 8 }));
}

#[test]
fn batches_may_come_ahead_of_their_commits() {
    let mut engine = online();
    let batch =
        |after, until| Batch { feed: feed(), after, until, head: 12, check: None, entries: Vec::new() };
    for (after, until) in [(5, 8), (8, 12)] {
        let effects = engine.handle(at(1), Input::Frame(ServerFrame::Batch(batch(after, until))));
        assert_eq!(effects, [Effect::Apply(batch(after, until))]);
    }
    assert!(
        !engine
            .handle(at(2), Input::Applied { feed: feed(), seq: 8 })
            .contains(&Effect::Status(Link::Online))
    );
    assert!(
        engine
            .handle(at(2), Input::Applied { feed: feed(), seq: 12 })
            .contains(&Effect::Status(Link::Online))
    );
}

#[test]
fn a_silent_server_is_asked_and_then_given_up() {
    let mut engine = online();
    let effects = engine.handle(at(11), Input::Tick);
    assert!(effects.contains(&Effect::Send(ClientFrame::Ping { at: at(11) })));
    let effects = engine.handle(at(31), Input::Tick);
    assert!(effects.contains(&Effect::Disconnect) && effects.contains(&Effect::Status(Link::Offline)));
}

#[test]
fn a_revoked_device_stops_and_a_stale_token_is_renewed() {
    let problem = |code| Input::Frame(ServerFrame::Problem { code, message: String::new() });
    let mut engine = online();
    engine.handle(at(1), problem(ProblemCode::Unauthorized));
    let effects = engine.handle(at(60), Input::Tick);
    assert!(effects.contains(&Effect::Connect { fresh_token: true }));
    let mut engine = online();
    assert!(engine.handle(at(1), problem(ProblemCode::Revoked)).contains(&Effect::Status(Link::Revoked)));
    engine.handle(at(1), Input::Disconnected);
    assert!(engine.handle(at(900), Input::Tick).is_empty());
    assert!(engine.handle(at(900), Input::Wake).is_empty());
}

#[test]
fn a_clock_that_is_set_back_by_a_day_delays_nothing() {
    let mut engine = Engine::new(1);
    engine.handle(at(0), Input::Wake);
    let yesterday = |secs: i64| at(secs - 86_400);
    engine.handle(yesterday(1), Input::Queued);
    let effects = engine.handle(yesterday(32), Input::Tick);
    assert!(effects.contains(&Effect::Disconnect), "the attempt is given up after its time: {effects:?}");

    let mut engine = online();
    engine.handle(yesterday(1), Input::Queued);
    let effects = engine.handle(yesterday(12), Input::Tick);
    assert!(sends_ping(&effects), "{effects:?}");
    let effects = engine.handle(yesterday(40), Input::Tick);
    assert!(effects.contains(&Effect::Disconnect), "a silent connection is noticed: {effects:?}");
}

fn sends_ping(effects: &VecDeque<Effect>) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Send(ClientFrame::Ping { .. })))
}

fn chunk(seq: u64, index: u32) -> Chunk {
    Chunk { feed: feed(), seq, index, is_last: index == 4, check: None, items: Vec::new() }
}

fn offered(seq: u64) -> Input {
    let Input::Frame(ServerFrame::Welcome { server_time, plant, history, heads, .. }) = welcome(12) else {
        panic!("a welcome")
    };
    let snapshots = vec![crate::sync::wire::Offer { feed: feed(), seq, chunks: 5 }];
    let is_other_history = false;
    Input::Frame(ServerFrame::Welcome { server_time, plant, history, is_other_history, heads, snapshots })
}

fn fetches(effects: &VecDeque<Effect>) -> Vec<u32> {
    let index = |effect: &Effect| match effect {
        Effect::Fetch { index, .. } => Some(*index),
        _ => None,
    };
    effects.iter().filter_map(index).collect()
}

fn placed(index: u32) -> Input {
    Input::Placed { feed: feed(), seq: 10, index }
}

#[test]
fn a_snapshot_is_placed_in_order_whatever_comes_first_and_then_the_feed_goes_on() {
    let mut engine = Engine::new(1);
    engine.handle(at(0), Input::Wake);
    engine.handle(at(0), connected(vec![Cursor { feed: feed(), seq: 0 }]));
    let effects = engine.handle(at(0), offered(10));
    assert_eq!(fetches(&effects), [0, 1, 2]);
    assert_eq!(engine.link(), Link::CatchingUp);
    assert!(engine.handle(at(0), Input::Fetched(chunk(10, 1))).is_empty(), "not its turn");
    assert!(engine.handle(at(0), Input::Fetched(chunk(9, 0))).is_empty(), "of another snapshot");
    assert_eq!(engine.handle(at(0), Input::Fetched(chunk(10, 0))), [Effect::Place(chunk(10, 0))]);
    let effects = engine.handle(at(0), placed(0));
    assert_eq!(effects, [Effect::Fetch { feed: feed(), seq: 10, index: 3 }, Effect::Place(chunk(10, 1))]);
    for index in 2..5 {
        engine.handle(at(0), Input::Fetched(chunk(10, index)));
    }
    for index in 1..4 {
        assert!(!reads(&engine.handle(at(0), placed(index))), "the tail is still to come");
    }
    let effects = engine.handle(at(0), placed(4));
    assert!(effects.contains(&Effect::Send(ClientFrame::Applied { feed: feed(), seq: 10 })), "{effects:?}");
    let tail = Batch { feed: feed(), after: 10, until: 12, head: 12, check: None, entries: Vec::new() };
    let effects = engine.handle(at(0), Input::Frame(ServerFrame::Batch(tail.clone())));
    assert!(effects.contains(&Effect::Apply(tail)), "{effects:?}");
    assert!(reads(&engine.handle(at(0), Input::Applied { feed: feed(), seq: 12 })));
    assert_eq!(engine.link(), Link::Online);
}

#[test]
fn a_snapshot_that_was_cut_off_goes_on_where_it_was() {
    let mut engine = Engine::new(1);
    engine.handle(at(0), Input::Wake);
    let begun = vec![Begun { feed: feed(), seq: 10, next: 3 }];
    let cursors = vec![Cursor { feed: feed(), seq: 0 }];
    engine.handle(
        at(0),
        Input::Connected { token: "t".to_owned(), here: Here { cursors, begun, ..Here::default() } },
    );
    let effects = engine.handle(at(0), offered(10));
    assert_eq!(fetches(&effects), [3, 4]);
    assert!(!is_other_history(&effects), "{effects:?}");
}

#[test]
fn the_beginning_of_a_snapshot_that_is_not_offered_again_is_dropped() {
    for welcome in [offered(10), welcome(12)] {
        let mut engine = Engine::new(1);
        engine.handle(at(0), Input::Wake);
        let begun = vec![Begun { feed: feed(), seq: 8, next: 3 }];
        let cursors = vec![Cursor { feed: feed(), seq: 0 }];
        engine.handle(
            at(0),
            Input::Connected { token: "t".to_owned(), here: Here { cursors, begun, ..Here::default() } },
        );
        let effects = engine.handle(at(0), welcome);
        assert!(is_other_history(&effects), "{effects:?}");
    }
}

fn is_other_history(effects: &VecDeque<Effect>) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::History { is_other: true, .. }))
}
