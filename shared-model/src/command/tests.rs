//! Commands in a plant in memory.

mod departments;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::actor::ActorEpoch;
use crate::exception::{Contested, Exception};
use crate::fact::FactBody;
use crate::ids::IdSource;
use crate::people::Role;
use crate::production::{Output, Scrap};
use crate::refusal::Refusal;
use crate::stock::MovementKind;
use crate::sync::judge::{Judgement, OrderState, judge};
use crate::work_order::{Operation, OperationState, Stage};

const START: i64 = 1_790_000_000_000;
const ORDER: u128 = 100;
const COMPONENT: u128 = 300;

/// One plant in memory, in which people press buttons.
struct Floor {
    order: OrderState,
    stock: StockLevels,
    pressed: u64,
}

fn id<T: From<Uuid>>(n: u128) -> T {
    Uuid::from_u128(n).into()
}

fn actor(user: u128, role: Role) -> Actor {
    Actor::new(id(user), id(9), id(7), vec![role])
}

impl Floor {
    fn new() -> Self {
        Self { order: OrderState::default(), stock: StockLevels::default(), pressed: 0 }
    }

    /// A plant with one released order of 50, operations 10 and 20, and two components for each piece.
    fn with_order() -> Self {
        let mut floor = Self::new();
        floor.stock.add(&component(), Amount::whole(1000));
        floor.press(Role::Planner, create(50)).expect("created");
        let line = MaterialLine {
            material: id(COMPONENT),
            planned: Amount::whole(100),
            unit: UnitCode::new("pcs"),
            operation: Some(10),
            is_backflush: true,
            location: Some(id(400)),
        };
        let release = Command::ReleaseWorkOrder {
            order: id(ORDER),
            bom: None,
            materials: vec![line],
            planned_for: None,
        };
        floor.press(Role::Supervisor, release).expect("released");
        floor
    }

    fn press(&mut self, role: Role, command: Command) -> Result<Vec<Fact>, Refusal> {
        self.press_as(&actor(u128::from(role as u32) + 1, role), command)
    }

    fn press_as(&mut self, actor: &Actor, command: Command) -> Result<Vec<Fact>, Refusal> {
        self.pressed += 1;
        let at = Timestamp::from_millis(START + i64::try_from(self.pressed).expect("small") * 60_000);
        self.press_at(actor, command, at)
    }

    fn press_at(&mut self, actor: &Actor, command: Command, at: Timestamp) -> Result<Vec<Fact>, Refusal> {
        self.pressed += 1;
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&self.pressed.to_be_bytes());
        let envelope = Envelope {
            id: IdSource::new(at, seed).draw(),
            plant: actor.plant,
            device: actor.device,
            user: actor.user,
            occurred_at: at,
            sequence: self.pressed,
            command,
            change: None,
            epoch: ActorEpoch(0),
        };
        match judge(&envelope, &mut self.order, &mut self.stock, actor, at).expect("a sound document") {
            Judgement::Accepted(accepted) => Ok(accepted.facts),
            Judgement::Refused(refusal) => Err(refusal),
            Judgement::Rebase => panic!("nothing was pushed"),
        }
    }

    fn stage(&mut self) -> Stage {
        self.order.document.order().expect("reads").expect("an order").stage()
    }

    fn on_hand(&self, key: &StockKey) -> Amount {
        self.stock.on_hand(key)
    }
}

fn create(quantity: i32) -> Command {
    let operation = |number: u32, name: &str| Operation {
        number,
        name: name.to_owned(),
        work_center: None,
        setup_minutes: Amount::ZERO,
        run_minutes: Amount::ONE,
        instructions: String::new(),
        state: OperationState::Pending,
    };
    Command::CreateWorkOrder(NewWorkOrder {
        id: id(ORDER),
        number: crate::number::Number::parse("WO-00001").ok(),
        title: String::new(),
        material: id(200),
        quantity: Amount::whole(quantity),
        unit: Some(UnitCode::new("pcs")),
        due_on: None,
        priority: 5,
        output_location: Some(id(401)),
        operations: vec![operation(10, "Cut"), operation(20, "Pack")],
    })
}

fn component() -> StockKey {
    StockKey::of(id(COMPONENT), Some(id(400)))
}

fn finished_goods() -> StockKey {
    StockKey::of(id(200), Some(id(401)))
}

