//! The jobs of this station, in the order in which they should be done.

use dioxus::prelude::*;
use shared_model::host::QueueOf;
use shared_model::ids::WorkCenterId;

use super::row::{JobRow, running_first};
use crate::components::{Button, EmptyState, IconName, LoadingShape};
use crate::routes::Route;
use crate::screens::face::StaleNote;
use crate::screens::format;
use crate::screens::shell::unready;
use crate::state::{Face, use_access, use_clock, use_view};
use crate::t;

/// Rows to begin with, and more of them each time somebody asks.
const PAGE: u32 = 100;
/// As many as the replica gives at once.
const MOST: u32 = 500;

#[component]
pub fn Queue() -> Element {
    let access = use_access();
    match access.station {
        Some(station) => rsx! { QueueOfStation { key: "{station}", station } },
        None => rsx! { super::Stations {} },
    }
}

#[component]
fn QueueOfStation(station: WorkCenterId) -> Element {
    let mut limit = use_signal(|| PAGE);
    let face = use_view(QueueOf { work_center: station, limit: limit() });
    let (clock, zone) = (use_clock(), use_access().zone);
    let navigator = use_navigator();
    let today = use_memo(move || zone.date(clock.now()));
    if let Some(other) = unready(&face, LoadingShape::Rows, 6) {
        return other;
    }
    let Face::Ready(queue) = face else { return rsx! {} };
    let (all, ready) = (queue.total, format::count(queue.ready_count));
    let has_more = queue.rows.len() < all as usize && limit() < MOST;
    let rows = running_first(queue.rows);
    rsx! {
        StaleNote {}
        header { class: "page-head",
            h1 { class: "page-head__title", {t!("queue-title")} }
            p { class: "page-head__text", {t!("queue-count", all = all, ready = ready)} }
        }
        if rows.is_empty() {
            div { "data-testid": "queue-empty",
                EmptyState {
                    icon: IconName::CheckCircle,
                    title: t!("queue-empty"),
                    text: t!("queue-empty-text"),
                    action: rsx! {
                        Button {
                            onclick: move |_| {
                                navigator.push(Route::Stations {});
                            },
                            {t!("menu-station")}
                        }
                    },
                }
            }
        }
        ul { class: "queue",
            for row in rows {
                li { key: "{row.order}-{row.operation}",
                    JobRow {
                        today: today(),
                        on_open: {
                            let (order, operation) = (row.order, row.operation);
                            move |()| {
                                navigator.push(Route::Now { order, operation });
                            }
                        },
                        row,
                    }
                }
            }
        }
        if has_more {
            Button { "data-testid": "queue-more", onclick: move |_| limit += PAGE, {t!("data-table-more")} }
        }
    }
}
