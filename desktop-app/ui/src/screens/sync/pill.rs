//! The four states of the pill.

use dioxus::prelude::*;
use shared_model::host::SyncStatus;
use shared_model::sync::client::Link;
use shared_model::time::Timestamp;

use crate::components::{PillState, SyncPill};
use crate::screens::format;
use crate::state::{Panel, use_clock, use_live, use_panels};

/// An entry of this minute has no age worth a word.
const MINUTE_MILLIS: i64 = 60_000;

/// A refusal goes before everything: it is the only state that does not pass by itself.
pub fn pill_state(status: &SyncStatus, now: Timestamp) -> PillState {
    let unsent = u64::from(status.unsent_count);
    match status.link {
        _ if status.attention_count > 0 => PillState::NeedsYou { count: u64::from(status.attention_count) },
        Link::Online | Link::CatchingUp if unsent > 0 => PillState::Sending { count: unsent },
        Link::Online | Link::CatchingUp => PillState::Online,
        Link::Offline | Link::Connecting | Link::Revoked => PillState::Offline {
            count: unsent,
            oldest: status
                .oldest_unsent_at
                .filter(|at| unsent > 0 && now.millis_since(*at) >= MINUTE_MILLIS)
                .map(|at| format::age(at, now)),
        },
    }
}

#[component]
pub fn Pill() -> Element {
    let (live, clock) = (use_live(), use_clock());
    let mut panels = use_panels();
    let state = use_memo(move || pill_state(&live.status(), clock.now()));
    rsx! {
        SyncPill { state: state(), onclick: move |()| panels.open(Panel::Sync) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(link: Link, unsent_count: u32, attention_count: u32) -> SyncStatus {
        let oldest_unsent_at = (unsent_count > 0).then(|| Timestamp::from_millis(0));
        SyncStatus { link, unsent_count, attention_count, oldest_unsent_at, ..SyncStatus::default() }
    }

    #[test]
    fn the_pill_is_quiet_online_and_counts_what_is_on_its_way() {
        let now = Timestamp::from_millis(7_200_000);
        assert_eq!(pill_state(&status(Link::Online, 0, 0), now), PillState::Online);
        assert_eq!(pill_state(&status(Link::CatchingUp, 3, 0), now), PillState::Sending { count: 3 });
        assert_eq!(
            pill_state(&status(Link::Offline, 3, 0), now),
            PillState::Offline { count: 3, oldest: Some("2 h".to_owned()) }
        );
        assert_eq!(
            pill_state(&status(Link::Connecting, 0, 0), now),
            PillState::Offline { count: 0, oldest: None }
        );
    }

    #[test]
    fn what_was_entered_just_now_has_no_age() {
        let now = Timestamp::from_millis(5_000);
        assert_eq!(
            pill_state(&status(Link::Offline, 2, 0), now),
            PillState::Offline { count: 2, oldest: None }
        );
    }

    #[test]
    fn a_refusal_goes_before_everything_else() {
        let now = Timestamp::from_millis(0);
        assert_eq!(pill_state(&status(Link::Offline, 3, 1), now), PillState::NeedsYou { count: 1 });
    }
}