fn report(operation: u32, good: i32, scrap: i32) -> Command {
    let scrap = (scrap > 0).then(|| Scrap { amount: Amount::whole(scrap), reason: Some(id(500)) });
    Command::ReportProduction {
        order: id(ORDER),
        report: ProductionReport {
            operation: Some(operation),
            good: Amount::whole(good),
            scrap: scrap.into_iter().collect(),
            ..ProductionReport::default()
        },
    }
}

fn start(operation: u32) -> Command {
    Command::StartOperation { order: id(ORDER), operation }
}

fn report_id(facts: &[Fact]) -> FactId {
    let is_report = |fact: &&Fact| matches!(fact.body, FactBody::ProductionReported(_));
    facts.iter().find(is_report).expect("a report").id
}

fn exceptions(facts: &[Fact]) -> Vec<&Exception> {
    facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::ExceptionOpened(exception) => Some(exception),
            _ => None,
        })
        .collect()
}

#[test]
fn two_people_reporting_five_and_seven_make_twelve() {
    let mut floor = Floor::with_order();
    floor.press_as(&actor(11, Role::Operator), report(10, 5, 0)).expect("accepted");
    floor.press_as(&actor(12, Role::Operator), report(10, 7, 0)).expect("accepted");
    assert_eq!(floor.order.ledger.output(Some(10)).good, Amount::whole(12));
}

#[test]
fn a_report_uses_up_components_for_good_and_scrap_and_fills_stock_at_the_last_operation() {
    let mut floor = Floor::with_order();
    floor.press(Role::Operator, report(10, 48, 2)).expect("accepted");
    assert_eq!(floor.on_hand(&component()), Amount::whole(900));
    assert_eq!(floor.on_hand(&finished_goods()), Amount::ZERO);
    floor.press(Role::Operator, report(20, 48, 0)).expect("accepted");
    assert_eq!(floor.on_hand(&component()), Amount::whole(900));
    assert_eq!(floor.on_hand(&finished_goods()), Amount::whole(48));
}

#[test]
fn an_undone_report_takes_its_backflush_with_it() {
    let mut floor = Floor::with_order();
    let facts = floor.press(Role::Operator, report(10, 48, 2)).expect("accepted");
    let void = Command::VoidReport {
        order: id(ORDER),
        report: report_id(&facts),
        reason: "wrong number".to_owned(),
    };
    floor.press(Role::Operator, void.clone()).expect("accepted");
    assert_eq!(floor.order.ledger.output(Some(10)), Output::default());
    assert_eq!(floor.on_hand(&component()), Amount::whole(1000));
    assert_eq!(floor.press(Role::Supervisor, void), Err(Refusal::AlreadyVoided));
}

#[test]
fn operators_undo_their_own_reports_for_a_day_and_supervisors_any() {
    let mut floor = Floor::with_order();
    let (anna, ben) = (actor(11, Role::Operator), actor(12, Role::Operator));
    let facts = floor.press_as(&anna, report(10, 5, 0)).expect("accepted");
    let reported_at = facts[0].occurred_at;
    let void =
        || Command::VoidReport { order: id(ORDER), report: report_id(&facts), reason: "typo".to_owned() };
    assert!(matches!(floor.press_as(&ben, void()), Err(Refusal::NotPermitted { .. })));
    let next_week = reported_at.plus_millis(7 * 24 * 3_600_000);
    assert_eq!(floor.press_at(&anna, void(), next_week), Err(Refusal::TooLateToUndo));
    floor.press_at(&actor(13, Role::Supervisor), void(), next_week).expect("accepted");
}

#[test]
fn too_many_pieces_are_accepted_and_open_one_exception() {
    let mut floor = Floor::with_order();
    floor.press(Role::Operator, report(20, 45, 0)).expect("accepted");
    let facts = floor.press(Role::Operator, report(20, 7, 0)).expect("accepted");
    let expected = Exception::OverProduction { ordered: Amount::whole(50), made: Amount::whole(52) };
    assert_eq!(exceptions(&facts), [&expected]);
    assert_eq!(expected.owner(), Role::Supervisor);
    let facts = floor.press(Role::Operator, report(20, 1, 0)).expect("accepted");
    assert!(exceptions(&facts).is_empty(), "the exception is open already");
}

