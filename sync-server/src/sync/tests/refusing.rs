//! What is refused is kept, blocks only what stands on it, and says why.

use shared_model::actor::ActorEpoch;
use shared_model::command::{Command, Envelope};
use shared_model::ids::DepartmentId;
use shared_model::number::Number;
use shared_model::people::Role;
use shared_model::plant::{Department, WorkCenter, WorkCenterKind};
use shared_model::policy::Action;
use shared_model::quantity::Amount;
use shared_model::record::Record;
use shared_model::refusal::Refusal;
use shared_model::sync::wire::Verdict;
use shared_model::sync::wire::stored::ReceivedEnvelope;
use shared_model::work_order::{Stage, WorkOrderEdit};

use super::floor::{Floor, is_accepted, report};
use crate::db::{device, record, user};
use crate::edge;

fn refusal(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn starting_a_cancelled_order_is_refused_in_words_and_the_command_is_kept() {
    let mut floor = Floor::new().await;
    let (mut supervisor, order) = floor.tablet_with_order(50).await;
    let mut operator = floor.tablet(Role::Operator).await;
    operator.learn(order, &supervisor);
    let cancel = supervisor.press(Command::cancel(order, "customer withdrew".to_owned()));
    assert!(is_accepted(&(cancel.id, floor.judge(&supervisor, cancel.clone()).await)));
    let start = operator.press(Command::StartOperation { order, operation: 10 });
    let refused = refusal(floor.judge(&operator, start.clone()).await);
    let number = floor.row(order).await.number;
    assert_eq!(refused.to_string(), format!("order {number} is cancelled: customer withdrew"));
    let (body, message): (String, String) =
        sqlx::query_as("select body, message from refused where command_id = $1")
            .bind(start.id.uuid())
            .fetch_one(floor.tx().await.conn())
            .await
            .expect("the command is kept");
    assert_eq!(serde_json::from_str::<Command>(&body).expect("a command"), start.command);
    assert_eq!(message, refused.to_string());
    assert_eq!(floor.count("blocked_change").await, 1);
    assert_eq!(refusal(floor.judge(&operator, start).await), refused, "the same word again");
}

#[tokio::test]
async fn what_stands_on_a_refused_change_is_to_be_decided_again() {
    let mut floor = Floor::new().await;
    let (mut supervisor, order) = floor.tablet_with_order(50).await;
    let mut operator = floor.tablet(Role::Operator).await;
    operator.learn(order, &supervisor);
    let cancel = supervisor.press(Command::cancel(order, "no".to_owned()));
    floor.judge(&supervisor, cancel).await;
    let start = operator.press(Command::StartOperation { order, operation: 10 });
    let finish = operator.press(Command::FinishOperation { order, operation: 10 });
    let verdicts = floor.send(&operator, vec![start, finish.clone()]).await.expect("committed");
    assert!(matches!(verdicts[0].1, Verdict::Refused(Refusal::WrongState { .. })));
    assert_eq!(verdicts[1].1, Verdict::Rebase { epoch: 0 });
    // It is not decided: the device decides again, on the confirmed state and as a new author.
    let again = Verdict::Rebase { epoch: 0 };
    assert_eq!(floor.judge(&operator, finish).await, again);
}

#[tokio::test]
async fn a_refused_change_is_let_in_under_no_other_name() {
    let mut floor = Floor::new().await;
    let (mut supervisor, order) = floor.tablet_with_order(50).await;
    let mut operator = floor.tablet(Role::Operator).await;
    operator.learn(order, &supervisor);
    let cancel = supervisor.press(Command::cancel(order, "no".to_owned()));
    floor.judge(&supervisor, cancel).await;
    let start = operator.press(Command::StartOperation { order, operation: 10 });
    floor.judge(&operator, start.clone()).await;
    let renamed =
        shared_model::command::Envelope { id: operator.draft(start.command.clone()).id, ..start.clone() };
    assert_eq!(refusal(floor.judge(&operator, renamed).await), Refusal::DependsOnRefused { on: start.id });
}

#[tokio::test]
async fn a_change_that_says_more_than_its_command_is_refused() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let mut forger = tablet.clone();
    let edit = |priority| Command::EditWorkOrder {
        order,
        edit: WorkOrderEdit { priority: Some(priority), ..WorkOrderEdit::default() },
    };
    let mut honest = tablet.press(edit(2));
    let forged = forger.press(edit(1));
    honest.change = forged.change;
    assert_eq!(refusal(floor.judge(&tablet, honest).await), Refusal::UnverifiedChange);
    let mut garbage = tablet.draft(edit(3));
    garbage.change = Some(vec![1, 2, 3]);
    assert_eq!(refusal(floor.judge(&tablet, garbage).await), Refusal::UnverifiedChange);
    let before = floor.row(order).await;
    assert_eq!(before.priority, 5);
}

