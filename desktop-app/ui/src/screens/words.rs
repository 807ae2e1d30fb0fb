//! What states, events and refusals are called. The model names them; here they become sentences.

use shared_model::exception::{Contested, Exception};
use shared_model::host::{Mark, Storage};
use shared_model::people::Role;
use shared_model::plant::WorkCenterKind;
use shared_model::production::Output;
use shared_model::stock::{MovementKind, StockStatus};
use shared_model::time::Date;
use shared_model::work_order::{OperationState, Stage};

use super::format;
use crate::components::{BadgeState, SyncState};
use crate::t;

mod event;
mod refusal;

pub use event::{Told, told};
pub use refusal::{host_error, refusal};

pub fn badge(stage: Stage) -> BadgeState {
    match stage {
        Stage::Planned => BadgeState::Planned,
        Stage::Released => BadgeState::Released,
        Stage::InProgress => BadgeState::Running,
        Stage::Paused => BadgeState::Paused,
        Stage::Completed => BadgeState::Completed,
        Stage::Cancelled => BadgeState::Cancelled,
    }
}

/// The look of an operation; `is_running` when somebody's clock runs on it.
pub fn operation_badge(state: OperationState, is_running: bool) -> BadgeState {
    match state {
        OperationState::Pending => BadgeState::Planned,
        OperationState::Started if is_running => BadgeState::Running,
        OperationState::Started => BadgeState::Paused,
        OperationState::Finished => BadgeState::Completed,
    }
}

pub fn operation_state(state: OperationState, is_running: bool) -> String {
    match state {
        OperationState::Pending => t!("operation-pending"),
        OperationState::Started if is_running => t!("operation-running"),
        OperationState::Started => t!("operation-stopped"),
        OperationState::Finished => t!("operation-finished"),
    }
}

pub fn stage(stage: Stage) -> String {
    badge(stage).word()
}

/// As in "the order is *paused*".
pub fn stage_in_sentence(stage: Stage) -> String {
    match stage {
        Stage::Planned => t!("stage-is-planned"),
        Stage::Released => t!("stage-is-released"),
        Stage::InProgress => t!("stage-is-in-progress"),
        Stage::Paused => t!("stage-is-paused"),
        Stage::Completed => t!("stage-is-completed"),
        Stage::Cancelled => t!("stage-is-cancelled"),
    }
}

pub fn sync_state(mark: Mark) -> SyncState {
    match mark {
        Mark::Accepted => SyncState::Accepted,
        Mark::Sent => SyncState::Sent,
        Mark::SavedHere => SyncState::SavedHere,
        Mark::NeedsYou => SyncState::NeedsYou,
    }
}

/// "48 good, 2 scrap".
pub fn output(output: Output) -> String {
    let parts = [
        (
            output.good,
            output.good.is_zero() && !output.total().is_zero(),
            t!("output-good", amount = format::amount(output.good)),
        ),
        (output.scrap, output.scrap.is_zero(), t!("output-scrap", amount = format::amount(output.scrap))),
        (output.rework, output.rework.is_zero(), t!("output-rework", amount = format::amount(output.rework))),
    ];
    let told: Vec<String> =
        parts.into_iter().filter(|(_, is_left_out, _)| !is_left_out).map(|(.., text)| text).collect();
    told.join(", ")
}

pub fn role(role: Role) -> String {
    match role {
        Role::OrganizationAdmin => t!("role-organization-admin"),
        Role::PlantManager => t!("role-plant-manager"),
        Role::DepartmentHead => t!("role-department-head"),
        Role::Planner => t!("role-planner"),
        Role::Supervisor => t!("role-supervisor"),
        Role::Operator => t!("role-operator"),
        Role::QualityManager => t!("role-quality-manager"),
        Role::QualityInspector => t!("role-quality-inspector"),
        Role::Warehouse => t!("role-warehouse"),
        Role::MaintenanceManager => t!("role-maintenance-manager"),
        Role::Technician => t!("role-technician"),
        Role::Engineer => t!("role-engineer"),
        Role::Procurement => t!("role-procurement"),
        Role::Viewer => t!("role-viewer"),
        Role::Unknown => t!("role-unknown"),
    }
}

pub fn work_center(kind: WorkCenterKind) -> String {
    match kind {
        WorkCenterKind::Machine => t!("work-center-machine"),
        WorkCenterKind::Assembly => t!("work-center-assembly"),
        WorkCenterKind::Packaging => t!("work-center-packaging"),
        WorkCenterKind::QualityCheck => t!("work-center-quality-check"),
        WorkCenterKind::Unknown => t!("work-center-unknown"),
    }
}

pub fn movement(kind: MovementKind) -> String {
    match kind {
        MovementKind::Receipt => t!("movement-receipt"),
        MovementKind::Issue => t!("movement-issue"),
        MovementKind::TransferOut => t!("movement-transfer-out"),
        MovementKind::TransferIn => t!("movement-transfer-in"),
        MovementKind::Adjustment => t!("movement-adjustment"),
        MovementKind::Backflush => t!("movement-backflush"),
        MovementKind::Output => t!("movement-output"),
        MovementKind::Unknown => t!("movement-unknown"),
    }
}

pub fn stock_status(status: StockStatus) -> String {
    match status {
        StockStatus::Ok => t!("stock-ok"),
        StockStatus::Attention => t!("stock-attention"),
        StockStatus::Quarantined => t!("stock-quarantined"),
        StockStatus::Damaged => t!("stock-damaged"),
        StockStatus::Rejected => t!("stock-rejected"),
        StockStatus::Unknown => t!("stock-unknown"),
    }
}

