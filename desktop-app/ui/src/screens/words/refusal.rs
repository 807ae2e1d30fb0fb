//! Why not, as a sentence with what to do about it.

use shared_model::host::HostError;
use shared_model::policy::Action;
use shared_model::refusal::Refusal;

use super::{format, role, stage_in_sentence};
use crate::t;

pub fn host_error(error: &HostError) -> String {
    match error {
        HostError::Refused { refusal } => self::refusal(refusal),
        HostError::NotEnrolled => t!("error-not-enrolled"),
        HostError::NotSignedIn => t!("error-not-signed-in"),
        HostError::Offline => t!("error-offline"),
        // The server's own sentence, or the device's.
        HostError::Rejected { message } => begun_large(message),
        HostError::Storage { message } => t!("error-storage", message = message.as_str()),
        HostError::StorageFull => t!("error-storage-full"),
        HostError::UpdateNeeded => t!("error-update-needed"),
        HostError::Internal { message } => t!("error-internal", message = message.as_str()),
    }
}

/// What is said elsewhere in the middle of a sentence, as one of its own.
fn begun_large(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotPermitted { action: what, ask } => {
            t!("refusal-not-permitted", action = action(*what), ask = role(*ask))
        }
        Refusal::OtherDepartment { action: what, department } => {
            t!("refusal-other-department", action = action(*what), department = department.as_str())
        }
        Refusal::WrongState { number, stage, reason: None } => {
            t!("refusal-wrong-state", number = number.as_str(), stage = stage_in_sentence(*stage))
        }
        Refusal::WrongState { number, stage, reason: Some(reason) } => t!(
            "refusal-wrong-state-reason",
            number = number.as_str(),
            stage = stage_in_sentence(*stage),
            reason = reason.as_str()
        ),
        Refusal::UnknownOrder => t!("refusal-unknown-order"),
        Refusal::OrderExists => t!("refusal-order-exists"),
        Refusal::NumberTaken { number } => t!("refusal-number-taken", number = number.as_str()),
        Refusal::NoNumberLeft => t!("refusal-no-number-left"),
        Refusal::UnknownMaterial => t!("refusal-unknown-material"),
        Refusal::MaterialInactive { number } => t!("refusal-material-inactive", number = number.as_str()),
        Refusal::UnknownLocation => t!("refusal-unknown-location"),
        Refusal::SameLocation => t!("refusal-same-location"),
        Refusal::UnknownOperation { operation } => {
            t!("refusal-unknown-operation", operation = operation.to_string())
        }
        Refusal::OperationFinished { operation, name } => {
            t!("refusal-operation-finished", operation = operation.to_string(), name = name.as_str())
        }
        Refusal::OperationNotStarted { operation, name } => {
            t!("refusal-operation-not-started", operation = operation.to_string(), name = name.as_str())
        }
        Refusal::OperationOpen { operation, name } => {
            t!("refusal-operation-open", operation = operation.to_string(), name = name.as_str())
        }
        Refusal::AlreadyWorking => t!("refusal-already-working"),
        Refusal::NotWorking => t!("refusal-not-working"),
        Refusal::QuantityNotPositive => t!("refusal-quantity-not-positive"),
        Refusal::QuantityTooLarge => t!("refusal-quantity-too-large"),
        Refusal::QuantityLocked => t!("refusal-quantity-locked"),
        Refusal::NotEnoughMade { made, ordered } => {
            t!("refusal-not-enough-made", made = format::amount(*made), ordered = format::amount(*ordered))
        }
        Refusal::PriorityOutOfRange { priority } => t!("refusal-priority", priority = *priority),
        Refusal::NothingReported => t!("refusal-nothing-reported"),
        Refusal::NegativeQuantity => t!("refusal-negative-quantity"),
        Refusal::ScrapWithoutReason => t!("refusal-scrap-without-reason"),
        Refusal::ReasonMissing => t!("refusal-reason-missing"),
        Refusal::UnknownFact => t!("refusal-unknown-fact"),
        Refusal::AlreadyVoided => t!("refusal-already-voided"),
        Refusal::NotVoidable => t!("refusal-not-voidable"),
        Refusal::TooLateToUndo => t!("refusal-too-late-to-undo"),
        Refusal::ExceptionClosed => t!("refusal-exception-closed"),
        Refusal::BrokenBom { problem } => t!("refusal-broken-bom", problem = problem.as_str()),
        Refusal::BomChanged => t!("refusal-bom-changed"),
        Refusal::SerialQuantity => t!("refusal-serial-quantity"),
        Refusal::DependsOnRefused { .. } => t!("refusal-depends-on-refused"),
        Refusal::UnverifiedChange => t!("refusal-unverified-change"),
        Refusal::DeviceRevoked => t!("refusal-device-revoked"),
        Refusal::HandedInElsewhere => t!("refusal-handed-in-elsewhere"),
        Refusal::NotSignedIn => t!("refusal-not-signed-in"),
        Refusal::OtherPlant => t!("refusal-other-plant"),
        Refusal::Malformed { problem } => t!("refusal-malformed", problem = problem.as_str()),
        Refusal::Unknown => t!("refusal-unknown"),
    }
}

/// As in "you may not *release work orders*".
fn action(action: Action) -> String {
    match action {
        Action::PlanWork => t!("may-plan-work"),
        Action::DirectWork => t!("may-direct-work"),
        Action::PerformWork => t!("may-perform-work"),
        Action::UndoOwnWork => t!("may-undo-own-work"),
        Action::UndoAnyWork => t!("may-undo-any-work"),
        Action::MoveStock => t!("may-move-stock"),
        Action::AdjustStock => t!("may-adjust-stock"),
        Action::ResolveExceptions => t!("may-resolve-exceptions"),
        Action::EditRecords => t!("may-edit-records"),
        Action::Administer => t!("may-administer"),
        Action::View => t!("may-view"),
    }
}

#[cfg(test)]
mod tests {
    use shared_model::number::Number;
    use shared_model::people::Role;
    use shared_model::work_order::Stage;

    use super::*;

    #[test]
    fn a_refusal_says_what_is_the_matter_and_whom_to_ask() {
        let cancelled = Refusal::WrongState {
            number: Number::parse("WO-1042").expect("a number"),
            stage: Stage::Cancelled,
            reason: Some("customer withdrew".to_owned()),
        };
        assert_eq!(refusal(&cancelled), "WO-1042 is cancelled: customer withdrew");
        let ask = Refusal::NotPermitted { action: Action::DirectWork, ask: Role::Supervisor };
        assert_eq!(
            refusal(&ask),
            "You may not release, assign, pause or close work orders. Ask: Supervisor."
        );
    }
}
