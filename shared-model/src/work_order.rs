//! The work order: what is to be made, its operations and materials, and its states.
//!
//! One work order is one small Automerge document ([`document`]). It holds what people agree on
//! (plan, assignment, states), never quantities: those are sums of facts ([`crate::ledger`]).
//!
//! Every method here is a rule of DOMAIN.md 5.2. It looks at the order alone and gives the order
//! as it is after, or says why not.

use std::collections::BTreeMap;

use autosurgeon::{Hydrate, Reconcile};
use serde::{Deserialize, Serialize};

use crate::ids::{BomId, LocationId, MaterialId, ReasonId, UserId, WorkCenterId, WorkOrderId};
use crate::number::Number;
use crate::quantity::{Amount, UnitCode};
use crate::refusal::Refusal;
use crate::time::{Date, Timestamp};

mod date;
mod difference;
pub mod document;
mod instant;
pub mod note;
pub mod outline;
pub mod summary;
#[cfg(test)]
mod tests;

/// The version of the document's shape that this code writes.
pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Hydrate, Reconcile)]
pub struct WorkOrder {
    pub schema: u32,
    pub id: WorkOrderId,
    pub number: Number,
    pub title: String,
    pub material: MaterialId,
    /// Ordered, in the material's unit; > 0. Locked at release.
    pub quantity: Amount,
    pub unit: UnitCode,
    #[autosurgeon(with = "date")]
    pub due_on: Option<Date>,
    /// 1 (first) to 10, by default 5.
    pub priority: u8,
    pub state: State,
    pub assignee: Option<UserId>,
    pub created_by: UserId,
    #[autosurgeon(with = "instant")]
    pub created_at: Option<Timestamp>,
    #[autosurgeon(with = "instant")]
    pub released_at: Option<Timestamp>,
    #[autosurgeon(with = "instant")]
    pub started_at: Option<Timestamp>,
    #[autosurgeon(with = "instant")]
    pub ended_at: Option<Timestamp>,
    /// The BOM version that was exploded at release.
    pub bom: Option<BomId>,
    /// Where the finished goods are put.
    pub output_location: Option<LocationId>,
    /// By [`operation_key`], which sorts in the order of work.
    pub operations: BTreeMap<String, Operation>,
    /// By a line number like [`operation_key`].
    pub materials: BTreeMap<String, MaterialLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hydrate, Reconcile, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Planned,
    Released,
    InProgress,
    Paused {
        reason: String,
    },
    /// `short` says why less than ordered was enough.
    Completed {
        short: Option<String>,
    },
    Cancelled {
        reason: String,
    },
}

impl State {
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Planned => Stage::Planned,
            Self::Released => Stage::Released,
            Self::InProgress => Stage::InProgress,
            Self::Paused { .. } => Stage::Paused,
            Self::Completed { .. } => Stage::Completed,
            Self::Cancelled { .. } => Stage::Cancelled,
        }
    }
}

/// A state's name without what it carries: for lists, filters and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Planned,
    Released,
    InProgress,
    Paused,
    Completed,
    Cancelled,
}

impl Stage {
    pub const ALL: [Self; 6] =
        [Self::Planned, Self::Released, Self::InProgress, Self::Paused, Self::Completed, Self::Cancelled];

    /// The stored form, as in SQL and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Released => "released",
            Self::InProgress => "in_progress",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// Whether its operations may be started.
    #[must_use]
    pub const fn takes_work(self) -> bool {
        matches!(self, Self::Released | Self::InProgress)
    }

    /// Whether anything may still happen to the order.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// As in "the order is *cancelled*".
impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Planned => "planned",
            Self::Released => "released",
            Self::InProgress => "in progress",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hydrate, Reconcile, Serialize, Deserialize)]
pub struct Operation {
    /// 10, 20, 30 …
    pub number: u32,
    pub name: String,
    pub work_center: Option<WorkCenterId>,
    pub setup_minutes: Amount,
    pub run_minutes: Amount,
    pub instructions: String,
    pub state: OperationState,
}

