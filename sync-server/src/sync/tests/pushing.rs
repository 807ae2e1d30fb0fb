//! What is pushed has its effect once, whatever happens on the way.

use shared_model::command::Command;
use shared_model::ids::CommandId;
use shared_model::people::Role;
use shared_model::quantity::Amount;
use shared_model::sync::wire::Verdict;
use shared_model::time::Timestamp;
use shared_model::work_order::{Stage, WorkOrderEdit};

use super::floor::{Floor, is_accepted, report, send};
use crate::sync::Sync;

fn seq(verdict: &(CommandId, Verdict)) -> u64 {
    match verdict.1 {
        Verdict::Accepted { seq } => seq,
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_order_is_created_released_and_reported_on_in_one_push() {
    let mut floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::PlantManager).await;
    let (order, create) = floor.create(50);
    let commands = vec![
        tablet.press(floor.receive(300)),
        tablet.press(create),
        tablet.press(floor.release(order, 50)),
        tablet.press(Command::StartOperation { order, operation: 20 }),
        tablet.press(report(order, 48, 2)),
    ];
    let verdicts = floor.send(&tablet, commands).await.expect("committed");
    assert!(verdicts.iter().all(is_accepted), "{verdicts:?}");
    let row = floor.row(order).await;
    assert_eq!((row.stage, row.version), (Stage::InProgress, seq(&verdicts[4])));
    assert_eq!(
        (row.output[&Some(20)].good, row.output[&Some(20)].scrap),
        (Amount::whole(48), Amount::whole(2))
    );
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::whole(100));
    assert_eq!(floor.on_hand(floor.cart).await, Amount::whole(48));
    assert_eq!(row.materials.len(), 1);
}

#[tokio::test]
async fn a_command_that_comes_again_gets_the_same_verdict_and_has_no_second_effect() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let command = tablet.press(report(order, 5, 0));
    let first = floor.judge(&tablet, command.clone()).await;
    let entries = floor.count("change_log").await;
    let second = floor.judge(&tablet, command).await;
    assert_eq!(first, second);
    assert_eq!(floor.count("change_log").await, entries);
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(5));
}

#[tokio::test]
async fn a_command_that_is_twice_in_one_push_has_one_effect() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let command = tablet.press(report(order, 5, 0));
    let verdicts = floor.send(&tablet, vec![command.clone(), command]).await.expect("committed");
    assert_eq!(verdicts.len(), 2);
    assert_eq!(verdicts[0], verdicts[1]);
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(5));
    assert_eq!(floor.on_hand(floor.cart).await, Amount::whole(5));
}

#[tokio::test]
async fn a_command_that_comes_on_many_connections_at_once_has_one_effect() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let command = tablet.press(report(order, 5, 0));
    // Two processes on one database, and four connections to each.
    let other = Sync::start(floor.pools.clone());
    let attempts: Vec<_> = (0..8)
        .map(|n| {
            let sync = if n % 2 == 0 { floor.sync.clone() } else { other.clone() };
            let (tablet, command) = (tablet.clone(), command.clone());
            tokio::spawn(async move { send(&sync, &tablet, &[command]).await.expect("committed") })
        })
        .collect();
    let mut verdicts = Vec::new();
    for attempt in attempts {
        verdicts.extend(attempt.await.expect("done"));
    }
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{verdicts:?}");
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(5));
}

#[tokio::test]
async fn five_and_seven_from_two_tablets_make_twelve() {
    let mut floor = Floor::new().await;
    let (mut first, order) = floor.tablet_with_order(50).await;
    let mut second = floor.tablet(Role::Operator).await;
    second.learn(order, &first);
    let (five, seven) = (first.press(report(order, 5, 0)), second.press(report(order, 7, 0)));
    assert!(is_accepted(&(five.id, floor.judge(&first, five.clone()).await)));
    assert!(is_accepted(&(seven.id, floor.judge(&second, seven.clone()).await)));
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(12));
    assert_eq!(floor.on_hand(floor.cart).await, Amount::whole(12));
}

#[tokio::test]
async fn too_many_good_pieces_and_too_little_stock_are_accepted_and_open_exceptions() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(10).await;
    let stock = tablet.press(floor.receive(40));
    assert!(is_accepted(&(stock.id, floor.judge(&tablet, stock.clone()).await)));
    let exact = tablet.press(report(order, 10, 0));
    floor.judge(&tablet, exact).await;
    assert_eq!(floor.open_exceptions().await, Vec::<String>::new());
    let more = tablet.press(report(order, 1, 0));
    assert!(is_accepted(&(more.id, floor.judge(&tablet, more.clone()).await)));
    assert_eq!(floor.open_exceptions().await, ["negative_stock", "over_production"]);
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::whole(-4));
}