#[test]
fn taking_more_than_there_is_is_accepted_and_the_warehouse_looks_at_it() {
    let mut floor = Floor::new();
    floor.stock.add(&component(), Amount::whole(3));
    let issue = Command::IssueStock {
        key: component(),
        amount: Amount::whole(5),
        unit: UnitCode::new("pcs"),
        order: None,
        note: String::new(),
    };
    let facts = floor.press(Role::Warehouse, issue).expect("accepted");
    let expected = Exception::NegativeStock { key: component(), on_hand: Amount::whole(-2) };
    assert_eq!(exceptions(&facts), [&expected]);
    assert_eq!(expected.owner(), Role::Warehouse);
    let receipt = Command::ReceiveStock {
        key: component(),
        amount: Amount::whole(10),
        unit: UnitCode::new("pcs"),
        price: None,
        reference: "PO-7".to_owned(),
    };
    floor.press(Role::Warehouse, receipt).expect("accepted");
    assert_eq!(floor.on_hand(&component()), Amount::whole(8));
}

#[test]
fn a_transfer_keeps_the_sum_and_needs_two_places() {
    let mut floor = Floor::new();
    floor.stock.add(&component(), Amount::whole(10));
    let transfer = |to: u128| Command::TransferStock {
        key: component(),
        to: id(to),
        amount: Amount::whole(4),
        unit: UnitCode::new("pcs"),
    };
    assert_eq!(floor.press(Role::Warehouse, transfer(400)), Err(Refusal::SameLocation));
    let facts = floor.press(Role::Warehouse, transfer(401)).expect("accepted");
    let moved: Vec<_> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            FactBody::StockMoved(moved) => Some((moved.movement, moved.amount)),
            _ => None,
        })
        .collect();
    assert_eq!(
        moved,
        [(MovementKind::TransferOut, Amount::whole(-4)), (MovementKind::TransferIn, Amount::whole(4))]
    );
}

#[test]
fn what_was_made_on_a_cancelled_order_is_kept_and_flagged() {
    let mut floor = Floor::with_order();
    let cancel = Command::cancel(id(ORDER), "customer withdrew".to_owned());
    floor.press(Role::Supervisor, cancel).expect("cancelled");
    let refusal = floor.press(Role::Operator, start(10)).expect_err("refused");
    assert_eq!(refusal.to_string(), "order WO-00001 is cancelled: customer withdrew");
    let facts = floor.press(Role::Operator, report(10, 12, 0)).expect("what happened is accepted");
    assert_eq!(exceptions(&facts), [&Exception::ReportOutsideProgress { stage: Stage::Cancelled }]);
    assert_eq!(floor.order.ledger.output(Some(10)).good, Amount::whole(12));
}

#[test]
fn clocks_of_two_people_run_apart_and_finishing_stops_them_all() {
    let mut floor = Floor::with_order();
    let (anna, ben) = (actor(11, Role::Operator), actor(12, Role::Operator));
    let at = |minute: i64| Timestamp::from_millis(START + minute * 60_000);
    let pause =
        Command::PauseOperation { order: id(ORDER), operation: 10, reason: None, note: "break".to_owned() };
    let finish = Command::FinishOperation { order: id(ORDER), operation: 10 };
    floor.press_at(&anna, start(10), at(0)).expect("started");
    assert_eq!(floor.press_at(&anna, start(10), at(1)), Err(Refusal::AlreadyWorking));
    floor.press_at(&ben, start(10), at(10)).expect("joined");
    floor.press_at(&anna, pause, at(30)).expect("paused");
    assert_eq!(floor.order.ledger.working(10).into_keys().collect::<Vec<_>>(), [ben.user]);
    floor.press_at(&ben, finish, at(40)).expect("finished");
    assert!(floor.order.ledger.working(10).is_empty());
    assert_eq!(floor.order.ledger.labor_millis(10, at(90)), (30 + 30) * 60_000);
}

#[test]
fn an_order_completes_when_enough_is_made_and_otherwise_needs_a_reason() {
    let mut floor = Floor::with_order();
    for operation in [10, 20] {
        floor.press(Role::Operator, start(operation)).expect("started");
        floor.press(Role::Operator, report(operation, 48, 0)).expect("reported");
        floor
            .press(Role::Operator, Command::FinishOperation { order: id(ORDER), operation })
            .expect("finished");
    }
    let complete = Command::complete(id(ORDER));
    let refusal = floor.press(Role::Operator, complete).expect_err("two are missing");
    assert_eq!(refusal, Refusal::NotEnoughMade { made: Amount::whole(48), ordered: Amount::whole(50) });
    let close = Command::short_close(id(ORDER), "customer takes 48".to_owned());
    assert!(matches!(floor.press(Role::Operator, close.clone()), Err(Refusal::NotPermitted { .. })));
    floor.press(Role::Supervisor, close).expect("closed short");
    assert_eq!(floor.stage(), Stage::Completed);
}

