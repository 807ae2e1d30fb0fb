//! The faces that all screens share: old data, and an answer that did not come.

use dioxus::prelude::*;
use shared_model::host::HostError;
use shared_model::sync::client::Link;
use shared_model::time::Timestamp;

use super::{format, words};
use crate::components::{Banner, BannerKind, Button, EmptyState, IconName};
use crate::state::{use_access, use_clock, use_live};
use crate::t;

/// A device that has just lost its connection for a moment has nothing old to warn of.
const FRESH_MILLIS: i64 = 60_000;

/// Whether to say how old the data is: not connected, and out of date for longer than a moment.
pub fn is_stale(link: Link, synced_at: Option<Timestamp>, now: Timestamp) -> bool {
    match link {
        Link::Online | Link::CatchingUp => false,
        Link::Offline | Link::Connecting | Link::Revoked => {
            synced_at.is_none_or(|at| now.millis_since(at) > FRESH_MILLIS)
        }
    }
}

/// "As of 14:02", over what others may have changed since.
#[component]
pub fn StaleNote() -> Element {
    let (live, clock, access) = (use_live(), use_clock(), use_access());
    let zone = access.zone;
    let told = use_memo(move || {
        let (status, now) = (live.status(), clock.now());
        is_stale(status.link, status.synced_at, now).then(|| match status.synced_at {
            Some(at) => {
                let (moment, age) = (format::moment(&zone, at, now), format::age(at, now));
                t!("stale-as-of", moment = moment, age = age)
            }
            None => t!("stale-never"),
        })
    });
    rsx! {
        if let Some(title) = told() {
            div { class: "stale-note", "data-testid": "stale",
                Banner { kind: BannerKind::Stale, title, text: t!("stale-text") }
            }
        }
    }
}

/// The screen's question was not answered.
#[component]
pub fn Failed(error: HostError) -> Element {
    let mut live = use_live();
    rsx! {
        div { "data-testid": "failed", role: "alert",
            EmptyState {
                icon: IconName::Alert,
                title: t!("failed-title"),
                text: words::host_error(&error),
                action: rsx! {
                    Button { "data-testid": "failed-retry", onclick: move |_| live.refresh(), {t!("action-retry")} }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_device_that_is_away_for_longer_shows_the_age_of_its_data() {
        let now = Timestamp::from_millis(1_000_000_000);
        let ago = |millis: i64| Some(now.plus_millis(-millis));
        assert!(!is_stale(Link::Online, ago(7_200_000), now));
        assert!(!is_stale(Link::Offline, ago(5_000), now));
        assert!(is_stale(Link::Offline, ago(120_000), now));
        assert!(is_stale(Link::Connecting, None, now));
    }
}
