//! Devices that begin with a snapshot, over real sockets and HTTP.

use reqwest::StatusCode;
use shared_model::command::Command;
use shared_model::exception::RefusedWork;
use shared_model::ids::{FeedId, WorkOrderId};
use shared_model::number::Number;
use shared_model::people::Role;
use shared_model::reason::{Reason, ReasonKind};
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::{
    Batch, Begun, CREDIT_BATCHES, Check, Chunk, ClientFrame, Cursor, EntryChange, Hello, Item, Offer,
    ProblemCode, ServerFrame, Verdict, decode,
};
use shared_model::work_order::Stage;
use shared_model::work_order::document::Document;
use shared_model::work_order::summary::Summary;

use super::archived::Plant;
use super::floor::{Floor, Tablet, report};
use super::line::{Exchange, Line};
use crate::db::feed;
use crate::db::record;
use crate::edge;

/// More entries than are worth reading.
pub(super) const MANY: u32 = 2_100;

pub(super) async fn write_reasons(floor: &Floor, count: u32) {
    write_named(floor, count, "Reason").await;
}

async fn write_named(floor: &Floor, count: u32, name: &str) {
    let mut ids = edge::ids();
    let reasons: Vec<Record> = (0..count)
        .map(|n| {
            Record::Reason(Reason {
                id: ids.draw(),
                kind: ReasonKind::Scrap,
                code: Number::parse(&format!("R-{}", ids.draw::<FeedId>())).expect("a number"),
                name: format!("{name} {n}"),
                icon: None,
                position: n,
                is_active: true,
            })
        })
        .collect();
    let mut tx = floor.tx().await;
    record::put_all(&mut tx, Some(floor.world.plant), &reasons).await.expect("records");
    tx.commit().await.expect("a commit");
}

pub(super) struct Greeting {
    pub line: Line,
    pub heads: Vec<Cursor>,
    pub offers: Vec<Offer>,
}

pub(super) async fn greet(
    exchange: &Exchange,
    tablet: &Tablet,
    cursors: Vec<Cursor>,
    begun: Vec<Begun>,
) -> Greeting {
    let mut line = exchange.dial().await;
    let hello = Hello {
        token: exchange.token(tablet),
        app: "test".to_owned(),
        cursors,
        begun: Some(begun),
        checks: Vec::new(),
    };
    line.say(&ClientFrame::Hello(hello)).await;
    match line.hear().await {
        Some(ServerFrame::Welcome { heads, snapshots, .. }) => Greeting { line, heads, offers: snapshots },
        other => panic!("{other:?}"),
    }
}

impl Exchange {
    async fn ask(&self, token: Option<&str>, feed: FeedId, seq: u64, index: u32) -> reqwest::Response {
        let address = self.serving.address();
        let url = format!("http://{address}/api/v1/sync/snapshots/{feed}/{seq}/{index}");
        let request = reqwest::Client::new().get(url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer")
    }

    pub(super) async fn fetch(&self, tablet: &Tablet, offer: Offer) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        for index in 0..offer.chunks {
            let response = self.ask(Some(&self.token(tablet)), offer.feed, offer.seq, index).await;
            assert_eq!(response.status(), StatusCode::OK);
            let chunk: Chunk = decode(&response.bytes().await.expect("a body")).expect("a chunk");
            assert_eq!((chunk.feed, chunk.seq, chunk.index), (offer.feed, offer.seq, index));
            assert_eq!(chunk.is_last, index + 1 == offer.chunks);
            chunks.push(chunk);
        }
        chunks
    }
}