/// The kind of an exception: a heading.
pub fn exception_kind(exception: &Exception) -> String {
    match exception {
        Exception::OverProduction { .. } => t!("exception-over-production"),
        Exception::NegativeStock { .. } => t!("exception-negative-stock"),
        Exception::ReportOutsideProgress { .. } => t!("exception-outside"),
        Exception::ChangedByTwo(_) => t!("exception-changed-by-two"),
        Exception::RefusedWork(_) => t!("exception-refused-work"),
        Exception::Unknown => t!("exception-unknown"),
    }
}

/// What happened, with its figures.
pub fn exception(exception: &Exception) -> String {
    match exception {
        Exception::OverProduction { ordered, made } => {
            t!(
                "exception-over-production-text",
                made = format::amount(*made),
                ordered = format::amount(*ordered),
                over = format::amount(made.minus(*ordered))
            )
        }
        Exception::NegativeStock { on_hand, .. } => {
            t!("exception-negative-stock-text", on_hand = format::amount(*on_hand))
        }
        Exception::ReportOutsideProgress { stage } => {
            t!("exception-outside-text", stage = stage_in_sentence(*stage))
        }
        Exception::ChangedByTwo(contested) => self::contested(contested),
        Exception::RefusedWork(work) => {
            t!(
                "exception-refused-work-text",
                what = command(work.entered.code()),
                why = refusal(&work.refusal)
            )
        }
        Exception::Unknown => t!("exception-unknown-text"),
    }
}

/// A date, or that there is none.
pub fn date(date: Option<Date>) -> String {
    date.map_or_else(|| t!("no-date"), |date| date.to_string())
}

/// What two people changed, with both values where they read as such.
fn contested(contested: &Contested) -> String {
    match contested {
        Contested::Quantity { before, now } => {
            t!("contested-quantity", before = format::amount(*before), now = format::amount(*now))
        }
        Contested::DueOn { before, now } => t!("contested-due", before = date(*before), now = date(*now)),
        Contested::Assignee { .. } => t!("contested-assignee"),
        Contested::Stage { before, now } => {
            t!("contested-stage", before = stage_in_sentence(*before), now = stage_in_sentence(*now))
        }
        Contested::Unknown => t!("exception-unknown-text"),
    }
}

/// To the one who just caused it: it is saved, and somebody will look at it.
pub fn warning(exception: &Exception) -> String {
    t!("exception-warning", what = self::exception(exception), who = role(exception.owner()))
}

/// Whether what is saved here stays.
pub fn storage(storage: Storage) -> String {
    match storage {
        Storage::Durable => t!("storage-durable"),
        Storage::Evictable => t!("storage-evictable"),
        Storage::Full => t!("storage-full"),
        Storage::Unavailable => t!("storage-unavailable"),
        Storage::OtherTabSilent => t!("storage-other-tab-silent"),
        Storage::Locked => t!("storage-locked"),
    }
}

/// As a test finds it.
pub fn storage_code(storage: Storage) -> &'static str {
    match storage {
        Storage::Durable => "durable",
        Storage::Evictable => "evictable",
        Storage::Full => "full",
        Storage::Unavailable => "unavailable",
        Storage::OtherTabSilent => "other-tab-silent",
        Storage::Locked => "locked",
    }
}

/// A command in the list of what waits: "Production report".
pub fn command(code: &str) -> String {
    match code {
        "create_work_order" => t!("command-create-work-order"),
        "edit_work_order" => t!("command-edit-work-order"),
        "assign_work_order" => t!("command-assign-work-order"),
        "move_operation" => t!("command-move-operation"),
        "release_work_order" => t!("command-release-work-order"),
        "pause_work_order" => t!("command-pause-work-order"),
        "resume_work_order" => t!("command-resume-work-order"),
        "cancel_work_order" => t!("command-cancel-work-order"),
        "complete_work_order" => t!("command-complete-work-order"),
        "short_close_work_order" => t!("command-short-close-work-order"),
        "start_operation" => t!("command-start-operation"),
        "pause_operation" => t!("command-pause-operation"),
        "resume_operation" => t!("command-resume-operation"),
        "finish_operation" => t!("command-finish-operation"),
        "report_production" => t!("command-report-production"),
        "void_report" => t!("command-void-report"),
        "receive_stock" => t!("command-receive-stock"),
        "issue_stock" => t!("command-issue-stock"),
        "transfer_stock" => t!("command-transfer-stock"),
        "adjust_stock" => t!("command-adjust-stock"),
        "close_exception" => t!("command-close-exception"),
        "hand_over" => t!("command-hand-over"),
        _ => t!("command-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(good: &str, scrap: &str, rework: &str) -> Output {
        let amount = |text: &str| text.parse().expect("an amount");
        Output { good: amount(good), scrap: amount(scrap), rework: amount(rework) }
    }

    #[test]
    fn an_output_names_what_there_is_and_nothing_else() {
        assert_eq!(output(of("48", "2", "0")), "48 good, 2 scrap");
        assert_eq!(output(of("0", "2", "1")), "2 scrap, 1 rework");
        assert_eq!(output(of("0", "0", "0")), "0 good");
    }

    #[test]
    fn every_command_of_the_model_has_a_name_of_its_own() {
        let source = include_str!("../../../../shared-model/src/command.rs");
        let codes =
            source.split("pub const fn code").nth(1).and_then(|rest| rest.split("/// The stock keys").next());
        let codes: Vec<&str> = codes.expect("the codes").split('"').skip(1).step_by(2).collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert_eq!(command(code) == t!("command-unknown"), code == "unknown", "{code}");
        }
    }
}