/// The milestones of an operation. Who works on it now is in the labor facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hydrate, Reconcile, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    Pending,
    Started,
    Finished,
}

/// A material that the order consumes.
#[derive(Clone, Debug, PartialEq, Eq, Hydrate, Reconcile, Serialize, Deserialize)]
pub struct MaterialLine {
    pub material: MaterialId,
    /// For the whole ordered quantity, in the material's own unit, scrap included.
    pub planned: Amount,
    pub unit: UnitCode,
    /// The operation that consumes it.
    pub operation: Option<u32>,
    pub is_backflush: bool,
    /// Where it is taken from.
    pub location: Option<LocationId>,
}

/// The key of an operation in the document.
#[must_use]
pub fn operation_key(number: u32) -> String {
    format!("{number:05}")
}

/// What a person gives to open an order; the rest comes from the material's routing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWorkOrder {
    pub id: WorkOrderId,
    /// From the device's lease; the replica fills it in.
    #[serde(default)]
    pub number: Option<Number>,
    #[serde(default)]
    pub title: String,
    pub material: MaterialId,
    pub quantity: Amount,
    #[serde(default)]
    pub unit: Option<UnitCode>,
    #[serde(default)]
    pub due_on: Option<Date>,
    #[serde(default = "default_priority")]
    pub priority: u8,
    #[serde(default)]
    pub output_location: Option<LocationId>,
    #[serde(default)]
    pub operations: Vec<Operation>,
}

/// 5, the middle.
#[must_use]
pub const fn default_priority() -> u8 {
    5
}

/// Changes to the plan; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrderEdit {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub quantity: Option<Amount>,
    /// `Some(None)` takes the date away.
    #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Option<Date>>,
    #[serde(default)]
    pub priority: Option<u8>,
    /// What the person saw of what they change; set by [`fill`](crate::command::fill). Where the order
    /// says something else by the time this is decided, two people have changed the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenPlan>,
}

/// The part of a plan that two people must not change without knowing of each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenPlan {
    pub quantity: Amount,
    pub due_on: Option<Date>,
}

/// Tells "absent" from "null" in JSON.
pub(crate) mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Option<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Option::as_ref).serialize(to)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<T>>, D::Error> {
        Option::<T>::deserialize(from).map(Some)
    }
}

