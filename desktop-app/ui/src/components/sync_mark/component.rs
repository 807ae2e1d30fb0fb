use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// Durable on this device, not sent yet.
    SavedHere,
    /// On its way, without an answer.
    Sent,
    /// The server has it.
    Accepted,
    /// Refused, or changed by two people.
    NeedsYou,
}

impl SyncState {
    pub const ALL: [SyncState; 4] =
        [SyncState::SavedHere, SyncState::Sent, SyncState::Accepted, SyncState::NeedsYou];

    pub fn word(self) -> String {
        match self {
            SyncState::SavedHere => t!("sync-mark-saved-here"),
            SyncState::Sent => t!("sync-mark-sent"),
            SyncState::Accepted => t!("sync-mark-accepted"),
            SyncState::NeedsYou => t!("sync-mark-needs-you"),
        }
    }

    fn look(self) -> (&'static str, IconName) {
        match self {
            SyncState::SavedHere => ("saved-here", IconName::Clock),
            SyncState::Sent => ("sent", IconName::CloudUp),
            SyncState::Accepted => ("accepted", IconName::Check),
            SyncState::NeedsYou => ("needs-you", IconName::Alert),
        }
    }
}

#[component]
pub fn SyncMark(
    state: SyncState,
    /// The time of it, as text: "14:02".
    at: Option<String>,
    /// Only the icon; the word is read and shown on hover.
    #[props(default)]
    compact: bool,
) -> Element {
    let (attribute, icon) = state.look();
    let word = state.word();
    let title = compact.then(|| word.clone());
    rsx! {
        span { class: "sync-mark", "data-sync": attribute, title,
            Icon { name: icon }
            span { class: if compact { "visually-hidden" }, {word} }
            if let Some(at) = at {
                span { class: "sync-mark__at", {at} }
            }
        }
    }
}
