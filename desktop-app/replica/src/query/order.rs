//! Everything about one order.

use std::collections::BTreeMap;

use shared_model::command::Command;
use shared_model::fact::FactBody;
use shared_model::host::{Details, MaterialRow, OrderDetail, OrderRights};
use shared_model::ids::{CommandId, MaterialId, WorkOrderId};
use shared_model::quantity::Amount;
use shared_model::stock::MovementKind;
use shared_model::work_order::{MaterialLine, WorkOrderEdit};

use super::reports::Story;
use super::{NoAnswer, View, exceptions, orders, outbox, stock, timeline};
use crate::tables::{archived, newer, record, work_order};

pub(super) fn detail(view: &View<'_>, id: WorkOrderId) -> Result<OrderDetail, NoAnswer> {
    if newer::is_newer(view.replica, id)? {
        return outline(view, id, Details::Here);
    }
    if archived::is_away(view.replica, id)? {
        let is_wanted = archived::is_wanted(view.replica, id)?;
        return outline(view, id, if is_wanted { Details::Coming } else { Details::OnServer });
    }
    let mut story = Story::of(view, id)?;
    let row = orders::row(view, id)?.ok_or(NoAnswer::NotHere("this order is not known here"))?;
    let timeline = timeline::of(view, &mut story)?;
    let order = &story.order;
    Ok(OrderDetail {
        row,
        details: Details::Here,
        material: order.material,
        state_reason: order.state_reason().map(ToOwned::to_owned),
        assignee: order.assignee,
        created_at: order.created_at,
        created_by_name: view.user_name(order.created_by)?,
        released_at: order.released_at,
        started_at: order.started_at,
        ended_at: order.ended_at,
        output_location: view.label(order.output_location.map(Into::into))?,
        operations: story.operations(view)?,
        materials: materials(view, &story)?,
        reports: story.reports(view, None)?,
        timeline,
        unsent: outbox::of_order(view, id)?,
        contested: exceptions::contested(view, &story.facts)?,
        can: rights(view, &story),
    })
}

/// An order of which more is not known here: which it is, and what was entered here and waits. Nothing may be
/// done to it.
fn outline(view: &View<'_>, id: WorkOrderId, details: Details) -> Result<OrderDetail, NoAnswer> {
    let unknown = NoAnswer::NotHere("this order is not known here");
    let shown = work_order::find(view.replica, id)?;
    let (Some(row), Some(shown)) = (orders::row(view, id)?, shown) else { return Err(unknown) };
    Ok(OrderDetail {
        row,
        details,
        material: shown.material,
        state_reason: None,
        assignee: None,
        created_at: None,
        created_by_name: String::new(),
        released_at: None,
        started_at: None,
        ended_at: None,
        output_location: String::new(),
        operations: Vec::new(),
        materials: Vec::new(),
        reports: Vec::new(),
        timeline: Vec::new(),
        unsent: outbox::of_order(view, id)?,
        contested: Vec::new(),
        can: OrderRights::default(),
    })
}

/// Each button is tried on the domain's rules.
fn rights(view: &View<'_>, story: &Story) -> OrderRights {
    let order = story.order.id;
    let reason = || "?".to_owned();
    let may = |command| story.may(view, command);
    let edit = WorkOrderEdit::default();
    let more = Some(story.order.quantity.plus(Amount::ONE));
    OrderRights {
        edit: may(Command::EditWorkOrder { order, edit: edit.clone() }),
        edit_quantity: may(Command::EditWorkOrder { order, edit: WorkOrderEdit { quantity: more, ..edit } }),
        assign: may(Command::AssignWorkOrder { order, assignee: story.order.assignee, seen: None }),
        release: may(Command::release(order)),
        pause: may(Command::pause(order, reason())),
        resume: may(Command::resume(order)),
        cancel: may(Command::cancel(order, reason())),
        complete: story.may_complete(view),
        short_close: may(Command::short_close(order, reason())),
    }
}

fn materials(view: &View<'_>, story: &Story) -> Result<Vec<MaterialRow>, NoAnswer> {
    let mut consumed = consumed(story);
    let lines: Vec<&MaterialLine> = story.order.materials.values().collect();
    let mut rows = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let exact = consumed.remove(&(line.material, line.operation));
        // What was taken for no operation of a line (by hand, or at another operation) goes to the
        // material's last line.
        let is_last = !lines[at + 1..].iter().any(|later| later.material == line.material);
        let rest = if is_last { take_all(&mut consumed, line.material) } else { Amount::ZERO };
        let (number, name, _) = record::material_names(view.replica, line.material)?;
        rows.push(MaterialRow {
            material: line.material,
            number,
            name,
            planned: line.planned,
            consumed: exact.unwrap_or_default().plus(rest),
            on_hand: stock::on_hand_at(view, line.material, line.location)?,
            unit: line.unit.to_string(),
            operation: line.operation,
            is_backflush: line.is_backflush,
            location: view.label(line.location.map(Into::into))?,
        });
    }
    Ok(rows)
}

type Consumed = BTreeMap<(MaterialId, Option<u32>), Amount>;

/// What the order used up, by material and the operation whose report used it.
fn consumed(story: &Story) -> Consumed {
    let operations: BTreeMap<CommandId, Option<u32>> = story
        .ledger
        .facts()
        .filter_map(|fact| match &fact.body {
            FactBody::ProductionReported(report) => Some((fact.command, report.operation)),
            FactBody::ReportVoided(void) => Some((fact.command, void.operation)),
            _ => None,
        })
        .collect();
    let mut consumed = Consumed::new();
    for fact in story.ledger.facts() {
        if let FactBody::StockMoved(movement) = &fact.body
            && matches!(movement.movement, MovementKind::Backflush | MovementKind::Issue)
        {
            let operation = operations.get(&fact.command).copied().flatten();
            let sum = consumed.entry((movement.key.material, operation)).or_default();
            *sum = sum.minus(movement.amount);
        }
    }
    consumed
}

fn take_all(consumed: &mut Consumed, material: MaterialId) -> Amount {
    let mut sum = Amount::ZERO;
    consumed.retain(|(of, _), amount| {
        if *of == material {
            sum = sum.plus(*amount);
        }
        *of != material
    });
    sum
}