#[tokio::test]
async fn an_exception_is_closed_once() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(1).await;
    let too_many = tablet.press(report(order, 2, 0));
    floor.judge(&tablet, too_many).await;
    let exception: uuid::Uuid = sqlx::query_scalar("select id from exception where kind = 'over_production'")
        .fetch_one(floor.tx().await.conn())
        .await
        .expect("an exception");
    let note = "customer takes them".to_owned();
    let close = Command::CloseException { exception: exception.into(), order: None, note };
    let (first, second) = (tablet.draft(close.clone()), tablet.draft(close));
    let verdicts = floor.send(&tablet, vec![first, second]).await.expect("committed");
    assert!(is_accepted(&verdicts[0]), "{verdicts:?}");
    assert!(!is_accepted(&verdicts[1]), "{verdicts:?}");
    assert_eq!(floor.open_exceptions().await, ["negative_stock"]);
}

#[tokio::test]
async fn an_undone_report_takes_its_stock_back() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let made = tablet.press(report(order, 5, 1));
    floor.judge(&tablet, made).await;
    let report = tablet.orders[&order]
        .ledger
        .facts()
        .find(|fact| fact.body.kind() == "production_reported")
        .map(|fact| fact.id)
        .expect("a report");
    let reason = "typed 5 for 3".to_owned();
    let undo = tablet.press(Command::VoidReport { order, report, reason });
    assert!(is_accepted(&(undo.id, floor.judge(&tablet, undo.clone()).await)));
    assert_eq!(floor.row(order).await.output[&Some(20)].total(), Amount::ZERO);
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::ZERO);
    assert_eq!(floor.on_hand(floor.cart).await, Amount::ZERO);
}

#[tokio::test]
async fn the_clock_of_a_device_that_is_far_ahead_is_flagged_and_its_work_is_kept() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let mut receipt = tablet.draft(floor.receive(1));
    receipt.occurred_at = crate::edge::now().plus_millis(3_600_000);
    let id = receipt.id;
    assert!(is_accepted(&(id, floor.judge(&tablet, receipt).await)));
    let skew: Option<i64> = sqlx::query_scalar("select clock_skew_ms from command where id = $1")
        .bind(id.uuid())
        .fetch_one(floor.tx().await.conn())
        .await
        .expect("a command");
    assert!(skew.is_some_and(|ahead| (3_500_000..=3_600_000).contains(&ahead)), "{skew:?}");
}

/// 1970, before there was time, when nobody lives any more, and in five years.
#[tokio::test]
async fn the_work_of_a_device_that_lost_its_time_is_kept_and_dated_by_the_server() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(500).await;
    let began = crate::edge::now();
    let five_years = began.plus_millis(5 * 365 * 86_400_000).as_millis();
    for wrong in [0, -1, i64::MIN, i64::MAX, 253_402_300_800_000, five_years] {
        tablet.clock = Some(Timestamp::from_millis(wrong));
        let report = tablet.press(report(order, 1, 0));
        let edit = WorkOrderEdit { title: Some(wrong.to_string()), ..WorkOrderEdit::default() };
        let edit = tablet.press(Command::EditWorkOrder { order, edit });
        for command in [report, edit] {
            let id = command.id;
            let verdict = floor.judge(&tablet, command).await;
            assert!(is_accepted(&(id, verdict.clone())), "{wrong}: {verdict:?}");
            let row: (Option<i64>, bool) = sqlx::query_as(
                "select clock_skew_ms, coalesce((select bool_and(occurred_at >= $2) from fact \
                 where command_id = command.id), true) from command where id = $1",
            )
            .bind(id.uuid())
            .bind(crate::db::Instant(began))
            .fetch_one(floor.tx().await.conn())
            .await
            .expect("a command");
            assert!(row.0.is_some() && row.1, "{wrong}: {row:?}");
        }
    }
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(6));
}

#[tokio::test]
async fn another_process_judges_on_what_this_one_committed() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let other = Sync::start(floor.pools.clone());
    for n in 1..=6 {
        let sync = if n % 2 == 0 { &floor.sync } else { &other };
        let command = tablet.press(report(order, 1, 0));
        let verdicts = send(sync, &tablet, &[command]).await.expect("committed");
        assert!(verdicts.iter().all(is_accepted), "{verdicts:?}");
    }
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(6));
}