impl WorkOrder {
    /// Opens an order.
    ///
    /// # Errors
    /// When the quantity is not positive, the priority not 1–10, or number or unit are missing.
    pub fn create(new: &NewWorkOrder, by: UserId, at: Timestamp) -> Result<Self, Refusal> {
        let number = new.number.clone().ok_or(Refusal::NoNumberLeft)?;
        let unit = new.unit.clone().ok_or(Refusal::UnknownMaterial)?;
        positive(new.quantity)?;
        in_range(new.priority)?;
        operations_apart(&new.operations)?;
        Ok(Self {
            schema: SCHEMA,
            id: new.id,
            number,
            title: new.title.trim().to_owned(),
            material: new.material,
            quantity: new.quantity,
            unit,
            due_on: new.due_on,
            priority: new.priority,
            state: State::Planned,
            assignee: None,
            created_by: by,
            created_at: Some(at),
            released_at: None,
            started_at: None,
            ended_at: None,
            bom: None,
            output_location: new.output_location,
            operations: new
                .operations
                .iter()
                .map(|operation| {
                    let pending = Operation { state: OperationState::Pending, ..operation.clone() };
                    (operation_key(operation.number), pending)
                })
                .collect(),
            materials: BTreeMap::new(),
        })
    }

    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.state.stage()
    }

    /// Why it is paused, cancelled or closed short.
    #[must_use]
    pub fn state_reason(&self) -> Option<&str> {
        match &self.state {
            State::Paused { reason } | State::Cancelled { reason } => Some(reason),
            State::Completed { short } => short.as_deref(),
            State::Planned | State::Released | State::InProgress => None,
        }
    }

    #[must_use]
    pub fn operation(&self, number: u32) -> Option<&Operation> {
        self.operations.get(&operation_key(number))
    }

    /// The operation whose good pieces are the order's good pieces.
    #[must_use]
    pub fn last_operation(&self) -> Option<u32> {
        self.operations.values().next_back().map(|operation| operation.number)
    }

    /// # Errors
    /// When the order is closed, or the quantity is changed after release.
    pub fn edit(&self, edit: &WorkOrderEdit) -> Result<Self, Refusal> {
        self.require(Stage::is_open)?;
        let mut after = self.clone();
        if let Some(quantity) = edit.quantity.filter(|quantity| *quantity != self.quantity) {
            if self.stage() != Stage::Planned {
                return Err(Refusal::QuantityLocked);
            }
            positive(quantity)?;
            after.quantity = quantity;
        }
        if let Some(priority) = edit.priority {
            in_range(priority)?;
            after.priority = priority;
        }
        if let Some(title) = &edit.title {
            title.trim().clone_into(&mut after.title);
        }
        if let Some(due_on) = edit.due_on {
            after.due_on = due_on;
        }
        Ok(after)
    }

    /// # Errors
    /// When the order is closed.
    pub fn assign(&self, assignee: Option<UserId>) -> Result<Self, Refusal> {
        self.require(Stage::is_open)?;
        Ok(Self { assignee, ..self.clone() })
    }

    /// Moves an operation to another work center.
    ///
    /// # Errors
    /// When the order is closed or has no such operation.
    pub fn move_operation(&self, number: u32, to: WorkCenterId) -> Result<Self, Refusal> {
        self.require(Stage::is_open)?;
        self.with_operation(number, |operation| operation.work_center = Some(to))
    }

    /// Gives the order to the floor, with the materials that it will consume.
    ///
    /// # Errors
    /// When the order is not planned.
    pub fn release(
        &self,
        bom: Option<BomId>,
        materials: &[MaterialLine],
        at: Timestamp,
    ) -> Result<Self, Refusal> {
        self.require(|stage| stage == Stage::Planned)?;
        Ok(Self {
            state: State::Released,
            released_at: Some(at),
            bom,
            materials: materials
                .iter()
                .zip(1u32..)
                .map(|(line, n)| (operation_key(n * 10), line.clone()))
                .collect(),
            ..self.clone()
        })
    }

    /// # Errors
    /// When work is not going on.
    pub fn pause(&self, reason: &str) -> Result<Self, Refusal> {
        self.require(|stage| stage == Stage::InProgress)?;
        Ok(Self { state: State::Paused { reason: needed(reason)? }, ..self.clone() })
    }

    /// # Errors
    /// When the order is not paused.
    pub fn resume(&self) -> Result<Self, Refusal> {
        self.require(|stage| stage == Stage::Paused)?;
        Ok(Self { state: State::InProgress, ..self.clone() })
    }

    /// # Errors
    /// When the order is closed.
    pub fn cancel(&self, reason: &str, at: Timestamp) -> Result<Self, Refusal> {
        self.require(Stage::is_open)?;
        Ok(Self { state: State::Cancelled { reason: needed(reason)? }, ended_at: Some(at), ..self.clone() })
    }

    /// Closes an order whose operations are all finished. Whether enough was made is the ledger's
    /// question, asked in [`crate::command`].
    ///
    /// # Errors
    /// When work is not going on, or an operation is open.
    pub fn complete(&self, at: Timestamp) -> Result<Self, Refusal> {
        self.require(|stage| stage == Stage::InProgress)?;
        if let Some(open) = self.operations.values().find(|it| it.state != OperationState::Finished) {
            return Err(Refusal::OperationOpen { operation: open.number, name: open.name.clone() });
        }
        Ok(Self { state: State::Completed { short: None }, ended_at: Some(at), ..self.clone() })
    }

    /// Closes an order that made less than ordered, open operations and all.
    ///
    /// # Errors
    /// When no work was begun, or the order is closed.
    pub fn short_close(&self, reason: &str, at: Timestamp) -> Result<Self, Refusal> {
        self.require(|stage| matches!(stage, Stage::InProgress | Stage::Paused))?;
        let state = State::Completed { short: Some(needed(reason)?) };
        Ok(Self { state, ended_at: Some(at), ..self.clone() })
    }

    /// # Errors
    /// When the order is not on the floor, or the operation is finished.
    pub fn start_operation(&self, number: u32, at: Timestamp) -> Result<Self, Refusal> {
        self.require(Stage::takes_work)?;
        let operation = self.operation(number).ok_or(Refusal::UnknownOperation { operation: number })?;
        if operation.state == OperationState::Finished {
            return Err(Refusal::OperationFinished { operation: number, name: operation.name.clone() });
        }
        let mut after = self.with_operation(number, |operation| operation.state = OperationState::Started)?;
        after.state = State::InProgress;
        after.started_at = self.started_at.or(Some(at));
        Ok(after)
    }

    /// # Errors
    /// When the operation was not started, or a lower-numbered one is open.
    pub fn finish_operation(&self, number: u32) -> Result<Self, Refusal> {
        self.require(|stage| stage == Stage::InProgress)?;
        let operation = self.operation(number).ok_or(Refusal::UnknownOperation { operation: number })?;
        match operation.state {
            OperationState::Finished => {
                return Err(Refusal::OperationFinished { operation: number, name: operation.name.clone() });
            }
            OperationState::Pending => {
                return Err(Refusal::OperationNotStarted { operation: number, name: operation.name.clone() });
            }
            OperationState::Started => {}
        }
        let earlier_open =
            self.operations.values().find(|it| it.number < number && it.state != OperationState::Finished);
        if let Some(open) = earlier_open {
            return Err(Refusal::OperationOpen { operation: open.number, name: open.name.clone() });
        }
        self.with_operation(number, |operation| operation.state = OperationState::Finished)
    }

    fn with_operation(&self, number: u32, change: impl FnOnce(&mut Operation)) -> Result<Self, Refusal> {
        let mut after = self.clone();
        let operation = after
            .operations
            .get_mut(&operation_key(number))
            .ok_or(Refusal::UnknownOperation { operation: number })?;
        change(operation);
        Ok(after)
    }

    fn require(&self, may: impl FnOnce(Stage) -> bool) -> Result<(), Refusal> {
        if may(self.stage()) {
            return Ok(());
        }
        Err(Refusal::WrongState {
            number: self.number.clone(),
            stage: self.stage(),
            reason: self.state_reason().map(ToOwned::to_owned),
        })
    }
}