#[test]
fn a_report_starts_the_operation_that_nobody_started() {
    let mut floor = Floor::with_order();
    floor.press(Role::Operator, report(10, 1, 0)).expect("accepted");
    assert_eq!(floor.stage(), Stage::InProgress);
}

#[test]
fn a_report_has_the_same_name_whether_or_not_it_also_started_the_operation() {
    let press = |floor: &mut Floor| {
        let at = Timestamp::from_millis(START);
        floor.pressed = 99;
        report_id(&floor.press_at(&actor(11, Role::Operator), report(10, 5, 0), at).expect("accepted"))
    };
    let mut here = Floor::with_order();
    let mut there = Floor::with_order();
    there.press(Role::Operator, start(10)).expect("somebody else was first");
    assert_eq!(press(&mut here), press(&mut there));
}

#[test]
fn no_clock_stops_before_it_was_started() {
    let mut floor = Floor::with_order();
    let (anna, ben) = (actor(11, Role::Operator), actor(12, Role::Operator));
    let at = |minute: i64| Timestamp::from_millis(START + minute * 60_000);
    floor.press_at(&anna, start(10), at(10)).expect("by a clock that is ten minutes fast");
    let finish = Command::FinishOperation { order: id(ORDER), operation: 10 };
    floor.press_at(&ben, finish, at(5)).expect("finished");
    assert!(floor.order.ledger.working(10).is_empty());
    assert_eq!(floor.order.ledger.labor_millis(10, at(90)), 1);
}

#[test]
fn a_barcode_in_a_number_field_is_refused() {
    let mut floor = Floor::with_order();
    let mut scanned = report(10, 0, 0);
    if let Command::ReportProduction { report, .. } = &mut scanned {
        report.good = "4006381333931".parse().unwrap_or(Amount::MAX);
    }
    assert_eq!(floor.press(Role::Operator, scanned), Err(Refusal::QuantityTooLarge));
    let receipt = Command::ReceiveStock {
        key: component(),
        amount: Amount::MAX,
        unit: UnitCode::new("pcs"),
        price: None,
        reference: String::new(),
    };
    assert_eq!(floor.press(Role::Warehouse, receipt), Err(Refusal::QuantityTooLarge));
}

#[test]
fn operations_that_cannot_be_told_apart_are_refused() {
    let mut twice = create(50);
    if let Command::CreateWorkOrder(new) = &mut twice {
        new.operations[1].number = 10;
    }
    assert!(matches!(Floor::new().press(Role::Planner, twice), Err(Refusal::Malformed { .. })));
}

#[test]
fn nonsense_is_refused_in_plain_words() {
    let mut floor = Floor::with_order();
    let say =
        |floor: &mut Floor, command| floor.press(Role::Operator, command).expect_err("refused").to_string();
    assert_eq!(say(&mut floor, report(10, 0, 0)), "report at least one piece");
    assert_eq!(say(&mut floor, report(10, -1, 0)), "a quantity cannot be negative");
    assert_eq!(say(&mut floor, report(30, 1, 0)), "the order has no operation 30");
}

