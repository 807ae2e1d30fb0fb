//! What can still be read of a work order of a newer version: each field by itself, where it is there and
//! of the kind that this code knows.
//!
//! Enough to find the order in a list. Nothing is decided on it.

use std::collections::BTreeMap;

use automerge::{AutoCommit, ROOT};
use autosurgeon::Hydrate;

use super::summary::{OperationSummary, Summary};
use super::{Operation, Stage, State, default_priority};
use crate::ids::{MaterialId, WorkOrderId};
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    pub schema: Option<u32>,
    pub number: Option<Number>,
    pub title: Option<String>,
    pub material: Option<MaterialId>,
    pub quantity: Option<Amount>,
    pub unit: Option<UnitCode>,
    pub stage: Option<Stage>,
    pub operations: Option<Vec<OperationSummary>>,
}

impl Outline {
    pub(super) fn of(document: &AutoCommit) -> Self {
        let state: Option<State> = field(document, "state");
        let operations: Option<BTreeMap<String, Operation>> = field(document, "operations");
        Self {
            schema: schema(document),
            number: field(document, "number"),
            title: field(document, "title"),
            material: field(document, "material"),
            quantity: field(document, "quantity"),
            unit: field(document, "unit"),
            stage: state.map(|state| state.stage()),
            operations: operations.map(|all| all.values().map(OperationSummary::of).collect()),
        }
    }

    /// What lists show of the order: what is read here, else what was known `before`. None where nothing
    /// says which order it is.
    #[must_use]
    pub fn over(self, id: WorkOrderId, before: Option<Summary>) -> Option<Summary> {
        let before = match before {
            Some(before) => before,
            None => Summary {
                schema: 0,
                id,
                number: self.number.clone()?,
                title: String::new(),
                material: self.material?,
                quantity: Amount::ZERO,
                unit: self.unit.clone()?,
                due_on: None,
                priority: default_priority(),
                stage: Stage::Planned,
                assignee: None,
                created_at: None,
                operations: Vec::new(),
            },
        };
        Some(Summary {
            schema: self.schema.unwrap_or(before.schema),
            number: self.number.unwrap_or(before.number),
            title: self.title.unwrap_or(before.title),
            material: self.material.unwrap_or(before.material),
            quantity: self.quantity.unwrap_or(before.quantity),
            unit: self.unit.unwrap_or(before.unit),
            stage: self.stage.unwrap_or(before.stage),
            operations: self.operations.unwrap_or(before.operations),
            ..before
        })
    }
}

/// The version of the document's shape.
pub(super) fn schema(document: &AutoCommit) -> Option<u32> {
    field(document, "schema")
}

fn field<T: Hydrate>(document: &AutoCommit, name: &str) -> Option<T> {
    autosurgeon::hydrate_prop(document, ROOT, name).ok()
}