#[tokio::test]
async fn a_change_by_another_author_than_the_device_is_refused() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    tablet.epoch = ActorEpoch(1);
    let edit = WorkOrderEdit { priority: Some(2), ..WorkOrderEdit::default() };
    let mut command = tablet.press(Command::EditWorkOrder { order, edit });
    command.epoch = ActorEpoch(2);
    assert_eq!(refusal(floor.judge(&tablet, command).await), Refusal::UnverifiedChange);
}

#[tokio::test]
async fn a_refused_command_takes_no_other_command_of_its_push_with_it() {
    let mut floor = Floor::new().await;
    let (mut tablet, order) = floor.tablet_with_order(50).await;
    let commands = vec![
        tablet.press(report(order, 1, 0)),
        tablet.draft(report(order, 0, 0)),
        tablet.press(report(order, 2, 0)),
    ];
    let verdicts = floor.send(&tablet, commands).await.expect("committed");
    assert!(is_accepted(&verdicts[0]) && is_accepted(&verdicts[2]), "{verdicts:?}");
    assert_eq!(verdicts[1].1, Verdict::Refused(Refusal::NothingReported));
    assert_eq!(floor.row(order).await.output[&Some(20)].good, Amount::whole(3));
}

#[tokio::test]
async fn a_command_that_is_not_understood_is_refused_by_itself() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let good = ReceivedEnvelope::from(&tablet.draft(floor.receive(3)));
    let mut commands = vec![good.clone()];
    for body in [r#"{"command":"receive_stock"}"#, "nonsense", "", r#"{"command":"teleport","to":"mars"}"#] {
        let id = tablet.draft(floor.receive(1)).id;
        commands.push(ReceivedEnvelope { id, command: body.to_owned(), ..good.clone() });
    }
    let nul = ReceivedEnvelope::from(&tablet.draft(Command::ReceiveStock {
        key: shared_model::stock::StockKey::of(floor.wheel, None),
        amount: Amount::ONE,
        unit: super::floor::pieces(),
        price: None,
        reference: "a\0b".to_owned(),
    }));
    commands.push(nul);
    let (organization, plant) = (floor.world.organization, floor.world.plant);
    let verdicts = floor.sync.submit(organization, plant, tablet.sender, commands).await.expect("committed");
    assert!(is_accepted(&verdicts[0]));
    for (_, verdict) in &verdicts[1..] {
        assert!(matches!(verdict, Verdict::Refused(Refusal::Malformed { .. })), "{verdict:?}");
    }
    assert_eq!(floor.count("refused").await, 5);
    assert_eq!(floor.on_hand(floor.wheel).await, Amount::whole(3));
}

#[tokio::test]
async fn a_person_who_never_signed_in_on_the_device_is_refused() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    tablet.user = edge::ids().draw();
    let command = tablet.draft(floor.receive(1));
    assert_eq!(refusal(floor.judge(&tablet, command).await), Refusal::NotSignedIn);
}

