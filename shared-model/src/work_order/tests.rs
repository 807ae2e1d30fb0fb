use proptest::prelude::*;
use uuid::Uuid;

use super::document::{Document, decode_change};
use super::*;
use crate::actor::{ActorEpoch, automerge_actor};

const AT: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn by() -> UserId {
    Uuid::from_u128(1).into()
}

fn operation(number: u32, name: &str) -> Operation {
    Operation {
        number,
        name: name.to_owned(),
        work_center: Some(Uuid::from_u128(u128::from(number)).into()),
        setup_minutes: Amount::whole(5),
        run_minutes: Amount::whole(2),
        instructions: String::new(),
        state: OperationState::Pending,
    }
}

fn planned() -> WorkOrder {
    let new = NewWorkOrder {
        id: Uuid::from_u128(100).into(),
        number: Number::parse("WO-01042").ok(),
        title: "Pump housings".to_owned(),
        material: Uuid::from_u128(200).into(),
        quantity: Amount::whole(50),
        unit: Some(UnitCode::new("pcs")),
        due_on: Some(jiff::civil::date(2026, 11, 24)),
        priority: 5,
        output_location: None,
        operations: vec![operation(10, "Cut"), operation(20, "Assemble")],
    };
    WorkOrder::create(&new, by(), AT).expect("a valid order")
}

fn released() -> WorkOrder {
    planned().release(None, &[], AT).expect("released")
}

#[test]
fn an_order_goes_from_plan_to_done() {
    let order = released().start_operation(10, AT).expect("started");
    assert_eq!((order.stage(), order.started_at), (Stage::InProgress, Some(AT)));
    let order = order.finish_operation(10).and_then(|it| it.start_operation(20, AT)).expect("goes on");
    let order = order.finish_operation(20).and_then(|it| it.complete(AT)).expect("complete");
    assert_eq!(order.state, State::Completed { short: None });
}

#[test]
fn a_cancelled_order_does_not_start_and_says_why() {
    let order = released().cancel("customer withdrew", AT).expect("cancelled");
    let refusal = order.start_operation(10, AT).expect_err("refused");
    assert_eq!(refusal.to_string(), "order WO-01042 is cancelled: customer withdrew");
}

#[test]
fn each_state_allows_only_what_the_table_of_states_allows() {
    type Step = fn(&WorkOrder) -> Result<WorkOrder, Refusal>;
    let steps: [(&str, Step, &[Stage]); 6] = [
        ("release", |it| it.release(None, &[], AT), &[Stage::Planned]),
        ("start", |it| it.start_operation(10, AT), &[Stage::Released, Stage::InProgress]),
        ("pause", |it| it.pause("no material"), &[Stage::InProgress]),
        ("resume", WorkOrder::resume, &[Stage::Paused]),
        ("short close", |it| it.short_close("enough", AT), &[Stage::InProgress, Stage::Paused]),
        (
            "cancel",
            |it| it.cancel("mistake", AT),
            &[Stage::Planned, Stage::Released, Stage::InProgress, Stage::Paused],
        ),
    ];
    let running = released().start_operation(10, AT).expect("started");
    let orders = [
        planned(),
        released(),
        running.clone(),
        running.pause("break").expect("paused"),
        running.short_close("enough", AT).expect("closed"),
        running.cancel("mistake", AT).expect("cancelled"),
    ];
    for (name, step, allowed) in steps {
        for order in &orders {
            let may = allowed.contains(&order.stage());
            assert_eq!(step(order).is_ok(), may, "{name} when {}", order.stage());
        }
    }
}

#[test]
fn a_later_operation_finishes_only_after_the_earlier_ones() {
    let order = released().start_operation(20, AT).expect("overlaps");
    let refusal = order.finish_operation(20).expect_err("10 is open");
    assert_eq!(refusal.to_string(), "operation 10 Cut is still open");
}

#[test]
fn the_quantity_is_locked_at_release_and_the_due_date_is_not() {
    let quantity = WorkOrderEdit { quantity: Some(Amount::whole(60)), ..WorkOrderEdit::default() };
    assert_eq!(planned().edit(&quantity).map(|it| it.quantity), Ok(Amount::whole(60)));
    assert_eq!(released().edit(&quantity), Err(Refusal::QuantityLocked));
    let due = WorkOrderEdit { due_on: Some(None), ..WorkOrderEdit::default() };
    assert_eq!(released().edit(&due).map(|it| it.due_on), Ok(None));
}

