//! People who press buttons: mostly sensible ones, on what their screen shows.

use shared_model::command::Command;
use shared_model::ids::{FactId, IdSource, UserId, WorkOrderId};
use shared_model::number::Number;
use shared_model::people::Role;
use shared_model::policy::Action;
use shared_model::production::{ProductionReport, Scrap};
use shared_model::quantity::{Amount, UnitCode};
use shared_model::stock::StockKey;
use shared_model::time::{Date, Timestamp};
use shared_model::work_order::{NewWorkOrder, OperationState, Stage, WorkOrderEdit, default_priority};

use super::plant;
use super::rng::Rng;

/// What somebody sees before pressing.
#[derive(Debug, Default)]
pub struct Seen {
    pub roles: Vec<Role>,
    pub orders: Vec<(WorkOrderId, Stage)>,
    pub exceptions: Vec<(FactId, Option<WorkOrderId>)>,
}

/// The order that somebody has opened.
#[derive(Debug, Default)]
pub struct Opened {
    pub operations: Vec<OpenedOperation>,
    /// Reports that nobody has taken back.
    pub reports: Vec<FactId>,
}

#[derive(Clone, Copy, Debug)]
pub struct OpenedOperation {
    pub number: u32,
    pub state: OperationState,
    /// Somebody's clock runs on it.
    pub is_manned: bool,
}

#[derive(Clone, Copy, Debug)]
enum Button {
    Create,
    Edit,
    Assign,
    MoveOperation,
    Release,
    PauseOrder,
    ResumeOrder,
    Cancel,
    Complete,
    ShortClose,
    Start,
    Pause,
    Resume,
    Finish,
    Report,
    Void,
    Receive,
    Issue,
    Transfer,
    Adjust,
    CloseException,
}

/// How often each is pressed, who may press it, and on orders in which states it makes sense.
const BUTTONS: &[(Button, u64, Action, &[Stage])] = {
    use Action::{AdjustStock, DirectWork, MoveStock, PerformWork, PlanWork, ResolveExceptions, UndoOwnWork};
    use Stage::{InProgress, Paused, Planned, Released};
    &[
        (Button::Create, 6, PlanWork, &[]),
        (Button::Edit, 5, PlanWork, &[Planned, Released]),
        (Button::Assign, 3, DirectWork, &[Planned, Released, InProgress]),
        (Button::MoveOperation, 2, DirectWork, &[Planned, Released]),
        (Button::Release, 10, DirectWork, &[Planned]),
        (Button::PauseOrder, 5, DirectWork, &[InProgress]),
        (Button::ResumeOrder, 4, DirectWork, &[Paused]),
        (Button::Cancel, 3, DirectWork, &[Planned, Released, InProgress, Paused]),
        (Button::ShortClose, 1, DirectWork, &[InProgress, Paused]),
        (Button::Complete, 4, PerformWork, &[InProgress]),
        (Button::Start, 14, PerformWork, &[Released, InProgress]),
        (Button::Pause, 6, PerformWork, &[InProgress]),
        (Button::Resume, 6, PerformWork, &[InProgress]),
        (Button::Finish, 8, PerformWork, &[InProgress]),
        (Button::Report, 30, PerformWork, &[Released, InProgress, Paused]),
        (Button::Void, 8, UndoOwnWork, &[InProgress, Paused]),
        (Button::Receive, 6, MoveStock, &[]),
        (Button::Issue, 5, MoveStock, &[InProgress]),
        (Button::Transfer, 4, MoveStock, &[]),
        (Button::Adjust, 2, AdjustStock, &[]),
        (Button::CloseException, 3, ResolveExceptions, &[]),
    ]
};

/// The next command, or none where there is nothing to press on.
pub fn press(
    rng: &mut Rng,
    seen: &Seen,
    now: Timestamp,
    open: &mut dyn FnMut(WorkOrderId) -> Option<Opened>,
) -> Option<Command> {
    // Whoever finds that a button makes no sense now looks for another one.
    (0..4).find_map(|_| look(rng, seen, now, open))
}

/// Now and then somebody presses what is not theirs, or makes no sense in the order's state.
fn look(
    rng: &mut Rng,
    seen: &Seen,
    now: Timestamp,
    open: &mut dyn FnMut(WorkOrderId) -> Option<Opened>,
) -> Option<Command> {
    let is_careless = rng.chance(30);
    let weights: Vec<u64> = BUTTONS
        .iter()
        .map(|(_, weight, action, _)| if is_careless || action.allows(&seen.roles) { *weight } else { 0 })
        .collect();
    let (button, _, _, stages) = BUTTONS.get(rng.weighted(&weights))?;
    match button {
        Button::Create => return Some(create(rng, now)),
        Button::Receive | Button::Transfer | Button::Adjust => return Some(stock(rng, *button, None)),
        Button::CloseException => {
            let (exception, order) = *rng.pick(&seen.exceptions)?;
            return Some(Command::CloseException { exception, order, note: "looked at it".to_owned() });
        }
        _ => {}
    }
    let is_careless = rng.chance(100);
    let fits = |stage: Stage| is_careless || stages.contains(&stage);
    let fitting: Vec<WorkOrderId> =
        seen.orders.iter().filter(|(_, stage)| fits(*stage)).map(|(order, _)| *order).collect();
    let order = *rng.pick(&fitting)?;
    if matches!(button, Button::Issue) {
        return Some(stock(rng, *button, Some(order)));
    }
    let opened = open(order)?;
    let operation = operation(rng, *button, &opened, is_careless);
    on_order(rng, *button, order, &opened, operation)
}