#[tokio::test]
async fn a_person_without_the_role_is_told_whom_to_ask() {
    let mut floor = Floor::new().await;
    let (manager, order) = floor.tablet_with_order(50).await;
    let mut operator = floor.tablet(Role::Operator).await;
    operator.learn(order, &manager);
    let cancel = operator.draft(Command::cancel(order, "tired".to_owned()));
    let ask = Role::Supervisor;
    let refused = Refusal::NotPermitted { action: Action::DirectWork, ask };
    assert_eq!(refusal(floor.judge(&operator, cancel).await), refused);
}

#[tokio::test]
async fn a_role_of_one_department_does_not_count_for_the_work_of_another() {
    let mut floor = Floor::new().await;
    let world = floor.world.clone();
    let (welding, painting, booth) = (edge::ids().draw(), edge::ids().draw(), edge::ids().draw());
    let code = |text: &str| Number::parse(text).expect("a number");
    let department = |id: DepartmentId, name: &str| {
        Record::Department(Department { id, code: code(name), name: name.to_owned(), is_active: true })
    };
    let center = WorkCenter {
        id: booth,
        code: code("BOOTH"),
        name: "Booth".to_owned(),
        kind: WorkCenterKind::Machine,
        department: Some(welding),
        location: None,
        is_active: true,
    };
    let records =
        [department(welding, "Welding"), department(painting, "Painting"), Record::WorkCenter(center)];
    let mut tx = floor.tx().await;
    let mut person =
        user::find(&mut tx, world.user(Role::Supervisor)).await.expect("a query").expect("a person");
    person.roles[0].department = Some(painting);
    user::edit(&mut tx, &person).await.expect("a role");
    record::put_all(&mut tx, Some(world.plant), &records).await.expect("records");
    tx.commit().await.expect("a commit");
    let mut planner = floor.tablet(Role::Planner).await;
    let (order, create) = floor.create(5);
    let Command::CreateWorkOrder(mut new) = create else { panic!("{create:?}") };
    new.operations[0].work_center = Some(booth);
    let create = planner.press(Command::CreateWorkOrder(new));
    assert!(is_accepted(&(create.id, floor.judge(&planner, create.clone()).await)));
    let mut supervisor = floor.tablet(Role::Supervisor).await;
    let release = supervisor.draft(floor.release(order, 5));
    let (action, department) = (Action::DirectWork, "Welding".to_owned());
    let refused = refusal(floor.judge(&supervisor, release).await);
    assert_eq!(refused, Refusal::OtherDepartment { action, department });
}

#[tokio::test]
async fn a_command_in_the_name_of_another_device_is_refused() {
    let floor = Floor::new().await;
    let (mut mine, theirs) = (floor.tablet(Role::Warehouse).await, floor.tablet(Role::Warehouse).await);
    let mut command = mine.draft(floor.receive(1));
    command.device = theirs.device;
    assert!(matches!(refusal(floor.judge(&mine, command).await), Refusal::Malformed { .. }));
}

#[tokio::test]
async fn what_a_revoked_device_sends_is_refused_and_kept() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let mut tx = floor.tx().await;
    assert!(device::revoke(&mut tx, tablet.device, edge::now()).await.expect("a query"));
    tx.commit().await.expect("a commit");
    let command = tablet.draft(floor.receive(1));
    assert_eq!(refusal(floor.judge(&tablet, command).await), Refusal::DeviceRevoked);
    assert_eq!(floor.count("refused").await, 1);
    assert_eq!(floor.count("fact").await, 0);
}

#[tokio::test]
async fn what_a_revoked_device_handed_in_ends_no_other_device_that_sends_the_same() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let mut other = floor.tablet(Role::Warehouse).await;
    let command = tablet.draft(floor.receive(1));
    let same = Envelope { id: command.id, ..other.draft(floor.receive(1)) };
    let fresh = other.draft(floor.receive(2));
    let mut tx = floor.tx().await;
    assert!(device::revoke(&mut tx, tablet.device, edge::now()).await.expect("a query"));
    tx.commit().await.expect("a commit");
    assert_eq!(refusal(floor.judge(&tablet, command.clone()).await), Refusal::DeviceRevoked);
    let verdicts = floor.send(&other, vec![same, fresh]).await.expect("committed");
    assert_eq!(verdicts[0].1, Verdict::Refused(Refusal::HandedInElsewhere));
    assert!(is_accepted(&verdicts[1]), "{verdicts:?}");
    assert_eq!(refusal(floor.judge(&tablet, command).await), Refusal::DeviceRevoked);
    assert_eq!(floor.count("refused").await, 1);
}

