//! Why a command was refused, in words that the person who pressed the button understands.

use serde::{Deserialize, Serialize};

use crate::ids::CommandId;
use crate::number::Number;
use crate::people::Role;
use crate::policy::Action;
use crate::quantity::Amount;
use crate::work_order::Stage;

/// A refusal is decided alike on the device and on the server. Stored and sent, therefore with an
/// arm for reasons that only a newer server knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    #[error("you may not {action}; ask a {}", .ask.code().replace('_', " "))]
    NotPermitted { action: Action, ask: Role },
    #[error("you may not {action} in {department}: your role is another department's")]
    OtherDepartment { action: Action, department: String },
    #[error("order {number} is {stage}{}", .reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default())]
    WrongState { number: Number, stage: Stage, reason: Option<String> },
    #[error("this order is not known here")]
    UnknownOrder,
    #[error("an order with this id exists already")]
    OrderExists,
    #[error("the number {number} is taken by another order")]
    NumberTaken { number: Number },
    #[error("no order number is left on this device; connect once to get new ones")]
    NoNumberLeft,
    #[error("this material is not known here")]
    UnknownMaterial,
    #[error("material {number} is no longer in use")]
    MaterialInactive { number: Number },
    #[error("this location is not known here")]
    UnknownLocation,
    #[error("from and to are the same location")]
    SameLocation,
    #[error("the order has no operation {operation}")]
    UnknownOperation { operation: u32 },
    #[error("operation {operation} {name} is finished")]
    OperationFinished { operation: u32, name: String },
    #[error("operation {operation} {name} was not started")]
    OperationNotStarted { operation: u32, name: String },
    #[error("operation {operation} {name} is still open")]
    OperationOpen { operation: u32, name: String },
    #[error("you are already working on this operation")]
    AlreadyWorking,
    #[error("you are not working on this operation")]
    NotWorking,
    #[error("the quantity must be greater than zero")]
    QuantityNotPositive,
    #[error("nobody has that many: a quantity is at most 1,000,000,000")]
    QuantityTooLarge,
    #[error("the quantity cannot change after the order was released")]
    QuantityLocked,
    #[error("{made} of {ordered} are made; report the rest, or ask a supervisor to close it short")]
    NotEnoughMade { made: Amount, ordered: Amount },
    #[error("priority is a number from 1 to 10, not {priority}")]
    PriorityOutOfRange { priority: u8 },
    #[error("report at least one piece")]
    NothingReported,
    #[error("a quantity cannot be negative")]
    NegativeQuantity,
    #[error("scrap needs a reason")]
    ScrapWithoutReason,
    #[error("say why")]
    ReasonMissing,
    #[error("this entry is not known here")]
    UnknownFact,
    #[error("this was undone already")]
    AlreadyVoided,
    #[error("this kind of entry cannot be undone by itself")]
    NotVoidable,
    #[error("more than 24 hours have passed; ask a supervisor to undo it")]
    TooLateToUndo,
    #[error("this exception is closed already")]
    ExceptionClosed,
    #[error("the bill of material is broken: {problem}")]
    BrokenBom { problem: String },
    #[error("the bill of material changed meanwhile; release the order again")]
    BomChanged,
    #[error("a serial number stands for one piece")]
    SerialQuantity,
    #[error("it stands on an entry that was refused")]
    DependsOnRefused { on: CommandId },
    #[error("this version of the app made a change that the server cannot verify; update it")]
    UnverifiedChange,
    #[error("this device was revoked; an administrator keeps what it sent")]
    DeviceRevoked,
    #[error("a device that was revoked handed in the same entry; an administrator decides on it")]
    HandedInElsewhere,
    #[error("you have not signed in on this device")]
    NotSignedIn,
    #[error("this entry was meant for another plant")]
    OtherPlant,
    #[error("this command is not understood: {problem}")]
    Malformed { problem: String },
    /// A reason of a newer server.
    #[error("the server refused it; update the app to see why")]
    #[serde(other)]
    Unknown,
}

impl Refusal {
    /// Who can let it happen after all, or says what to do instead.
    #[must_use]
    pub const fn decider(&self) -> Role {
        match self {
            // Those who only work, or look, decide on nothing.
            Self::NotPermitted { ask: Role::Operator | Role::Viewer, .. } => Role::Supervisor,
            Self::NotPermitted { ask, .. } => *ask,
            Self::UnknownLocation | Self::SameLocation | Self::SerialQuantity => Role::Warehouse,
            Self::DeviceRevoked | Self::HandedInElsewhere | Self::NotSignedIn => Role::OrganizationAdmin,
            _ => Role::Supervisor,
        }
    }

    /// Whether what others did before it could have made it possible: somebody who does not have that yet
    /// has to wait for it.
    #[must_use]
    pub const fn may_be_early(&self) -> bool {
        match self {
            Self::UnknownOrder
            | Self::UnknownFact
            | Self::OperationNotStarted { .. }
            | Self::OperationOpen { .. }
            | Self::AlreadyWorking
            | Self::NotWorking
            | Self::NotEnoughMade { .. } => true,
            Self::WrongState { stage, .. } => stage.is_open(),
            _ => false,
        }
    }

    /// The stable code, as in the JSON: for problem documents and translations.
    #[must_use]
    pub fn code(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|json| json.get("code")?.as_str().map(ToOwned::to_owned))
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_as_a_sentence() {
        let refusal = Refusal::WrongState {
            number: Number::parse("WO-1042").expect("a number"),
            stage: Stage::Cancelled,
            reason: Some("customer withdrew".to_owned()),
        };
        assert_eq!(refusal.to_string(), "order WO-1042 is cancelled: customer withdrew");
        assert_eq!(refusal.code(), "wrong_state");
        let ask = Refusal::NotPermitted { action: Action::DirectWork, ask: Role::Supervisor };
        assert_eq!(
            ask.to_string(),
            "you may not release, assign, pause or close work orders; ask a supervisor"
        );
    }

    #[test]
    fn what_somebody_may_not_do_is_decided_by_somebody_who_decides() {
        for action in Action::ALL {
            let decides = Refusal::NotPermitted { action, ask: action.allowed()[0] }.decider();
            assert!(!matches!(decides, Role::Operator | Role::Viewer), "{action}");
        }
    }

    #[test]
    fn a_refusal_of_a_newer_server_still_decodes() {
        let refusal: Refusal = serde_json::from_str(r#"{"code":"lot_on_hold","lot":"L1"}"#).expect("decodes");
        assert_eq!(refusal, Refusal::Unknown);
    }
}
