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
    let face = use_view(QueueOf { work_center: station });
    let (clock, zone) = (use_clock(), use_access().zone);
    let navigator = use_navigator();
    let today = use_memo(move || zone.date(clock.now()));
    if let Some(other) = unready(&face, LoadingShape::Rows, 6) {
        return other;
    }
    let Face::Ready(queue) = face else { return rsx! {} };
    let n_ready = queue.rows.iter().filter(|row| row.is_ready).count() as u64;
    let rows = running_first(queue.rows);
    rsx! {
        StaleNote {}
        header { class: "page-head",
            h1 { class: "page-head__title", {t!("queue-title")} }
            p { class: "page-head__text", {t!("queue-count", all = rows.len(), ready = format::count(n_ready))} }
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
    }
}