#[tokio::test]
async fn a_number_is_given_to_one_order_whatever_its_case() {
    let mut floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Planner).await;
    let (first, second, third) = (floor.create(1).0, floor.create(1).0, floor.create(1).0);
    let commands = vec![
        tablet.press(floor.create_numbered(first, 1, "Job 7")),
        tablet.press(floor.create_numbered(second, 1, "JOB 7")),
    ];
    let verdicts = floor.send(&tablet, commands).await.expect("committed");
    assert!(is_accepted(&verdicts[0]));
    assert!(matches!(verdicts[1].1, Verdict::Refused(Refusal::NumberTaken { .. })), "{verdicts:?}");
    let later = tablet.press(floor.create_numbered(third, 1, "job 7"));
    assert!(matches!(refusal(floor.judge(&tablet, later).await), Refusal::NumberTaken { .. }));
}

#[tokio::test]
async fn an_order_is_not_released_on_a_bom_that_was_changed_meanwhile() {
    let mut floor = Floor::new().await;
    let mut planner = floor.tablet(Role::Planner).await;
    let (order, create) = floor.create(10);
    let create = planner.press(create);
    floor.judge(&planner, create).await;
    let release = planner.press(floor.release(order, 10));
    let mut tx = floor.tx().await;
    let newer = Record::Bom(floor.bom_of(edge::ids().draw(), 2, 3));
    record::put(&mut tx, None, &newer).await.expect("a BOM");
    tx.commit().await.expect("a commit");
    assert_eq!(refusal(floor.judge(&planner, release).await), Refusal::BomChanged);
}

/// Found by histories of the simulation on the real server, which said that the bill of material had changed.
#[tokio::test]
async fn an_order_whose_quantity_was_changed_while_somebody_released_it_takes_as_much_for_each_piece() {
    let mut floor = Floor::new().await;
    let (mut planner, mut supervisor) =
        (floor.tablet(Role::Planner).await, floor.tablet(Role::Supervisor).await);
    let (order, create) = floor.create(10);
    let create = planner.press(create);
    floor.judge(&planner, create).await;
    supervisor.learn(order, &planner);
    let Command::ReleaseWorkOrder { bom, materials, .. } = floor.release(order, 10) else {
        panic!("a release")
    };
    let planned_for = Some(Amount::whole(10));
    let release = supervisor.press(Command::ReleaseWorkOrder { order, bom, materials, planned_for });
    let edit = WorkOrderEdit { quantity: Some(Amount::whole(20)), ..WorkOrderEdit::default() };
    let edit = planner.press(Command::EditWorkOrder { order, edit });
    assert!(is_accepted(&(edit.id, floor.judge(&planner, edit).await)));

    // Not merged: the device plans anew on what is.
    assert_eq!(floor.judge(&supervisor, release.clone()).await, Verdict::Rebase { epoch: 0 });
    supervisor.learn(order, &planner);
    supervisor.epoch = ActorEpoch(1);
    let again = supervisor.press_again(release);
    assert!(is_accepted(&(again.id, floor.judge(&supervisor, again).await)));
    let row = floor.row(order).await;
    assert_eq!((row.stage, row.quantity), (Stage::Released, Amount::whole(20)));
    assert_eq!(row.materials[0].planned, Amount::whole(80));
}