#[tokio::test]
async fn a_new_device_gets_what_the_feed_came_to_and_then_its_tail() {
    let mut floor = Floor::new().await;
    write_reasons(&floor, MANY).await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let pressed = tablet.press(report(order, 3, 0));
    floor.judge(&tablet, pressed).await;
    // Handed over: work on an order that the server never took.
    let work = RefusedWork {
        entered: report(edge::ids().draw(), 1, 0),
        entered_by: tablet.user,
        entered_at: edge::now(),
        refusal: Refusal::UnknownOrder,
        note: String::new(),
    };
    let refused = edge::ids().draw();
    let handed = tablet.draft(Command::HandOver { refused, work: Box::new(work) });
    let verdict = floor.judge(&tablet, handed).await;
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
    let exchange = Exchange::open(&floor).await;
    let Greeting { mut line, heads, offers } = greet(&exchange, &tablet, Vec::new(), Vec::new()).await;
    let plant = FeedId::from(floor.world.plant);
    let [offer] = offers[..] else { panic!("the short feed is read: {offers:?}") };
    let head = heads.iter().find(|head| head.feed == plant).expect("a head");
    assert_eq!((offer.feed, offer.seq), (plant, head.seq));
    // Nobody is sent the feed behind a snapshot that they do not have.
    let pressed = tablet.press(report(order, 4, 0));
    floor.judge(&tablet, pressed).await;
    let chunks = exchange.fetch(&tablet, offer).await;
    let items: Vec<Item> = chunks.into_iter().flat_map(|chunk| chunk.items).collect();
    let reasons = items.iter().filter(|item| matches!(item, Item::Record(Record::Reason(_)))).count();
    assert_eq!(reasons, MANY as usize);
    let orders: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Order { summary, document } => Some((summary, document)),
            _ => None,
        })
        .collect();
    let [(summary, document)] = orders[..] else { panic!("one order") };
    let read = Document::load(document).expect("loads").order().expect("reads").expect("an order");
    assert_eq!(**summary, Summary::of(&read));
    assert_eq!(read.id, order);
    let mut facts: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            Item::Fact { received_at, fact } => Some((received_at, fact)),
            _ => None,
        })
        .collect();
    facts.sort_by_key(|(_, fact)| fact.id);
    // The same as the feed says.
    let reader = floor.tablet(Role::Operator).await;
    let (mut old, heads) = exchange.call(&reader, &[]).await;
    let batches: Vec<Batch> = old.catch_up(&heads).await;
    let mut told: Vec<_> = batches
        .iter()
        .flat_map(|batch| &batch.entries)
        .filter(|entry| entry.seq <= offer.seq)
        .filter_map(|entry| match &entry.change {
            EntryChange::Fact(fact) => Some((entry.received_at, fact.clone())),
            _ => None,
        })
        .collect();
    told.sort_by_key(|(_, fact)| fact.id);
    assert_eq!(facts, told);
    // The tail.
    line.say(&ClientFrame::Applied { feed: plant, seq: offer.seq }).await;
    loop {
        match line.hear().await {
            Some(ServerFrame::Batch(batch)) if batch.feed == plant => {
                assert_eq!(batch.after, offer.seq);
                break;
            }
            Some(ServerFrame::Batch(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_snapshot_is_made_once_and_one_that_was_begun_can_be_finished() {
    let floor = Floor::new().await;
    write_reasons(&floor, MANY).await;
    let tablet = floor.tablet(Role::Operator).await;
    let exchange = Exchange::open(&floor).await;
    let first = greet(&exchange, &tablet, Vec::new(), Vec::new()).await.offers[0];
    write_reasons(&floor, 10).await;
    let again = greet(&exchange, &tablet, Vec::new(), Vec::new()).await.offers[0];
    assert_eq!(again, first, "the tail is short");
    write_reasons(&floor, MANY).await;
    let newer = greet(&exchange, &tablet, Vec::new(), Vec::new()).await.offers[0];
    assert!(newer.seq > first.seq, "the tail is long");
    let begun = vec![Begun { feed: first.feed, seq: first.seq, next: 1 }];
    let same = greet(&exchange, &tablet, Vec::new(), begun.clone()).await.offers[0];
    assert_eq!(same, first);
    write_reasons(&floor, 2 * MANY).await;
    greet(&exchange, &tablet, Vec::new(), Vec::new()).await;
    let instead = greet(&exchange, &tablet, Vec::new(), begun).await.offers[0];
    assert!(instead.seq > newer.seq, "two newer ones are kept");
    let gone = exchange.ask(Some(&exchange.token(&tablet)), first.feed, first.seq, 0).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_device_that_has_most_of_the_feed_reads_the_rest() {
    let floor = Floor::new().await;
    write_reasons(&floor, 2 * MANY).await;
    let tablet = floor.tablet(Role::Operator).await;
    let exchange = Exchange::open(&floor).await;
    let cursors = vec![Cursor { feed: floor.world.plant.into(), seq: u64::from(MANY) + 200 }];
    assert!(greet(&exchange, &tablet, cursors, Vec::new()).await.offers.is_empty());
}

#[tokio::test]
async fn a_snapshot_is_for_the_devices_of_its_plant_alone() {
    let db = crate::testing::TestDb::new().await;
    let (ours, theirs) = (db.world().await, db.world().await);
    let floor = Floor::in_world(db.pools().clone(), ours).await;
    let other = Floor::in_world(db.pools().clone(), theirs).await;
    write_reasons(&floor, MANY).await;
    let (tablet, stranger) = (floor.tablet(Role::Operator).await, other.tablet(Role::Operator).await);
    let exchange = Exchange::open(&floor).await;
    let offer = greet(&exchange, &tablet, Vec::new(), Vec::new()).await.offers[0];
    let asked = |token: Option<String>| {
        let exchange = &exchange;
        async move { exchange.ask(token.as_deref(), offer.feed, offer.seq, 0).await }
    };
    let strange = asked(Some(exchange.token(&stranger))).await;
    assert_eq!(strange.status(), StatusCode::NOT_FOUND);
    assert_eq!(asked(None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(asked(Some("nonsense".to_owned())).await.status(), StatusCode::UNAUTHORIZED);
    let own = asked(Some(exchange.token(&tablet))).await;
    assert_eq!(own.headers()["cache-control"], "no-store");
    assert_eq!(own.status(), StatusCode::OK);
}

#[tokio::test]
async fn behind_the_horizon_a_device_begins_anew_and_an_old_app_is_told_to_update() {
    let floor = Floor::new().await;
    write_reasons(&floor, 20).await;
    let plant = FeedId::from(floor.world.plant);
    let mut tx = floor.tx().await;
    feed::set_horizon(&mut tx, plant, 15).await.expect("set");
    tx.commit().await.expect("a commit");
    let tablet = floor.tablet(Role::Operator).await;
    let exchange = Exchange::open(&floor).await;
    let at = |seq| vec![Cursor { feed: plant, seq }];
    assert!(greet(&exchange, &tablet, at(15), Vec::new()).await.offers.is_empty());
    let offers = greet(&exchange, &tablet, at(14), Vec::new()).await.offers;
    assert_eq!(offers.iter().map(|offer| offer.feed).collect::<Vec<_>>(), [plant]);
    let mut line = exchange.dial().await;
    line.say(&super::line::hello(exchange.token(&tablet), &at(14))).await;
    assert_eq!(line.hear_problem().await, ProblemCode::Unavailable);
}

#[tokio::test]
async fn a_device_that_is_still_reading_when_the_feed_begins_later_is_hung_up_on_and_begins_anew() {
    let floor = Floor::new().await;
    write_reasons(&floor, MANY).await;
    let plant = FeedId::from(floor.world.plant);
    let tablet = floor.tablet(Role::Operator).await;
    let exchange = Exchange::open(&floor).await;
    // More than a device is sent that commits nothing.
    for _ in 0..CREDIT_BATCHES {
        write_named(&floor, 2, &"x".repeat(1_100_000)).await;
    }
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    let mut last = None;
    for _ in 0..CREDIT_BATCHES {
        let Some(ServerFrame::Batch(batch)) = line.hear().await else { panic!("a batch") };
        last = Some(Cursor { feed: batch.feed, seq: batch.until });
    }
    let last = last.expect("some of it was sent");
    let head = heads.iter().find(|head| head.feed == plant).expect("a head").seq;
    assert!(last.feed == plant && last.seq < head, "{last:?} of {head}");
    let mut tx = floor.tx().await;
    feed::set_horizon(&mut tx, plant, head).await.expect("set");
    tx.commit().await.expect("a commit");
    line.say(&ClientFrame::Applied { feed: plant, seq: last.seq }).await;
    assert_eq!(line.hear_problem().await, ProblemCode::Unavailable);
    let offers = greet(&exchange, &tablet, vec![last], Vec::new()).await.offers;
    assert_eq!(offers.iter().map(|offer| (offer.feed, offer.seq)).collect::<Vec<_>>(), [(plant, head)]);
}

/// What a device says that has read the plant's feed up to a place.
async fn is_other(exchange: &Exchange, tablet: &Tablet, seq: u64, check: Option<i64>) -> bool {
    let feed = FeedId::from(tablet.world.plant);
    let mut line = exchange.dial().await;
    let hello = Hello {
        token: exchange.token(tablet),
        app: "test".to_owned(),
        cursors: vec![Cursor { feed, seq }],
        begun: Some(Vec::new()),
        checks: check.map(|value| Check { feed, value }).into_iter().collect(),
    };
    line.say(&ClientFrame::Hello(hello)).await;
    match line.hear().await {
        Some(ServerFrame::Welcome { is_other_history, .. }) => is_other_history,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_feed_that_was_set_back_and_went_on_is_told_from_the_one_that_a_device_read() {
    let floor = Floor::new().await;
    write_reasons(&floor, 3).await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let receipt = tablet.draft(floor.receive(1));
    floor.judge(&tablet, receipt).await;
    let exchange = Exchange::open(&floor).await;
    let (mut line, heads) = exchange.call(&tablet, &[]).await;
    let plant = FeedId::from(floor.world.plant);
    let read: Vec<Batch> =
        line.catch_up(&heads).await.into_iter().filter(|batch| batch.feed == plant).collect();
    let Batch { until, check, .. } = *read.last().expect("a batch");
    assert!(check.is_some());
    assert!(!is_other(&exchange, &tablet, until, check).await, "it is the same");
    assert!(!is_other(&exchange, &tablet, until, None).await, "an old app says nothing");
    assert!(!is_other(&exchange, &tablet, 0, None).await);
    assert!(is_other(&exchange, &tablet, until, check.map(|value| value ^ 1)).await);
    assert!(is_other(&exchange, &tablet, until + 1, None).await, "the server never had so much");
    // Another entry in the same place is another history.
    let another = tablet.draft(floor.receive(1));
    floor.judge(&tablet, another).await;
    let mut tx = floor.tx().await;
    let first = feed::check_at(&mut tx, plant, until).await.expect("read");
    let second = feed::check_at(&mut tx, plant, until + 1).await.expect("read");
    assert_eq!(first, check);
    assert_ne!(second, check);
}

/// Orders in every stage, whose numbers say the opposite of what is needed first, and one that is archived.
async fn orders_in_every_stage(plant: &mut Plant) -> WorkOrderId {
    let archived = plant.closed(5, 5).await;
    plant.month_passes().await;
    assert_eq!(plant.archive().await, 1);
    let mut planner = plant.floor.tablet(Role::PlantManager).await;
    let stages = [
        Stage::Cancelled,
        Stage::Completed,
        Stage::Planned,
        Stage::Planned,
        Stage::Released,
        Stage::Released,
        Stage::Paused,
        Stage::InProgress,
        Stage::Paused,
        Stage::InProgress,
    ];
    for (n, stage) in stages.into_iter().enumerate() {
        let order: WorkOrderId = edge::ids().draw();
        let create = plant.floor.create_numbered(order, 5, &format!("WO-{n:02}"));
        let reason = "steel is late".to_owned();
        let start = Command::StartOperation { order, operation: 10 };
        let mut steps = vec![create, plant.floor.release(order, 5), start];
        match stage {
            Stage::Planned => steps.truncate(1),
            Stage::Released => steps.truncate(2),
            Stage::InProgress => {}
            Stage::Paused => steps.push(Command::pause(order, reason)),
            Stage::Completed => steps.push(Command::short_close(order, reason)),
            Stage::Cancelled => steps.push(Command::cancel(order, reason)),
        }
        for step in steps {
            plant.enter(&mut planner, step).await;
        }
    }
    archived
}

/// Copies of WO-03, more than are read from the database at a time.
async fn plan_many(plant: &Plant, count: u32) {
    let copies = [
        format!(
            "insert into document select document.organization_id, md5('copy ' || n)::uuid, document.plant_id, kind, \
                 snapshot, heads, change_count, document.seq \
             from document join work_order on work_order.id = document.id, generate_series(1, {count}) as n \
             where number = 'WO-03'"
        ),
        format!(
            "insert into work_order select (jsonb_populate_record(work_order, jsonb_build_object( \
                 'id', md5('copy ' || n), 'number', 'WP-' || lpad(n::text, 4, '0'), \
                 'number_key', 'wp-' || lpad(n::text, 4, '0')))).* \
             from work_order, generate_series(1, {count}) as n where number = 'WO-03'"
        ),
    ];
    for sql in copies {
        plant.db.force(&sql).await;
    }
}

#[tokio::test]
async fn a_snapshot_brings_first_what_people_need_first() {
    const PLANNED: u32 = 600;
    let mut plant = Plant::start().await;
    let archived = orders_in_every_stage(&mut plant).await;
    plan_many(&plant, PLANNED).await;
    // Documents so large that few of them fill a chunk. Nobody looks into them on the way.
    let large = "update document set snapshot = snapshot || decode(repeat('00', 600000), 'hex') \
                 where id in (select id from work_order where number like 'WO-0%')";
    plant.db.force(large).await;
    write_reasons(&plant.floor, MANY).await;
    let exchange = Exchange::open(&plant.floor).await;
    let newcomer = plant.floor.tablet(Role::Operator).await;
    let offers = greet(&exchange, &newcomer, Vec::new(), Vec::new()).await.offers;
    let chunks = exchange.fetch(&newcomer, offers[0]).await;
    let with_orders = |chunk: &&Chunk| chunk.items.iter().any(|item| matches!(item, Item::Order { .. }));
    assert!(chunks.iter().filter(with_orders).count() > 3, "in {} chunks", chunks.len());

    let items: Vec<Item> = chunks.into_iter().flat_map(|chunk| chunk.items).collect();
    let is_record = |item: &Item| matches!(item, Item::Record(_));
    let records = items.iter().take_while(|item| is_record(item)).count();
    assert_eq!(records, items.iter().filter(|item| is_record(item)).count(), "records come before all else");
    assert!(records > MANY as usize);
    let shown: Vec<(String, Stage)> = items
        .iter()
        .filter_map(|item| match item {
            Item::Order { summary, .. } => Some((summary.number.to_string(), summary.stage)),
            _ => None,
        })
        .collect();
    let named = |number: &str, stage| (number.to_owned(), stage);
    let copies = (1..=PLANNED).map(|n| (format!("WP-{n:04}"), Stage::Planned));
    let expected = [
        named("WO-06", Stage::Paused),
        named("WO-07", Stage::InProgress),
        named("WO-08", Stage::Paused),
        named("WO-09", Stage::InProgress),
        named("WO-04", Stage::Released),
        named("WO-05", Stage::Released),
        named("WO-02", Stage::Planned),
        named("WO-03", Stage::Planned),
    ];
    let closed = [named("WO-00", Stage::Cancelled), named("WO-01", Stage::Completed)];
    assert_eq!(shown, expected.into_iter().chain(copies).chain(closed).collect::<Vec<_>>());
    let last = items.iter().rposition(|item| matches!(item, Item::Order { .. })).expect("orders");
    let at_rest = |item: &Item| matches!(item, Item::Archived(order) if order.summary.id == archived);
    assert!(items.iter().position(at_rest).expect("a row") > last, "what is archived comes last");
}
