use dioxus::prelude::*;

use super::row::TableRow;
use super::types::{Align, Column, Row, Sort};
use crate::components::icon::{Icon, IconName};
use crate::components::roving::{self, Layout};
use crate::dom::{self, use_id};
use crate::t;

#[component]
pub fn DataTable(
    /// What is listed; the table's caption.
    label: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    sort: Option<Sort>,
    #[props(default)] on_sort: EventHandler<Sort>,
    /// Emits the id of a row; without it rows are only read.
    on_open: Option<EventHandler<String>>,
    /// The first page is on its way.
    #[props(default)]
    loading: bool,
    /// Shown instead of rows when there are none.
    empty: Option<Element>,
    /// There is another page, wanted when the end of this one comes into sight.
    on_more: Option<EventHandler<()>>,
) -> Element {
    let id = use_id("table");
    let mut current = use_signal(|| 0_usize);
    let n_rows = rows.len();
    let stop = current().min(n_rows.saturating_sub(1));
    let aligns: Vec<Align> = columns.iter().map(|column| column.align).collect();
    let n_columns = columns.len();
    rsx! {
        div { class: "data-table", "aria-busy": loading.then_some("true"),
            table { class: "data-table__table",
                caption { class: "visually-hidden", {label} }
                thead { class: "data-table__head",
                    tr {
                        for column in columns {
                            Head { key: "{column.id}", column: column.clone(), sort: sort.clone(), on_sort }
                        }
                    }
                }
                tbody {
                    onkeydown: {
                        let id = id.clone();
                        move |event: KeyboardEvent| {
                            if on_open.is_none() || dom::is_text_entry(&event) {
                                return;
                            }
                            if let Some(to) = roving::next(&event.key(), stop, n_rows, Layout::Column) {
                                event.prevent_default();
                                current.set(to);
                                dom::focus(&format!("{id}-{to}"));
                            }
                        }
                    },
                    if loading && n_rows == 0 {
                        for line in 0..6 {
                            tr { key: "{line}", class: "data-table__row",
                                td { class: "data-table__cell", colspan: "{n_columns}",
                                    span { class: "data-table__skeleton", style: "width:{90 - line * 9}%" }
                                }
                            }
                        }
                    }
                    for (at, row) in rows.into_iter().enumerate() {
                        TableRow {
                            key: "{row.id}",
                            row: row.clone(),
                            aligns: aligns.clone(),
                            link_id: "{id}-{at}",
                            is_tab_stop: at == stop,
                            on_open,
                            on_focus: move |()| current.set(at),
                        }
                    }
                }
            }
            if n_rows == 0 && !loading {
                if let Some(empty) = empty {
                    {empty}
                }
            }
            if let Some(on_more) = on_more {
                button {
                    class: "data-table__more",
                    r#type: "button",
                    "data-testid": "table-more",
                    onclick: move |_| on_more.call(()),
                    onvisible: move |event| {
                        if event.is_intersecting().unwrap_or(false) {
                            on_more.call(());
                        }
                    },
                    {t!("data-table-more")}
                }
            }
        }
    }
}

#[component]
fn Head(column: Column, sort: Option<Sort>, on_sort: EventHandler<Sort>) -> Element {
    let align = match column.align {
        Align::Start => "start",
        Align::End => "end",
    };
    let style = column.width.map(|width| format!("width:{width}"));
    let mine = sort.as_ref().filter(|sort| sort.column == column.id);
    let order = mine.map(|sort| if sort.descending { "descending" } else { "ascending" });
    let wanted = Sort::toggled(sort.as_ref(), &column.id);
    rsx! {
        th {
            class: "data-table__column",
            scope: "col",
            style,
            "data-align": align,
            "aria-sort": if column.is_sortable { order.unwrap_or("none") },
            if column.is_sortable {
                button {
                    class: "data-table__sort",
                    r#type: "button",
                    onclick: move |_| on_sort.call(wanted.clone()),
                    span { {column.label} }
                    Icon {
                        name: if order == Some("descending") { IconName::ChevronDown } else { IconName::ChevronUp },
                        class: "data-table__arrow",
                    }
                }
            } else {
                span {
                    class: if column.is_label_hidden { "visually-hidden" } else { "data-table__title" },
                    {column.label}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{cell_number, cell_text};
    use super::*;
    use crate::testing::html;

    fn columns() -> Vec<Column> {
        vec![Column::new("number", "Number").sortable(), Column::new("quantity", "Quantity").number()]
    }

    fn rows() -> Vec<Row> {
        ["WO-1", "WO-2"]
            .map(|number| {
                Row::new(number, vec![cell_text(number), cell_number("1200")])
                    .href(format!("/orders/{number}"))
            })
            .into()
    }

    #[test]
    fn the_sorted_head_says_which_way() {
        let sort = Sort { column: "number".into(), descending: true };
        let markup =
            html(move || rsx! { DataTable { label: "Orders", columns: columns(), rows: rows(), sort } });
        assert_eq!(markup.matches("aria-sort=").count(), 1);
        assert!(markup.contains(r#"aria-sort="descending""#), "{markup}");
    }

    #[test]
    fn rows_that_open_are_links_with_one_tab_stop() {
        let markup = html(move || {
            rsx! {
                DataTable { label: "Orders", columns: columns(), rows: rows(), on_open: |_| {} }
            }
        });
        assert_eq!(markup.matches(r#"tabindex="0""#).count(), 1);
        assert!(markup.contains(r#"href="/orders/WO-2""#) && markup.contains("1,200"), "{markup}");
    }

    #[test]
    fn no_rows_show_the_empty_face_unless_they_are_loading() {
        let table = |loading: bool| {
            html(move || {
                rsx! {
                    DataTable { label: "Orders", columns: columns(), rows: vec![], loading, empty: rsx! { "Nothing here" } }
                }
            })
        };
        assert!(table(false).contains("Nothing here"));
        assert!(!table(true).contains("Nothing here") && table(true).contains(r#"aria-busy="true""#));
    }
}