#[tokio::test]
async fn a_release_that_says_it_plans_for_nothing_is_refused() {
    let mut floor = Floor::new().await;
    let mut planner = floor.tablet(Role::Planner).await;
    let (order, create) = floor.create(10);
    let create = planner.press(create);
    floor.judge(&planner, create).await;
    let Command::ReleaseWorkOrder { bom, .. } = floor.release(order, 0) else { panic!("a release") };
    let planned_for = Some(Amount::ZERO);
    let release = planner.draft(Command::ReleaseWorkOrder { order, bom, materials: Vec::new(), planned_for });
    assert!(matches!(refusal(floor.judge(&planner, release).await), Refusal::Malformed { .. }));
}

#[tokio::test]
async fn a_release_that_plans_for_a_quantity_at_which_figures_end_is_refused() {
    let mut floor = Floor::new().await;
    let mut planner = floor.tablet(Role::Planner).await;
    let (order, create) = floor.create(10);
    let create = planner.press(create);
    floor.judge(&planner, create).await;
    let Command::ReleaseWorkOrder { bom, mut materials, .. } = floor.release(order, 10) else {
        panic!("a release")
    };
    // As many as can be counted, of which each would take four: scaled back, it would be one for each.
    materials[0].planned = Amount::MAX;
    let planned_for = Some(Amount::MAX);
    let release = planner.draft(Command::ReleaseWorkOrder { order, bom, materials, planned_for });
    let refusal = refusal(floor.judge(&planner, release).await);
    assert!(matches!(refusal, Refusal::BomChanged | Refusal::BrokenBom { .. }), "{refusal:?}");
}

#[tokio::test]
async fn a_release_with_other_materials_than_the_bom_is_refused() {
    let mut floor = Floor::new().await;
    let mut planner = floor.tablet(Role::Planner).await;
    let (order, create) = floor.create(10);
    let create = planner.press(create);
    floor.judge(&planner, create).await;
    let release = planner.press(floor.release(order, 9));
    assert_eq!(refusal(floor.judge(&planner, release).await), Refusal::BomChanged);
}

#[tokio::test]
async fn stock_of_an_unknown_material_or_at_an_unknown_place_is_refused() {
    let floor = Floor::new().await;
    let mut tablet = floor.tablet(Role::Warehouse).await;
    let Command::ReceiveStock { key, amount, unit, price, reference } = floor.receive(1) else {
        panic!("a receipt")
    };
    let receipt =
        |key| Command::ReceiveStock { key, amount, unit: unit.clone(), price, reference: reference.clone() };
    let nothing = receipt(shared_model::stock::StockKey { material: edge::ids().draw(), ..key.clone() });
    let nowhere = receipt(shared_model::stock::StockKey { location: Some(edge::ids().draw()), ..key });
    let (nothing, nowhere) = (tablet.draft(nothing), tablet.draft(nowhere));
    assert_eq!(refusal(floor.judge(&tablet, nothing).await), Refusal::UnknownMaterial);
    assert_eq!(refusal(floor.judge(&tablet, nowhere).await), Refusal::UnknownLocation);
}

#[tokio::test]
async fn a_reason_a_work_center_or_a_person_that_nobody_knows_is_refused() {
    let mut floor = Floor::new().await;
    let (mut manager, order) = floor.tablet_with_order(50).await;
    let mut unknown = edge::ids();
    let mut scrapped = report(order, 1, 1);
    if let Command::ReportProduction { report, .. } = &mut scrapped {
        report.scrap[0].reason = Some(unknown.draw());
    }
    let (_, mut elsewhere) = floor.create(5);
    if let Command::CreateWorkOrder(new) = &mut elsewhere {
        new.operations[0].work_center = Some(unknown.draw());
    }
    let nobody = Command::AssignWorkOrder { order, assignee: Some(unknown.draw()), seen: None };
    let resting =
        Command::PauseOperation { order, operation: 10, reason: Some(unknown.draw()), note: String::new() };
    for command in [scrapped, elsewhere, nobody, resting] {
        let command = manager.draft(command);
        let refused = refusal(floor.judge(&manager, command).await);
        assert!(matches!(refused, Refusal::Malformed { .. }), "{refused:?}");
    }
}
