use dioxus::prelude::*;

use super::types::{Align, Row};
use crate::components::link::is_plain_click;

/// One row. The link in its first cell is what takes focus; a click anywhere does the same.
#[component]
pub fn TableRow(
    row: Row,
    aligns: Vec<Align>,
    link_id: String,
    is_tab_stop: bool,
    on_open: Option<EventHandler<String>>,
    on_focus: EventHandler<()>,
) -> Element {
    let opens = on_open.is_some();
    let id = row.id.clone();
    let (href, target) = (row.href.clone(), row.id.clone());
    let align = move |at: usize| match aligns.get(at) {
        Some(Align::End) => "end",
        Some(Align::Start) | None => "start",
    };
    let mut cells = row.cells.into_iter();
    let first = cells.next();
    rsx! {
        tr {
            class: "data-table__row",
            "data-testid": row.name.clone(),
            "data-opens": opens.then_some("true"),
            "data-alarm": row.is_alarming.then_some("true"),
            "data-pending": row.is_pending.then_some("true"),
            onclick: move |_| {
                if let Some(on_open) = on_open {
                    on_open.call(id.clone());
                }
            },
            th { class: "data-table__cell", scope: "row", "data-align": align(0),
                if opens {
                    a {
                        class: "data-table__link",
                        id: link_id,
                        href: href.unwrap_or_else(|| "#".to_owned()),
                        tabindex: if is_tab_stop { "0" } else { "-1" },
                        onfocus: move |_| on_focus.call(()),
                        onclick: move |event: MouseEvent| {
                            // The row would open it a second time.
                            event.stop_propagation();
                            if is_plain_click(&event) {
                                event.prevent_default();
                                if let Some(on_open) = on_open {
                                    on_open.call(target.clone());
                                }
                            }
                        },
                        {first}
                    }
                } else {
                    {first}
                }
            }
            for (at, cell) in cells.enumerate() {
                td { key: "{at}", class: "data-table__cell", "data-align": align(at + 1), {cell} }
            }
        }
    }
}
