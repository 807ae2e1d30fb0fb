//! Bills of material and their explosion.
//!
//! Two questions are asked of a BOM. *What does this order consume?* ([`order_lines`]): the lines
//! of its own level, with phantom lines replaced by their children, recursively; a subassembly that
//! is stocked is consumed as itself, because its own order consumes its parts. *What does it take
//! in all?* ([`explode`]): every level down to what is bought, summed per material.
//!
//! Scrap adds to the need: `required = quantity × (1 + scrap ÷ 100)` (DOMAIN.md 3.2).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::ids::{BomId, MaterialId};
use crate::quantity::{Amount, Quantity, UnitCode, UnitError};
use crate::time::Date;

/// The most levels that a BOM may have below its head.
pub const MAX_DEPTH: usize = 10;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bom {
    pub id: BomId,
    pub material: MaterialId,
    /// ≥ 1. A version's lines never change; a change is a new version.
    pub version: u32,
    /// > 0: the lines are for this many of the material's unit.
    pub base_quantity: Amount,
    #[serde(default)]
    pub effective_from: Option<Date>,
    #[serde(default)]
    pub effective_until: Option<Date>,
    pub is_active: bool,
    pub lines: Vec<BomLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BomLine {
    /// Unique in the BOM.
    pub line: u32,
    pub component: MaterialId,
    /// > 0, for the BOM's base quantity.
    pub quantity: Amount,
    pub unit: UnitCode,
    /// 0–100.
    #[serde(default)]
    pub scrap_percent: Amount,
    /// The operation that consumes it; none: the last one.
    #[serde(default)]
    pub operation: Option<u32>,
    #[serde(default)]
    pub is_phantom: bool,
    /// Consumed by itself when the operation reports; otherwise issued by hand.
    #[serde(default)]
    pub is_backflush: bool,
    #[serde(default)]
    pub reference: String,
}

impl Bom {
    /// Active and inside its dates, bounds included.
    #[must_use]
    pub fn is_effective(&self, on: Date) -> bool {
        self.is_active
            && self.effective_from.is_none_or(|from| from <= on)
            && self.effective_until.is_none_or(|until| on <= until)
    }

    /// Checks a version before it is stored. Cycles need the other BOMs: [`check_structure`].
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn validate(&self) -> Result<(), BomError> {
        if !self.base_quantity.is_positive() {
            return Err(BomError::NoBaseQuantity);
        }
        if self.effective_from.zip(self.effective_until).is_some_and(|(from, until)| until < from) {
            return Err(BomError::EndsBeforeStart);
        }
        let mut seen = std::collections::BTreeSet::new();
        for line in &self.lines {
            if !seen.insert(line.line) {
                return Err(BomError::LineTwice(line.line));
            }
            if !line.quantity.is_positive() {
                return Err(BomError::NoQuantity(line.line));
            }
            if line.scrap_percent.is_negative() || line.scrap_percent > Amount::whole(100) {
                return Err(BomError::Scrap(line.line));
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BomError {
    #[error("the base quantity must be greater than zero")]
    NoBaseQuantity,
    #[error("the BOM ends before it starts to be effective")]
    EndsBeforeStart,
    #[error("line {0} stands twice in the BOM")]
    LineTwice(u32),
    #[error("line {0}: the quantity must be greater than zero")]
    NoQuantity(u32),
    #[error("line {0}: scrap is a percentage from 0 to 100")]
    Scrap(u32),
    #[error("the BOM contains itself: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    #[error("the BOM is deeper than {MAX_DEPTH} levels at {0}")]
    TooDeep(String),
    #[error("the BOM names a material that does not exist: {0}")]
    UnknownMaterial(MaterialId),
    #[error("line {line} of {parent}: {source}")]
    Unit { parent: String, line: u32, source: UnitError },
}

/// One material that an order consumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub component: MaterialId,
    pub operation: Option<u32>,
    pub is_backflush: bool,
    /// In the component's own unit, for the asked quantity.
    pub required: Quantity,
}

/// What an order for `quantity` of `material` consumes itself, on a day.
///
/// # Errors
/// When the structure is broken: a cycle, more than [`MAX_DEPTH`] levels, a unit that does not fit.
pub fn order_lines(
    catalog: &impl Catalog,
    material: MaterialId,
    quantity: Amount,
    on: Date,
) -> Result<Vec<OrderLine>, BomError> {
    type Key = (MaterialId, Option<u32>, bool);
    let mut sums: BTreeMap<Key, Quantity> = BTreeMap::new();
    let mut order: Vec<Key> = Vec::new();
    Walk { catalog, on }.visit(material, quantity, &mut Vec::new(), None, &mut |visit| {
        if visit.line.is_phantom {
            return Step::Into;
        }
        let key = (visit.line.component, visit.operation, visit.line.is_backflush);
        match sums.get_mut(&key) {
            Some(sum) => sum.amount = sum.amount.plus(visit.required.amount),
            None => {
                order.push(key);
                sums.insert(key, visit.required.clone());
            }
        }
        Step::Over
    })?;
    Ok(order
        .into_iter()
        .filter_map(|key| {
            let required = sums.remove(&key)?;
            let (component, operation, is_backflush) = key;
            Some(OrderLine { component, operation, is_backflush, required })
        })
        .collect())
}

/// Everything that `quantity` of `material` takes, summed per material over all levels. Phantoms
/// are passed through; subassemblies are listed beside their parts.
///
/// # Errors
/// As [`order_lines`].
pub fn explode(
    catalog: &impl Catalog,
    material: MaterialId,
    quantity: Amount,
    on: Date,
) -> Result<BTreeMap<MaterialId, Quantity>, BomError> {
    let mut sums: BTreeMap<MaterialId, Quantity> = BTreeMap::new();
    Walk { catalog, on }.visit(material, quantity, &mut Vec::new(), None, &mut |visit| {
        if !visit.line.is_phantom {
            sums.entry(visit.line.component)
                .and_modify(|sum| sum.amount = sum.amount.plus(visit.required.amount))
                .or_insert_with(|| visit.required.clone());
        }
        Step::Into
    })?;
    Ok(sums)
}

/// Refuses cycles, too many levels, unknown materials and units that do not convert, for the
/// whole structure below a material.
///
/// # Errors
/// The first thing found.
pub fn check_structure(catalog: &impl Catalog, material: MaterialId, on: Date) -> Result<(), BomError> {
    explode(catalog, material, Amount::ONE, on).map(drop)
}

struct Visit<'a> {
    line: &'a BomLine,
    /// The line's own operation, or that of the phantom it was pulled up from.
    operation: Option<u32>,
    required: Quantity,
}

enum Step {
    /// Go on into the component's own BOM.
    Into,
    Over,
}

struct Walk<'a, C> {
    catalog: &'a C,
    on: Date,
}

impl<C: Catalog> Walk<'_, C> {
    fn visit(
        &self,
        material: MaterialId,
        quantity: Amount,
        path: &mut Vec<MaterialId>,
        inherited: Option<u32>,
        each: &mut impl FnMut(&Visit<'_>) -> Step,
    ) -> Result<(), BomError> {
        if path.contains(&material) {
            path.push(material);
            return Err(BomError::Cycle(path.iter().map(|id| self.name(*id)).collect()));
        }
        let Some(bom) = self.catalog.effective_bom(material, self.on) else { return Ok(()) };
        if path.len() >= MAX_DEPTH {
            return Err(BomError::TooDeep(self.name(material)));
        }
        path.push(material);
        for line in &bom.lines {
            let required = self.required(&bom, line, quantity)?;
            let amount = required.amount;
            let operation = inherited.or(line.operation);
            if matches!(each(&Visit { line, operation, required }), Step::Into) {
                let inherited = if line.is_phantom { operation } else { None };
                self.visit(line.component, amount, path, inherited, each)?;
            }
        }
        path.pop();
        Ok(())
    }

    /// What a line needs, in the component's own unit.
    fn required(&self, bom: &Bom, line: &BomLine, quantity: Amount) -> Result<Quantity, BomError> {
        let component =
            self.catalog.material(line.component).ok_or(BomError::UnknownMaterial(line.component))?;
        let with_scrap = line
            .quantity
            .decimal()
            .checked_mul(Decimal::ONE + line.scrap_percent.decimal() / Decimal::ONE_HUNDRED)
            .unwrap_or(Decimal::MAX);
        let amount = quantity.scaled(with_scrap, bom.base_quantity.decimal());
        let in_line_unit = Quantity::new(amount, line.unit.clone());
        if let Some(own) = component.alternate_units.iter().find(|own| own.unit == line.unit) {
            return Ok(Quantity::new(amount.scaled(own.factor, Decimal::ONE), component.unit));
        }
        let units: BTreeMap<_, _> = [&line.unit, &component.unit]
            .into_iter()
            .filter_map(|code| Some((code.clone(), self.catalog.unit(code)?)))
            .collect();
        in_line_unit.convert(|code| units.get(code), &component.unit).map_err(|source| BomError::Unit {
            parent: self.name(bom.material),
            line: line.line,
            source,
        })
    }

    fn name(&self, material: MaterialId) -> String {
        self.catalog.material(material).map_or_else(|| material.to_string(), |found| found.number.to_string())
    }
}

#[cfg(test)]
mod tests;
