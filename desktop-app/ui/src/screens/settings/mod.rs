//! How this device looks, where it stands, and how it is doing.

use dioxus::prelude::*;
use shared_model::host::{Stations as StationsQuery, SyncReport, SyncState as SyncStateQuery};
use shared_model::policy::Action;

use crate::appearance::{Theme, use_appearance};
use crate::components::{Button, Card, Checkbox, IconName, LoadingShape};
use crate::routes::Route;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_clock, use_view};
use crate::t;

#[component]
pub fn Settings() -> Element {
    let access = use_access();
    rsx! {
        div { class: "settings",
            Looks {}
            if access.may(Action::PerformWork) {
                Station {}
            }
            Storage {}
            About {}
        }
    }
}

fn theme_name(theme: Theme) -> String {
    match theme {
        Theme::System => t!("theme-system"),
        Theme::Light => t!("theme-light"),
        Theme::Dark => t!("theme-dark"),
        Theme::Contrast => t!("theme-contrast"),
    }
}

fn theme_icon(theme: Theme) -> IconName {
    match theme {
        Theme::System => IconName::Gear,
        Theme::Light => IconName::Sun,
        Theme::Dark => IconName::Moon,
        Theme::Contrast => IconName::Contrast,
    }
}

#[component]
fn Looks() -> Element {
    let mut appearance = use_appearance();
    rsx! {
        Card { title: t!("settings-looks"),
            div { class: "settings__choices", role: "group", "aria-label": t!("settings-theme"),
                for theme in Theme::ALL {
                    Button {
                        key: "{theme:?}",
                        icon: theme_icon(theme),
                        pressed: appearance.theme() == theme,
                        "data-testid": "theme-{theme.attribute().unwrap_or(\"system\")}",
                        onclick: move |_| appearance.choose(theme),
                        {theme_name(theme)}
                    }
                }
            }
            Checkbox {
                label: t!("settings-large-text"),
                hint: t!("settings-large-text-hint"),
                name: "settings-large-text",
                checked: appearance.large_text(),
                on_change: move |large| appearance.enlarge(large),
            }
        }
    }
}

#[component]
fn Station() -> Element {
    let access = use_access();
    let navigator = use_navigator();
    let stations = use_view(StationsQuery {}).ready().unwrap_or_default();
    let here = stations.into_iter().find(|station| Some(station.id) == access.station);
    let name = here
        .map_or_else(|| t!("settings-no-station"), |station| format!("{} {}", station.code, station.name));
    rsx! {
        Card {
            title: t!("settings-station"),
            actions: rsx! {
                Button {
                    "data-testid": "settings-station",
                    onclick: move |_| {
                        navigator.push(Route::Stations {});
                    },
                    {t!("menu-station")}
                }
            },
            p { {name} }
        }
    }
}

#[component]
fn Storage() -> Element {
    let face = use_view(SyncStateQuery {});
    rsx! {
        Card { title: t!("settings-storage"),
            if let Some(other) = unready(&face, LoadingShape::Lines, 4) {
                {other}
            }
            if let Face::Ready(report) = face {
                StorageReport { report }
            }
        }
    }
}

#[component]
fn StorageReport(report: SyncReport) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let now = clock.peek();
    let last = report
        .status
        .synced_at
        .map_or_else(|| t!("sync-never"), |at| format::moment_ago(&access.zone, at, now));
    let lines = [
        (t!("settings-kept"), words::storage(report.status.storage)),
        (t!("sync-last-label"), last),
        (t!("settings-unsent"), format::count(report.status.unsent_count)),
        (t!("settings-orders"), format::count(report.order_count)),
        (t!("settings-facts"), format::count(report.fact_count)),
        (t!("settings-records"), format::count(report.record_count)),
        (t!("settings-replica"), format::bytes(report.replica_bytes)),
        (t!("settings-outbox"), format::bytes(report.outbox_bytes)),
    ];
    rsx! {
        dl { class: "facts", "data-testid": "settings-storage",
            for (label, value) in lines {
                dt { key: "{label}", {label.clone()} }
                dd { {value} }
            }
        }
    }
}

#[component]
fn About() -> Element {
    let access = use_access();
    let roles: Vec<String> = access.user.roles.iter().map(|role| words::role(*role)).collect();
    let lines = [
        (t!("settings-organization"), access.plant.organization.clone()),
        (t!("settings-plant"), format!("{} ({})", access.plant.name, access.plant.zone)),
        (t!("settings-device"), access.plant.device_name.clone()),
        (t!("settings-user"), format!("{} ({})", access.user.name, roles.join(", "))),
    ];
    rsx! {
        Card { title: t!("settings-about"),
            dl { class: "facts",
                for (label, value) in lines {
                    dt { key: "{label}", {label.clone()} }
                    dd { {value} }
                }
                dt { {t!("settings-version")} }
                dd { "data-testid": "settings-version", {env!("CARGO_PKG_VERSION")} }
            }
        }
    }
}
