//! Who did what when: the message of a document change. It is made from the command alone and is
//! part of the change's hash, so that the server verifies it with the change.

use serde::{Deserialize, Serialize};

use super::{WorkOrderEdit, needed};
use crate::command::{Command, Envelope};
use crate::ids::{UserId, WorkCenterId};
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub by: UserId,
    /// By the device's clock, corrected by the offset that it had measured.
    pub at: Timestamp,
    pub did: Deed,
}

/// What a command did to an order's document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    Created,
    Edited(WorkOrderEdit),
    Assigned {
        to: Option<UserId>,
    },
    Moved {
        operation: u32,
        to: WorkCenterId,
    },
    Released,
    Paused {
        reason: String,
    },
    Resumed,
    Cancelled {
        reason: String,
    },
    Completed,
    ShortClosed {
        reason: String,
    },
    /// On an operation, as facts tell.
    Worked,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

impl Note {
    #[must_use]
    pub fn of(envelope: &Envelope) -> Self {
        Self { by: envelope.user, at: envelope.occurred_at, did: Deed::of(&envelope.command) }
    }

    /// None where the change was made by an import or by a device of an older version.
    #[must_use]
    pub fn read(message: &str) -> Option<Self> {
        serde_json::from_str(message).ok()
    }

    /// The message.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a note is made of strings and numbers")
    }
}

impl Deed {
    fn of(command: &Command) -> Self {
        let because = |reason: &str| needed(reason).unwrap_or_default();
        match command {
            Command::CreateWorkOrder(_) => Self::Created,
            Command::EditWorkOrder { edit, .. } => Self::Edited(WorkOrderEdit { seen: None, ..edit.clone() }),
            Command::AssignWorkOrder { assignee, .. } => Self::Assigned { to: *assignee },
            Command::MoveOperation { operation, work_center, .. } => {
                Self::Moved { operation: *operation, to: *work_center }
            }
            Command::ReleaseWorkOrder { .. } => Self::Released,
            Command::PauseWorkOrder { reason, .. } => Self::Paused { reason: because(reason) },
            Command::ResumeWorkOrder { .. } => Self::Resumed,
            Command::CancelWorkOrder { reason, .. } => Self::Cancelled { reason: because(reason) },
            Command::CompleteWorkOrder { .. } => Self::Completed,
            Command::ShortCloseWorkOrder { reason, .. } => Self::ShortClosed { reason: because(reason) },
            Command::StartOperation { .. }
            | Command::PauseOperation { .. }
            | Command::ResumeOperation { .. }
            | Command::FinishOperation { .. }
            | Command::ReportProduction { .. }
            | Command::VoidReport { .. }
            | Command::ReceiveStock { .. }
            | Command::IssueStock { .. }
            | Command::TransferStock { .. }
            | Command::AdjustStock { .. }
            | Command::CloseException { .. }
            | Command::HandOver { .. }
            | Command::Unknown => Self::Worked,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_note_says_what_it_said_when_it_is_read_again() {
        let deeds = [
            Deed::Created,
            Deed::Edited(WorkOrderEdit { due_on: Some(None), priority: Some(2), ..WorkOrderEdit::default() }),
            Deed::Assigned { to: None },
            Deed::Moved { operation: 10, to: Uuid::from_u128(3).into() },
            Deed::Cancelled { reason: "\"no\" steel".to_owned() },
            Deed::Worked,
        ];
        for did in deeds {
            let note = Note { by: Uuid::from_u128(1).into(), at: Timestamp::from_millis(-7), did };
            assert_eq!(Note::read(&note.text()), Some(note));
        }
    }

    /// Kept in documents: this text has to be readable for ever.
    #[test]
    fn a_note_of_today_is_read_tomorrow() {
        let text = r#"{"by":"00000000-0000-0000-0000-000000000001","at":5,"did":{"deed":"released"}}"#;
        let note = Note { by: Uuid::from_u128(1).into(), at: Timestamp::from_millis(5), did: Deed::Released };
        assert_eq!((Note::read(text), note.text().as_str()), (Some(note), text));
        let newer = r#"{"by":"00000000-0000-0000-0000-000000000001","at":5,"did":{"deed":"sold","to":1}}"#;
        assert_eq!(Note::read(newer).map(|note| note.did), Some(Deed::Unknown));
        assert_eq!(Note::read("words"), None);
    }
}