#[test]
fn an_edit_tells_an_absent_date_from_one_taken_away() {
    let edit: WorkOrderEdit = serde_json::from_str(r#"{"priority": 2}"#).expect("an edit");
    assert_eq!(edit.due_on, None);
    let edit: WorkOrderEdit = serde_json::from_str(r#"{"due_on": null}"#).expect("an edit");
    assert_eq!(edit.due_on, Some(None));
}

#[test]
fn a_reason_of_blanks_is_none() {
    let running = released().start_operation(10, AT).expect("started");
    assert_eq!(running.pause("  "), Err(Refusal::ReasonMissing));
}

#[test]
fn the_document_holds_the_order_through_every_state() {
    let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
    let mut document = Document::empty();
    let running = released().start_operation(10, AT).expect("started");
    let states = [planned(), released(), running.clone(), running.pause("break").expect("paused"), running];
    for order in states {
        document.write(&order, &author, AT).expect("writes");
        let bytes = document.save().expect("saves");
        document = Document::load(&bytes).expect("loads");
        assert_eq!(document.order().expect("reads"), Some(order));
    }
}

#[test]
fn the_same_step_on_the_same_heads_makes_the_same_change_everywhere() {
    let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
    let write = || {
        let mut document = Document::empty();
        let first = document.write(&planned(), &author, AT).expect("writes").expect("changes");
        let second = document.write(&released(), &author, AT).expect("writes").expect("changes");
        (first.hash(), second.hash())
    };
    assert_eq!(write(), write());
}

type Step = fn(&WorkOrder) -> Result<WorkOrder, Refusal>;

/// A step that somebody takes on an order, possible or not.
fn step() -> impl Strategy<Value = Step> {
    let steps: [Step; 17] = [
        |it| it.release(None, &[], AT),
        |it| it.start_operation(10, AT),
        |it| it.finish_operation(10),
        |it| it.start_operation(20, AT),
        |it| it.finish_operation(20),
        |it| it.pause("break"),
        |it| it.pause("no material"),
        |it| it.resume(),
        |it| it.cancel("customer withdrew", AT),
        |it| it.complete(AT),
        |it| it.short_close("enough", AT),
        |it| it.assign(Some(by())),
        |it| it.assign(None),
        |it| it.move_operation(20, Uuid::from_u128(77).into()),
        |it| it.edit(&WorkOrderEdit { quantity: Some(Amount::whole(7)), ..WorkOrderEdit::default() }),
        |it| it.edit(&WorkOrderEdit { due_on: Some(None), priority: Some(1), ..WorkOrderEdit::default() }),
        |it| {
            let operations = it.operations.clone().into_iter().filter(|(_, it)| it.number != 20).collect();
            Ok(WorkOrder { operations, ..it.clone() })
        },
    ];
    prop::sample::select(steps.to_vec())
}

proptest! {
    /// Devices and servers write what changed; those of an older version write everything.
    #[test]
    fn what_changed_is_written_as_if_everything_were(steps in prop::collection::vec(step(), 1..12)) {
        let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
        let mut document = Document::empty();
        let mut order = planned();
        document.write(&order, &author, AT).expect("writes");
        for step in steps {
            let Ok(after) = step(&order) else { continue };
            let mut unread = Document::load(&document.save().expect("saves")).expect("loads");
            let whole = unread.write(&after, &author, AT).expect("writes");
            let part = document.write(&after, &author, AT).expect("writes");
            prop_assert_eq!(part.map(|it| it.hash()), whole.map(|it| it.hash()));
            prop_assert_eq!(document.order().expect("reads"), Some(after.clone()));
            let mut again = Document::load(&document.save().expect("saves")).expect("loads");
            prop_assert_eq!(again.order().expect("reads"), Some(after.clone()));
            order = after;
        }
    }
}

#[test]
fn two_edits_made_apart_both_arrive() {
    let author = |n| automerge_actor(Uuid::from_u128(n).into(), by(), ActorEpoch(0));
    let mut here = Document::empty();
    here.write(&planned(), &author(1), AT).expect("writes");
    let mut there = Document::load(&here.save().expect("saves")).expect("loads");
    let first = WorkOrderEdit { priority: Some(1), ..WorkOrderEdit::default() };
    here.write(&planned().edit(&first).expect("edits"), &author(1), AT).expect("writes");
    let title = WorkOrderEdit { title: Some("Urgent".to_owned()), ..WorkOrderEdit::default() };
    let change = there
        .write(&planned().edit(&title).expect("edits"), &author(2), AT)
        .expect("writes")
        .expect("changes");
    let change = decode_change(change.raw_bytes()).expect("decodes");
    here.merge(change.clone()).expect("merges");
    here.merge(change).expect("merging twice changes nothing");
    let merged = here.order().expect("reads").expect("an order");
    assert_eq!((merged.priority, merged.title.as_str()), (1, "Urgent"));
}

#[test]
fn a_document_that_was_read_before_says_what_was_written_since() {
    let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
    let mut document = Document::empty();
    assert_eq!(document.order().expect("reads"), None);
    document.write(&planned(), &author, AT).expect("writes");
    assert_eq!(document.order().expect("reads"), Some(planned()));

    let heads = document.heads();
    let mut copy = document.at(&heads).expect("at its own heads");
    assert_eq!(copy.order().expect("reads"), Some(planned()));
    let change = copy.write(&released(), &author, AT).expect("writes").expect("changes");
    assert_eq!(copy.order().expect("reads"), Some(released()));
    assert_eq!(document.order().expect("reads"), Some(planned()), "the copy is on its own");
    assert!(!document.has(&change.hash()));

    document.merge(change.clone()).expect("merges");
    assert!(document.has(&change.hash()));
    assert_eq!(document.order().expect("reads"), Some(released()));
    assert_eq!(document.at(&heads).expect("there were those heads").order().expect("reads"), Some(planned()));
}

#[test]
fn a_compressed_change_is_refused_before_it_is_unpacked() {
    let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
    let title = (0..2000).map(|n| n.to_string()).collect();
    let long = WorkOrder { title, ..planned() };
    let mut change = Document::empty().write(&long, &author, AT).expect("writes").expect("changes");
    decode_change(change.raw_bytes()).expect("plain is read");
    let compressed = change.bytes().into_owned();
    assert!(compressed.len() < change.raw_bytes().len());
    assert!(matches!(decode_change(&compressed), Err(document::DocumentError::Compressed)));
}

#[test]
fn a_change_whose_ground_is_missing_is_noticed() {
    let author = automerge_actor(Uuid::from_u128(5).into(), by(), ActorEpoch(0));
    let mut document = Document::empty();
    document.write(&planned(), &author, AT).expect("writes");
    let second = document.write(&released(), &author, AT).expect("writes").expect("changes");
    let mut other = Document::empty();
    assert!(matches!(other.merge(second.clone()), Err(document::DocumentError::MissingChanges)));
    assert!(matches!(Document::empty().at(second.deps()), Err(document::DocumentError::MissingChanges)));
}

#[test]
fn an_edit_of_the_title_does_not_take_the_due_date_away_on_its_way_to_the_server() {
    let date = "2026-11-24".parse().expect("a date");
    for due_on in [None, Some(None), Some(Some(date))] {
        let edit = WorkOrderEdit { title: Some("Urgent".to_owned()), due_on, ..WorkOrderEdit::default() };
        let json = serde_json::to_string(&edit).expect("serializes");
        assert_eq!(serde_json::from_str::<WorkOrderEdit>(&json).expect("parses"), edit, "{json}");
    }
}

/// What a newer version makes of an order: other fields, and a state that is not known here.
fn of_a_newer_version(state: &str) -> Document {
    use automerge::transaction::Transactable;
    use automerge::{ObjType, ROOT};

    let mut document = Document::empty();
    let actor = automerge_actor(Uuid::nil().into(), by(), ActorEpoch::default());
    document.write(&planned(), &actor, AT).expect("written");
    let mut newer = automerge::AutoCommit::load(&document.save().expect("saved")).expect("loads");
    newer.put(ROOT, "schema", 2_u64).expect("put");
    newer.put(ROOT, "title", "Pump housings, revised").expect("put");
    newer.put(ROOT, "due_on", 20_781_i64).expect("put");
    let held = newer.put_object(ROOT, "state", ObjType::Map).expect("put");
    newer.put(&held, "OnHold", state).expect("put");
    Document::load(&newer.save()).expect("loads")
}

#[test]
fn an_order_of_a_newer_version_is_not_worked_on_and_still_found() {
    let mut newer = of_a_newer_version("lot 7");
    assert_eq!(newer.order().expect_err("not read").newer(), Some(2));
    let outline = newer.outline();
    assert_eq!(outline.number.as_ref().map(Number::as_str), Some("WO-01042"));
    assert_eq!(outline.title.as_deref(), Some("Pump housings, revised"));
    assert_eq!((outline.material, outline.stage), (Some(planned().material), None));
    assert_eq!(outline.operations.as_ref().map(Vec::len), Some(2));

    let mut before = summary::Summary::of(&planned());
    before.stage = Stage::Released;
    let shown = newer.outline().over(before.id, Some(before.clone())).expect("shown");
    assert_eq!((shown.stage, shown.due_on, shown.is_newer()), (Stage::Released, before.due_on, true));
    let shown = newer.outline().over(before.id, None).expect("shown");
    assert_eq!((shown.number.as_str(), shown.stage), ("WO-01042", Stage::Planned));
}

#[test]
fn an_order_that_looks_as_before_but_says_that_it_is_newer_is_not_worked_on() {
    let mut document = Document::empty();
    let actor = automerge_actor(Uuid::nil().into(), by(), ActorEpoch::default());
    let newer = WorkOrder { schema: SCHEMA + 1, ..planned() };
    document.write(&newer, &actor, AT).expect("written");
    let mut document = Document::load(&document.save().expect("saved")).expect("loads");
    assert_eq!(document.order().expect_err("not read").newer(), Some(SCHEMA + 1));
}
