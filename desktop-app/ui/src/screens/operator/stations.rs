//! Where does this device stand? Asked once, remembered, changed from the menu.

use dioxus::prelude::*;
use shared_model::host::{Request, StationRow, Stations as StationsQuery};
use shared_model::ids::WorkCenterId;
use shared_model::plant::WorkCenterKind;

use crate::components::{EmptyState, Icon, IconName, LoadingShape};
use crate::routes::Route;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_acts, use_live, use_sessions, use_view};
use crate::t;

#[component]
pub fn Stations() -> Element {
    let face = use_view(StationsQuery {});
    let (access, live) = (use_access(), use_live());
    let (sessions, acts) = (use_sessions(), use_acts());
    let navigator = use_navigator();
    if let Some(other) = unready(&face, LoadingShape::Cards, 6) {
        return other;
    }
    let Face::Ready(stations) = face else { return rsx! {} };
    let choose = move |id: WorkCenterId| {
        spawn(async move {
            match sessions.change(Request::ChooseStation { work_center: Some(id) }).await {
                Ok(_) => {
                    navigator.push(Route::Queue {});
                }
                Err(error) => acts.refused(&error),
            }
        });
    };
    rsx! {
        header { class: "page-head",
            h1 { class: "page-head__title", {t!("stations-title")} }
            p { class: "page-head__text", {t!("stations-text")} }
        }
        if stations.is_empty() && live.status().synced_at.is_none() {
            EmptyState { icon: IconName::Download, title: t!("stations-not-here"), text: t!("stations-not-here-text") }
        } else if stations.is_empty() {
            EmptyState { icon: IconName::Factory, title: t!("stations-empty"), text: t!("stations-empty-text") }
        }
        ul { class: "stations",
            for station in stations {
                li { key: "{station.id}",
                    StationTile {
                        station: station.clone(),
                        is_chosen: access.station == Some(station.id),
                        on_choose: choose,
                    }
                }
            }
        }
    }
}

#[component]
fn StationTile(station: StationRow, is_chosen: bool, on_choose: EventHandler<WorkCenterId>) -> Element {
    let icon = match station.kind {
        WorkCenterKind::Machine => IconName::Gear,
        WorkCenterKind::Assembly => IconName::Wrench,
        WorkCenterKind::Packaging => IconName::Box,
        WorkCenterKind::QualityCheck => IconName::CheckCircle,
        WorkCenterKind::Unknown => IconName::Factory,
    };
    rsx! {
        button {
            class: "station-tile",
            r#type: "button",
            "data-testid": "station-{station.code}",
            "aria-pressed": if is_chosen { "true" } else { "false" },
            onclick: move |_| on_choose.call(station.id),
            span { class: "station-tile__head",
                Icon { name: icon }
                span { class: "station-tile__code", {station.code.clone()} }
                if is_chosen {
                    Icon { name: IconName::CheckCircle, class: "station-tile__mark" }
                }
            }
            span { class: "station-tile__name", {station.name.clone()} }
            span { class: "station-tile__kind", {words::work_center(station.kind)} }
            span { class: "station-tile__counts",
                span { class: "station-tile__count", "data-kind": "ready",
                    strong { {format::count(station.ready_count)} }
                    " "
                    {t!("station-ready")}
                }
                span { class: "station-tile__count", "data-kind": "running", "data-some": (station.running_count > 0).then_some("true"),
                    strong { {format::count(station.running_count)} }
                    " "
                    {t!("station-running")}
                }
            }
        }
    }
}
