//! The answers: what a screen shows, as plain values. Amounts are exact; times are instants, which
//! the screen writes in the plant's zone.

use serde::{Deserialize, Serialize};

use super::SyncStatus;
use crate::command::Command;
use crate::exception::Exception;
use crate::ids::{CommandId, FactId, LocationId, MaterialId, ReasonId, UserId, WorkCenterId, WorkOrderId};
use crate::people::Role;
use crate::plant::WorkCenterKind;
use crate::production::Output;
use crate::quantity::Amount;
use crate::refusal::Refusal;
use crate::stock::{MovementKind, StockStatus};
use crate::time::{Date, Timestamp};
use crate::work_order::{OperationState, Stage, WorkOrderEdit};

/// How far an entry has come. A row that shows several entries wears the mark of the least settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// On the server.
    #[default]
    Accepted,
    /// On its way.
    Sent,
    /// Durable on this device only.
    SavedHere,
    /// The server refused it.
    NeedsYou,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass as `after` for the next page.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationRow {
    pub id: WorkCenterId,
    pub code: String,
    pub name: String,
    pub kind: WorkCenterKind,
    /// Operations that could be started.
    pub ready_count: u32,
    pub running_count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationQueue {
    pub id: WorkCenterId,
    pub code: String,
    pub name: String,
    /// How many there are in all.
    pub total: u32,
    /// Of all, those whose lower-numbered operations are finished.
    pub ready_count: u32,
    pub rows: Vec<QueueRow>,
}

/// One operation of one order at a station.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    pub order: WorkOrderId,
    pub number: String,
    pub title: String,
    pub material_number: String,
    pub material_name: String,
    pub operation: u32,
    pub operation_name: String,
    pub state: OperationState,
    pub stage: Stage,
    pub ordered: Amount,
    pub output: Output,
    pub unit: String,
    pub due_on: Option<Date>,
    pub is_late: bool,
    pub priority: u8,
    /// The lower-numbered operations are finished.
    pub is_ready: bool,
    /// Names of those whose clock runs on it.
    pub working: Vec<String>,
    pub am_working: bool,
    pub mark: Mark,
    /// The order is of a newer version than this app: it can be looked at, and nothing be done to it.
    #[serde(default)]
    pub needs_update: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NowCard {
    pub row: QueueRow,
    /// Why the order is paused, cancelled or closed short.
    pub state_reason: Option<String>,
    pub instructions: String,
    pub setup_minutes: Amount,
    pub run_minutes: Amount,
    /// Whose clock runs, and since when.
    pub clocks: Vec<Clock>,
    /// Finished clocks of this operation, in milliseconds.
    pub labor_millis: i64,
    pub operations: Vec<OperationRow>,
    /// The newest first.
    pub reports: Vec<ReportRow>,
    /// Reports good pieces into stock and may complete the order.
    pub is_last: bool,
    /// All operations are finished and enough is made.
    pub can_complete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub user: UserId,
    pub name: String,
    pub since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRow {
    pub number: u32,
    pub name: String,
    pub work_center: Option<WorkCenterId>,
    pub work_center_code: String,
    pub state: OperationState,
    pub output: Output,
    pub setup_minutes: Amount,
    pub run_minutes: Amount,
    pub labor_millis: i64,
    pub working: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    pub id: FactId,
    pub operation: Option<u32>,
    pub at: Timestamp,
    pub user: UserId,
    pub user_name: String,
    pub output: Output,
    pub scrap: Vec<ScrapRow>,
    pub lot: Option<String>,
    /// Who took it back, and why.
    pub voided: Option<VoidRow>,
    /// The one who looks may take it back now.
    pub can_void: bool,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrapRow {
    pub amount: Amount,
    /// Empty: "don't know yet".
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidRow {
    pub at: Timestamp,
    pub user_name: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    pub id: WorkOrderId,
    pub number: String,
    pub title: String,
    pub material_number: String,
    pub material_name: String,
    pub stage: Stage,
    pub ordered: Amount,
    /// Of the last operation.
    pub output: Output,
    pub unit: String,
    pub due_on: Option<Date>,
    pub is_late: bool,
    pub priority: u8,
    pub assignee_name: String,
    pub mark: Mark,
    /// The order is of a newer version than this app: it can be looked at, and nothing be done to it.
    #[serde(default)]
    pub needs_update: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    pub columns: Vec<BoardColumn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardColumn {
    pub stage: Stage,
    pub total: u32,
    pub rows: Vec<OrderRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetail {
    pub row: OrderRow,
    /// Where the rest is; not here, it is empty.
    pub details: Details,
    pub material: MaterialId,
    pub state_reason: Option<String>,
    pub assignee: Option<UserId>,
    pub created_at: Option<Timestamp>,
    pub created_by_name: String,
    pub released_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub output_location: String,
    pub operations: Vec<OperationRow>,
    pub materials: Vec<MaterialRow>,
    /// The newest first.
    pub reports: Vec<ReportRow>,
    /// Who did what when, the newest first.
    pub timeline: Vec<TimelineRow>,
    /// What this device has not got accepted for this order.
    pub unsent: Vec<OutboxItem>,
    /// What two people changed without knowing of each other, and nobody chose yet; the newest first.
    #[serde(default)]
    pub contested: Vec<ExceptionRow>,
    /// What the one who looks may do now.
    pub can: OrderRights,
}

/// Where the details of an order are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Details {
    #[default]
    Here,
    /// It was closed long ago; nobody here asked for them.
    OnServer,
    /// They are asked for, and come when the server can be reached.
    Coming,
}

/// For each button of the order's screen, whether it would be refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRights {
    pub edit: bool,
    pub edit_quantity: bool,
    pub assign: bool,
    pub release: bool,
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub complete: bool,
    pub short_close: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialRow {
    pub material: MaterialId,
    pub number: String,
    pub name: String,
    pub planned: Amount,
    /// Backflushed and issued to this order.
    pub consumed: Amount,
    /// At the line's location, all lots.
    pub on_hand: Amount,
    pub unit: String,
    pub operation: Option<u32>,
    pub is_backflush: bool,
    pub location: String,
}

/// A line of an order's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRow {
    pub at: Timestamp,
    pub user_name: String,
    pub what: TimelineEvent,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TimelineEvent {
    Created,
    Edited {
        edit: WorkOrderEdit,
    },
    /// To nobody, where the name is empty.
    Assigned {
        to: String,
    },
    Moved {
        operation: u32,
        work_center: String,
    },
    Released,
    Paused {
        reason: String,
    },
    Resumed,
    Reported {
        operation: Option<u32>,
        output: Output,
    },
    Voided {
        operation: Option<u32>,
        output: Output,
        reason: String,
    },
    OperationStarted {
        operation: u32,
    },
    OperationPaused {
        operation: u32,
        reason: String,
    },
    OperationResumed {
        operation: u32,
    },
    OperationFinished {
        operation: u32,
    },
    ClockedIn {
        operation: u32,
    },
    ClockedOut {
        operation: u32,
    },
    StockMoved {
        movement: MovementKind,
        material: String,
        amount: Amount,
        unit: String,
    },
    Exception {
        exception: Exception,
    },
    ExceptionClosed {
        note: String,
    },
    Ended {
        stage: Stage,
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    pub rows: Vec<RequirementRow>,
    /// What is wrong with the BOM.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementRow {
    pub material: MaterialId,
    pub number: String,
    pub name: String,
    pub required: Amount,
    pub on_hand: Amount,
    pub unit: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRow {
    pub material: MaterialId,
    pub number: String,
    pub name: String,
    pub unit: String,
    pub on_hand: Amount,
    /// Of it, with a status that lets it be used.
    pub available: Amount,
    pub minimum: Amount,
    pub is_below_minimum: bool,
    pub location_count: u32,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockDetail {
    pub row: StockRow,
    pub places: Vec<StockPlace>,
    /// What archived orders moved in all, whose movements are not listed; none where they moved nothing of it.
    #[serde(default)]
    pub archived: Option<Amount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockPlace {
    pub location: Option<LocationId>,
    pub location_path: String,
    pub lot: Option<String>,
    pub serial: Option<String>,
    pub status: StockStatus,
    pub on_hand: Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementRow {
    pub id: FactId,
    pub at: Timestamp,
    pub user_name: String,
    pub movement: MovementKind,
    pub material: MaterialId,
    pub number: String,
    pub name: String,
    pub location_path: String,
    pub lot: Option<String>,
    pub serial: Option<String>,
    pub amount: Amount,
    pub unit: String,
    pub reference: String,
    pub note: String,
    pub order: Option<WorkOrderId>,
    /// It takes another movement back.
    pub is_reversal: bool,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionRow {
    pub id: FactId,
    pub at: Timestamp,
    pub user_name: String,
    pub owner: Role,
    pub exception: Exception,
    pub order: Option<WorkOrderId>,
    pub order_number: String,
    pub material_number: String,
    pub location_path: String,
    /// What was entered, where that was refused and handed over; both names, where two were assigned.
    pub summary: String,
    /// The names of both assignees, where two people assigned the order; empty for nobody.
    pub assignees: (String, String),
    pub closed: Option<VoidRow>,
    pub mark: Mark,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxItem {
    pub command: CommandId,
    /// The code of the command, as `report_production`.
    pub code: String,
    pub order: Option<WorkOrderId>,
    pub order_number: String,
    /// What was entered, in short: "48 good, 2 scrap".
    pub summary: String,
    pub at: Timestamp,
    pub user_name: String,
    pub mark: Mark,
    pub refusal: Option<Refusal>,
}

/// A refused entry, with everything that helps to decide what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionRow {
    pub item: OutboxItem,
    /// What was entered.
    pub entered: Command,
    /// Who can let it happen after all.
    pub decides: Role,
    /// What others did on the order since it was entered, the newest first.
    pub meanwhile: Vec<TimelineRow>,
    /// Why it would be refused again, if it would be, entered now by the one who looks.
    pub refused_again: Option<Refusal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    pub status: SyncStatus,
    pub order_count: u32,
    pub fact_count: u32,
    pub record_count: u32,
    pub replica_bytes: u64,
    pub outbox_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonChoice {
    pub id: UserId,
    pub name: String,
    pub roles: Vec<Role>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationChoice {
    pub id: LocationId,
    pub path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonChoice {
    pub id: ReasonId,
    pub code: String,
    pub name: String,
    pub icon: Option<String>,
}