/// Any button that somebody may press on the order.
fn any_command() -> impl Strategy<Value = Command> {
    let operation = prop_oneof![Just(10u32), Just(20), Just(30)];
    let reason = || "because".to_owned();
    prop_oneof![
        Just(create(50)),
        Just(Command::release(id(ORDER))),
        Just(Command::pause(id(ORDER), reason())),
        Just(Command::resume(id(ORDER))),
        Just(Command::cancel(id(ORDER), reason())),
        Just(Command::complete(id(ORDER))),
        Just(Command::short_close(id(ORDER), reason())),
        operation.clone().prop_map(start),
        operation.clone().prop_map(|operation| Command::PauseOperation {
            order: id(ORDER),
            operation,
            reason: None,
            note: String::new()
        }),
        operation.clone().prop_map(|operation| Command::ResumeOperation { order: id(ORDER), operation }),
        operation.clone().prop_map(|operation| Command::FinishOperation { order: id(ORDER), operation }),
        (operation, -1i32..60, 0i32..5).prop_map(|(operation, good, scrap)| report(operation, good, scrap)),
        (1i32..100).prop_map(|quantity| Command::EditWorkOrder {
            order: id(ORDER),
            edit: WorkOrderEdit { quantity: Some(Amount::whole(quantity)), ..WorkOrderEdit::default() }
        }),
    ]
}

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Operator), Just(Role::Supervisor), Just(Role::Planner), Just(Role::Viewer)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_pressed_the_order_stays_in_a_legal_state(
        presses in proptest::collection::vec((any_role(), any_command()), 1..40)
    ) {
        let mut floor = Floor::new();
        let mut before: Option<WorkOrder> = None;
        for (role, command) in presses {
            let result = floor.press(role, command);
            let after = floor.order.document.order().expect("reads");
            if let (Some(before), Some(after)) = (&before, &after) {
                prop_assert!(may_follow(before.stage(), after.stage()), "{} → {}", before.stage(), after.stage());
                prop_assert!(before.stage().is_open() || before == after, "a closed order changed");
                prop_assert!(before.quantity == after.quantity || before.stage() == Stage::Planned);
            }
            if result.is_err() {
                prop_assert_eq!(&before, &after, "a refused command changed something");
            }
            before = after;
        }
    }

    #[test]
    fn sums_do_not_depend_on_the_order_in_which_facts_arrive(
        presses in proptest::collection::vec(any_command(), 1..30),
        shuffle in any::<u64>(),
    ) {
        let mut floor = Floor::with_order();
        let mut facts = Vec::new();
        for command in presses {
            let caused = floor.press(Role::Supervisor, command).unwrap_or_default();
            let first_report =
                caused.iter().find(|fact| matches!(fact.body, FactBody::ProductionReported(_))).map(|fact| fact.id);
            facts.extend(caused);
            if let Some(report) = first_report.filter(|report| report.uuid().as_u128() % 3 == 0) {
                let void = Command::VoidReport { order: id(ORDER), report, reason: "typo".to_owned() };
                facts.extend(floor.press(Role::Supervisor, void).unwrap_or_default());
            }
        }
        let mut state = shuffle;
        let mut shuffled = facts.clone();
        for n in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let other = usize::try_from(state >> 33).expect("fits") % (n + 1);
            shuffled.swap(n, other);
        }
        shuffled.extend(facts.iter().take(3).cloned());
        let (direct, arrived): (OrderLedger, OrderLedger) =
            (facts.into_iter().collect(), shuffled.into_iter().collect());
        let now = Timestamp::from_millis(START + 86_400_000);
        for operation in [10, 20] {
            prop_assert_eq!(direct.output(Some(operation)), arrived.output(Some(operation)));
            prop_assert_eq!(direct.labor_millis(operation, now), arrived.labor_millis(operation, now));
            prop_assert_eq!(direct.working(operation), arrived.working(operation));
        }
    }
}

/// DOMAIN.md 5.2, with the start of an operation as the way into progress.
fn may_follow(from: Stage, to: Stage) -> bool {
    use Stage::{Cancelled, Completed, InProgress, Paused, Planned, Released};
    from == to
        || matches!(
            (from, to),
            (Planned, Released)
                | (Released, InProgress)
                | (InProgress, Paused | Completed)
                | (Paused, InProgress | Completed)
                | (Planned | Released | InProgress | Paused, Cancelled)
        )
}

#[test]
fn a_text_that_the_server_would_not_take_is_refused_where_it_is_entered() {
    let mut floor = Floor::with_order();
    for reason in ["x".repeat(limits::MAX_TEXT_CHARS + 1), "a\0b".to_owned()] {
        let refused = floor.press(Role::Supervisor, Command::cancel(id(ORDER), reason));
        assert!(matches!(refused, Err(Refusal::Malformed { .. })), "{refused:?}");
    }
    let longest = "ü".repeat(limits::MAX_TEXT_CHARS);
    floor.press(Role::Supervisor, Command::cancel(id(ORDER), longest)).expect("kept");
}