/// The operation that a button is pressed on: one on which that may make sense.
fn operation(rng: &mut Rng, button: Button, opened: &Opened, is_careless: bool) -> Option<u32> {
    let fits = |operation: &&OpenedOperation| match button {
        _ if is_careless => true,
        Button::Start => operation.state != OperationState::Finished,
        Button::Pause => operation.is_manned,
        Button::Resume => operation.state == OperationState::Started && !operation.is_manned,
        Button::Finish => operation.state == OperationState::Started,
        _ => true,
    };
    let fitting: Vec<u32> = opened.operations.iter().filter(fits).map(|it| it.number).collect();
    rng.pick(&fitting).copied()
}

fn create(rng: &mut Rng, now: Timestamp) -> Command {
    let id = IdSource::new(now, rng.bytes()).draw();
    let material = rng.pick(&plant::products()).copied().unwrap_or(plant::products()[0]);
    // Typed by hand now and then, and then perhaps the same as somebody else's.
    let number = rng.chance(150).then(|| Number::parse(&format!("TYPED-{}", rng.below(4))).ok()).flatten();
    Command::CreateWorkOrder(NewWorkOrder {
        id,
        number,
        title: String::new(),
        material,
        quantity: Amount::whole(amount(rng, 60)),
        unit: None,
        due_on: None,
        priority: default_priority(),
        output_location: None,
        operations: Vec::new(),
    })
}

fn on_order(
    rng: &mut Rng,
    button: Button,
    order: WorkOrderId,
    opened: &Opened,
    operation: Option<u32>,
) -> Option<Command> {
    let reason = || "because".to_owned();
    Some(match button {
        Button::Edit => {
            let edit = WorkOrderEdit {
                title: rng.chance(500).then(|| format!("Title {}", rng.below(9))),
                quantity: rng.chance(400).then(|| Amount::whole(amount(rng, 60))),
                priority: rng.chance(500).then(|| u8::try_from(rng.between(1, 10)).unwrap_or(5)),
                due_on: rng.chance(300).then(|| due_on(rng)),
                seen: None,
            };
            Command::EditWorkOrder { order, edit }
        }
        Button::Assign => {
            let people: Vec<UserId> = plant::people().iter().map(|person| person.id).collect();
            Command::AssignWorkOrder { order, assignee: rng.pick(&people).copied(), seen: None }
        }
        Button::MoveOperation => {
            let work_center = rng.pick(&plant::work_centers()).copied()?;
            Command::MoveOperation { order, operation: operation?, work_center }
        }
        Button::Release => Command::release(order),
        Button::PauseOrder => Command::pause(order, reason()),
        Button::ResumeOrder => Command::resume(order),
        Button::Cancel => Command::cancel(order, reason()),
        Button::Complete => Command::complete(order),
        Button::ShortClose => Command::short_close(order, reason()),
        Button::Start => Command::StartOperation { order, operation: operation? },
        Button::Pause => Command::PauseOperation {
            order,
            operation: operation?,
            reason: Some(plant::pause_reason()),
            note: String::new(),
        },
        Button::Resume => Command::ResumeOperation { order, operation: operation? },
        Button::Finish => Command::FinishOperation { order, operation: operation? },
        Button::Report => Command::ReportProduction { order, report: report(rng, operation) },
        Button::Void => {
            let report = *rng.pick(&opened.reports)?;
            Command::VoidReport { order, report, reason: reason() }
        }
        Button::Create
        | Button::Receive
        | Button::Issue
        | Button::Transfer
        | Button::Adjust
        | Button::CloseException => return None,
    })
}

fn report(rng: &mut Rng, operation: Option<u32>) -> ProductionReport {
    let scrap = if rng.chance(300) {
        let reason = rng.chance(800).then(plant::scrap_reason);
        vec![Scrap { amount: Amount::whole(amount(rng, 4)), reason }]
    } else {
        Vec::new()
    };
    ProductionReport {
        operation,
        good: Amount::whole(amount(rng, 30)),
        scrap,
        rework: if rng.chance(50) { Amount::ONE } else { Amount::ZERO },
        lot: None,
        note: String::new(),
    }
}

fn stock(rng: &mut Rng, button: Button, order: Option<WorkOrderId>) -> Command {
    let material = rng.pick(&plant::materials()).copied().unwrap_or(plant::materials()[0]);
    let location = rng.pick(&plant::locations()).copied();
    let key = StockKey::of(material, location);
    let unit = UnitCode::default();
    match button {
        Button::Issue => Command::IssueStock {
            key,
            amount: Amount::whole(amount(rng, 40)),
            unit,
            order: order.filter(|_| rng.chance(500)),
            note: String::new(),
        },
        Button::Transfer => Command::TransferStock {
            key,
            to: rng.pick(&plant::locations()).copied().unwrap_or(plant::locations()[0]),
            amount: Amount::whole(amount(rng, 40)),
            unit,
        },
        Button::Adjust => Command::AdjustStock {
            key,
            difference: Amount::whole(i32::try_from(rng.between(-20, 20)).unwrap_or(1)),
            unit,
            reason: "counted".to_owned(),
        },
        _ => Command::ReceiveStock {
            key,
            amount: Amount::whole(amount(rng, 200)),
            unit,
            price: None,
            reference: format!("PO-{}", rng.below(100)),
        },
    }
}

/// A day, or none any more.
fn due_on(rng: &mut Rng) -> Option<Date> {
    let day = i8::try_from(rng.between(1, 28)).ok()?;
    Date::new(2026, 11, day).ok().filter(|_| rng.chance(700))
}

/// 1 up to and with `max`.
fn amount(rng: &mut Rng, max: i64) -> i32 {
    i32::try_from(rng.between(1, max)).unwrap_or(1)
}
