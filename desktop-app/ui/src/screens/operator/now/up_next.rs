//! The three jobs after this one, and whether they can go.

use dioxus::prelude::*;
use shared_model::host::QueueRow;
use shared_model::ids::WorkOrderId;
use shared_model::work_order::OperationState;

use crate::components::{Icon, IconName, StateBadge};
use crate::routes::Route;
use crate::screens::format;
use crate::screens::operator::row::{badge, badge_word, operation_title};
use crate::t;

const SHOWN: usize = 3;
/// The job in hand is among them.
pub const LOOKED_AT: u32 = 5;

pub fn after(rows: Vec<QueueRow>, order: WorkOrderId, operation: u32) -> Vec<QueueRow> {
    rows.into_iter()
        .filter(|row| {
            (row.order, row.operation) != (order, operation) && row.state != OperationState::Finished
        })
        .take(SHOWN)
        .collect()
}

#[component]
pub fn UpNext(rows: Vec<QueueRow>) -> Element {
    let navigator = use_navigator();
    rsx! {
        section { class: "up-next", "aria-label": t!("up-next"),
            h2 { class: "up-next__title", {t!("up-next")} }
            if rows.is_empty() {
                p { class: "up-next__nothing", {t!("up-next-nothing")} }
            }
            for row in rows {
                button {
                    key: "{row.order}-{row.operation}",
                    class: "up-next__job",
                    r#type: "button",
                    "data-testid": "up-next-{row.number}-{row.operation}",
                    onclick: {
                        let (order, operation) = (row.order, row.operation);
                        move |_| {
                            navigator.push(Route::Now { order, operation });
                        }
                    },
                    span { class: "up-next__words",
                        span { class: "up-next__what",
                            strong { {row.number.clone()} }
                            " {operation_title(&row)}"
                        }
                        span { class: "up-next__material", "{row.material_name} · {format::quantity(row.ordered, &row.unit)}" }
                    }
                    StateBadge { state: badge(&row), label: badge_word(&row) }
                    Icon { name: IconName::ChevronRight }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::sample;

    #[test]
    fn three_others_are_next_and_the_job_in_hand_is_not() {
        let row = |operation| QueueRow { operation, ..sample::queue_row() };
        let rows: Vec<QueueRow> = [10, 20, 30, 40, 50].into_iter().map(row).collect();
        let order = rows[0].order;
        let next: Vec<u32> = after(rows, order, 20).into_iter().map(|row| row.operation).collect();
        assert_eq!(next, [10, 30, 40]);
    }
}
