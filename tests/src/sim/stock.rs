//! What stock must come to: folded once more from what people entered, by what the plant's list of materials
//! says a piece takes, and not by what the product makes of that.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::command::Command;
use shared_model::ids::{CommandId, MaterialId, WorkOrderId};
use shared_model::production::ProductionReport;
use shared_model::quantity::Amount;
use shared_model::stock::{MovementKind, StockKey, StockLevels};

use super::plant;
use super::server::movement;
use super::verify::Findings;
use super::world::World;

/// `voided`: the reports that were taken back.
pub(super) fn verify(world: &World, voided: &BTreeSet<CommandId>, findings: &mut Findings) {
    let (mut by_hand, mut by_reports) = (Tenths::default(), Tenths::default());
    let mut levels = StockLevels::default();
    for moved in world.server.facts().filter_map(movement) {
        levels.add(&moved.key, moved.amount);
        let is_by_report = matches!(moved.movement, MovementKind::Backflush | MovementKind::Output);
        let sums = if is_by_report { &mut by_reports } else { &mut by_hand };
        // From where a report takes its components, people choose by where they were last.
        let key = if is_by_report { StockKey::of(moved.key.material, None) } else { moved.key.clone() };
        sums.add(key, tenths(moved.amount));
    }
    findings.diverged(levels == *world.server.stock(), || "stock is not the sum of its movements".to_owned());
    let entered = entered(world);
    findings.diverged(entered == by_hand.without_zeros(), || {
        format!("entered were {entered:?}, moved by hand {by_hand:?}")
    });
    let due = due(world, voided);
    findings.diverged(due == by_reports.without_zeros(), || {
        format!("what was reported takes and gives {due:?}, moved were {by_reports:?}")
    });
}

/// What a command moves by hand, and where.
pub(super) fn moves(command: &Command) -> Vec<(StockKey, Amount)> {
    match command {
        Command::ReceiveStock { key, amount, .. } => vec![(key.clone(), *amount)],
        Command::IssueStock { key, amount, .. } => vec![(key.clone(), amount.negated())],
        Command::AdjustStock { key, difference, .. } => vec![(key.clone(), *difference)],
        Command::TransferStock { key, to, amount, .. } => {
            let there = StockKey { location: Some(*to), ..key.clone() };
            vec![(key.clone(), amount.negated()), (there, *amount)]
        }
        _ => Vec::new(),
    }
}

fn entered(world: &World) -> Tenths {
    let mut sums = Tenths::default();
    for (key, amount) in world.server.accepted().iter().flat_map(|envelope| moves(&envelope.command)) {
        sums.add(key, tenths(amount));
    }
    sums.without_zeros()
}

/// What the reports that stand take and give. An order takes nothing before it is released.
fn due(world: &World, voided: &BTreeSet<CommandId>) -> Tenths {
    let mut products: BTreeMap<WorkOrderId, MaterialId> = BTreeMap::new();
    let mut released = BTreeSet::new();
    let mut sums = Tenths::default();
    for envelope in world.server.accepted() {
        match &envelope.command {
            Command::CreateWorkOrder(new) => {
                products.insert(new.id, new.material);
            }
            Command::ReleaseWorkOrder { order, .. } => {
                released.insert(*order);
            }
            Command::ReportProduction { order, report } if !voided.contains(&envelope.id) => {
                if let Some(product) = products.get(order) {
                    take_and_give(&mut sums, *product, report, released.contains(order));
                }
            }
            _ => {}
        }
    }
    sums.without_zeros()
}

fn take_and_give(sums: &mut Tenths, product: MaterialId, report: &ProductionReport, is_released: bool) {
    let [widget, bracket] = plant::products();
    let [.., sheet, screw] = plant::materials();
    let used = tenths(report.good) / 10 + tenths(report.scrapped()) / 10;
    // Tenths for each piece: two sheets, and four screws of which a tenth is lost.
    let taken = match report.operation {
        Some(10) if product == widget => Some((sheet, 20)),
        Some(20) if product == widget => Some((screw, 44)),
        _ => None,
    };
    if let Some((material, each)) = taken.filter(|_| is_released) {
        sums.add(StockKey::of(material, None), -each * used);
    }
    let last = if product == bracket { 10 } else { 20 };
    if report.operation == Some(last) {
        sums.add(StockKey::of(product, None), tenths(report.good));
    }
}

/// Sums in tenths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tenths(BTreeMap<StockKey, i64>);

impl Tenths {
    fn add(&mut self, key: StockKey, tenths: i64) {
        *self.0.entry(key).or_default() += tenths;
    }

    fn without_zeros(&self) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(_, tenths)| **tenths != 0)
                .map(|(key, tenths)| (key.clone(), *tenths))
                .collect(),
        )
    }
}

/// People enter whole pieces; only screws come in less.
fn tenths(amount: Amount) -> i64 {
    let text = amount.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = format!("{whole}{part}");
    match part.len() {
        1 => digits.parse().unwrap_or(i64::MAX),
        // Anything finer is wrong, and is never equal to what is due.
        _ => i64::MAX / 1000,
    }
}
