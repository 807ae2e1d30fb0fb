use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::t;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PillState {
    Online,
    Sending {
        count: u64,
    },
    Offline {
        count: u64,
        /// The age of the oldest entry, as text ("2 h"); none when nothing waits.
        oldest: Option<String>,
    },
    NeedsYou {
        count: u64,
    },
}

impl PillState {
    fn look(&self) -> (&'static str, IconName) {
        match self {
            PillState::Online => ("online", IconName::Cloud),
            PillState::Sending { .. } => ("sending", IconName::CloudUp),
            PillState::Offline { .. } => ("offline", IconName::CloudOff),
            PillState::NeedsYou { .. } => ("needs-you", IconName::Alert),
        }
    }

    fn count(&self) -> u64 {
        match self {
            PillState::Online => 0,
            PillState::Sending { count }
            | PillState::Offline { count, .. }
            | PillState::NeedsYou { count } => *count,
        }
    }

    fn text(&self) -> String {
        match self {
            PillState::Online => t!("sync-pill-online"),
            PillState::Sending { count } => t!("sync-pill-sending", count = *count),
            PillState::Offline { count: 0, .. } => t!("sync-pill-offline"),
            PillState::Offline { count, oldest: None } => t!("sync-pill-offline-saved", count = *count),
            PillState::Offline { count, oldest: Some(oldest) } => {
                t!("sync-pill-offline-oldest", count = *count, oldest = oldest.as_str())
            }
            PillState::NeedsYou { count } => t!("sync-pill-needs-you", count = *count),
        }
    }
}

/// Leads to the list of what waits.
#[component]
pub fn SyncPill(state: PillState, onclick: EventHandler<()>) -> Element {
    let (attribute, icon) = state.look();
    rsx! {
        button {
            class: "sync-pill",
            r#type: "button",
            "data-testid": "sync-pill",
            "data-sync": attribute,
            "data-state": attribute.replace('-', "_"),
            "data-count": "{state.count()}",
            onclick: move |_| onclick.call(()),
            Icon { name: icon }
            // Only this text is live: the button itself keeps its place and its focus.
            span { role: "status", {state.text()} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    fn text(state: PillState) -> String {
        let markup = html(move || rsx! { SyncPill { state, onclick: |()| {} } });
        markup.split(r#"role="status">"#).nth(1).unwrap().split('<').next().unwrap().to_owned()
    }

    #[test]
    fn offline_tells_how_much_is_saved_here_and_how_old_it_is() {
        let state = PillState::Offline { count: 3, oldest: Some("2 h".into()) };
        assert_eq!(text(state), "Offline — 3 saved here, oldest 2 h");
    }

    #[test]
    fn the_other_states_read_as_agreed() {
        assert_eq!(text(PillState::Online), "Online");
        assert_eq!(text(PillState::Sending { count: 12 }), "Sending 12");
        assert_eq!(text(PillState::Offline { count: 0, oldest: None }), "Offline");
        assert_eq!(text(PillState::NeedsYou { count: 1 }), "Needs you — 1");
    }
}