fn positive(quantity: Amount) -> Result<(), Refusal> {
    if !quantity.is_positive() {
        Err(Refusal::QuantityNotPositive)
    } else if quantity > Amount::MAX_ENTERED {
        Err(Refusal::QuantityTooLarge)
    } else {
        Ok(())
    }
}

/// Operations are told apart by their numbers, of which five digits fit into a key.
fn operations_apart(operations: &[Operation]) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    let is_sound =
        |operation: &Operation| (1..=99_999).contains(&operation.number) && seen.insert(operation.number);
    if operations.iter().all(is_sound) {
        Ok(())
    } else {
        let problem = "its operations need different numbers from 1 to 99999".to_owned();
        Err(Refusal::Malformed { problem })
    }
}

fn in_range(priority: u8) -> Result<(), Refusal> {
    if (1..=10).contains(&priority) { Ok(()) } else { Err(Refusal::PriorityOutOfRange { priority }) }
}

/// A reason that says something.
pub(crate) fn needed(reason: &str) -> Result<String, Refusal> {
    let reason = reason.trim();
    if reason.is_empty() { Err(Refusal::ReasonMissing) } else { Ok(reason.chars().take(500).collect()) }
}

/// A work center's pause reason or an order's: by id where the plant has a code for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseReason {
    #[serde(default)]
    pub reason: Option<ReasonId>,
    #[serde(default)]
    pub note: String,
}