#[test]
fn refused_work_is_handed_to_whoever_decides_and_closed_by_them() {
    let mut floor = Floor::with_order();
    floor.press(Role::Supervisor, Command::cancel(id(ORDER), "no".into())).expect("ok");
    let start = Command::StartOperation { order: id(ORDER), operation: 10 };
    let refusal = floor.press(Role::Operator, start.clone()).expect_err("it is cancelled");
    let work = RefusedWork {
        entered: start,
        entered_by: id(5),
        entered_at: Timestamp::from_millis(START),
        refusal,
        note: "it was running".to_owned(),
    };
    let hand_over = Command::HandOver { refused: id(77), work: Box::new(work.clone()) };
    let facts = floor.press(Role::Operator, hand_over.clone()).expect("given");
    assert_eq!(exceptions(&facts), [&Exception::RefusedWork(Box::new(work.clone()))]);
    assert_eq!(exceptions(&facts)[0].owner(), Role::Supervisor);
    let close = Command::CloseException {
        exception: facts[0].id,
        order: Some(id(ORDER)),
        note: "scrapped".to_owned(),
    };
    floor.press(Role::Supervisor, close.clone()).expect("closed");
    assert_eq!(floor.press(Role::Supervisor, close), Err(Refusal::ExceptionClosed));
    // What was handed over is not handed on.
    let again = RefusedWork { entered: hand_over, ..work };
    let again = floor.press(Role::Operator, Command::HandOver { refused: id(77), work: Box::new(again) });
    assert!(matches!(again, Err(Refusal::Malformed { .. })), "{again:?}");
}

#[test]
fn two_people_who_change_the_same_are_shown_both_values() {
    let mut floor = Floor::with_order();
    let seen = |due_on| Some(crate::work_order::SeenPlan { quantity: Amount::whole(50), due_on });
    let date = |text: &str| text.parse().ok();
    let due = |on: &str, saw: Option<&str>| Command::EditWorkOrder {
        order: id(ORDER),
        edit: WorkOrderEdit {
            due_on: Some(date(on)),
            seen: seen(saw.and_then(date)),
            ..WorkOrderEdit::default()
        },
    };
    // One after the other, knowing of each other; then one who did not see the last change.
    assert!(exceptions(&floor.press(Role::Planner, due("2026-12-01", None)).expect("edited")).is_empty());
    let knowing = floor.press(Role::Planner, due("2026-12-02", Some("2026-12-01"))).expect("edited");
    assert!(exceptions(&knowing).is_empty());
    let blind = floor.press(Role::Supervisor, due("2026-12-09", Some("2026-12-01"))).expect("edited");
    let both = Contested::DueOn { before: date("2026-12-02"), now: date("2026-12-09") };
    assert_eq!(exceptions(&blind), [&Exception::ChangedByTwo(both)]);
    // The same value twice is no dispute.
    let agreed = floor.press(Role::Supervisor, due("2026-12-09", Some("2026-12-01"))).expect("edited");
    assert!(exceptions(&agreed).is_empty());

    let assign = |to, seen| Command::AssignWorkOrder { order: id(ORDER), assignee: Some(id(to)), seen };
    assert!(exceptions(&floor.press(Role::Supervisor, assign(1, Some(None))).expect("ok")).is_empty());
    let second = floor.press(Role::Supervisor, assign(2, Some(None))).expect("assigned");
    let both = Contested::Assignee { before: Some(id(1)), now: Some(id(2)) };
    assert_eq!(exceptions(&second), [&Exception::ChangedByTwo(both)]);
}

#[test]
fn two_people_who_pause_and_cancel_without_knowing_of_each_other_are_shown_both() {
    use Stage::{Cancelled, InProgress, Paused, Released};
    let pause = || Command::pause(id(ORDER), "no steel".to_owned());
    let cancel = |saw: Stage| Command::CancelWorkOrder {
        order: id(ORDER),
        reason: "customer withdrew".to_owned(),
        seen: Some(saw),
    };
    let begun = || {
        let mut floor = Floor::with_order();
        floor.press(Role::Operator, start(10)).expect("started");
        floor
    };
    let told = |floor: &mut Floor, command: Command| -> Vec<Exception> {
        let facts = floor.press(Role::Supervisor, command).expect("accepted");
        exceptions(&facts).into_iter().cloned().collect()
    };
    let both = |before: Stage, now: Stage| [Exception::ChangedByTwo(Contested::Stage { before, now })];

    let mut blind = begun();
    assert_eq!(told(&mut blind, pause()), []);
    assert_eq!(told(&mut blind, cancel(InProgress)), both(Paused, Cancelled));
    assert_eq!(blind.stage(), Cancelled);

    let mut knowing = begun();
    assert_eq!(told(&mut knowing, pause()), []);
    assert_eq!(told(&mut knowing, cancel(Paused)), []);

    // Somebody started to work meanwhile.
    assert_eq!(told(&mut begun(), cancel(Released)), both(InProgress, Cancelled));
    // Their own start was refused.
    assert_eq!(told(&mut Floor::with_order(), cancel(InProgress)), []);
}
