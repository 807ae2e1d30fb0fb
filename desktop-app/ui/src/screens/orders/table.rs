//! Work orders as a table: search, stages, sort, and as many as one scrolls to.

use dioxus::prelude::*;
use shared_model::host::{Mark, OrderRow, OrderSort, WorkOrders};
use shared_model::ids::WorkOrderId;
use shared_model::policy::Action;
use shared_model::time::Date;
use shared_model::work_order::Stage;

use super::create::CreateSheet;
use crate::components::{
    Button, ButtonSize, ButtonVariant, Column, DataTable, EmptyState, Icon, IconName, ProgressBar, Row,
    SearchField, Sort, StateBadge, SyncMark, cell_text,
};
use crate::routes::Route;
use crate::screens::face::Failed;
use crate::screens::newer::UpdateMark;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_clock, use_order_filter, use_pages};
use crate::t;

const PAGE: u32 = 50;

type Filter = (String, Vec<Stage>, OrderSort);

fn query((search, stages, sort): &Filter, after: Option<String>) -> WorkOrders {
    WorkOrders { search: search.trim().to_owned(), stages: stages.clone(), sort: *sort, after, limit: PAGE }
}

/// The head's arrow for a sort, and back. The newest are the highest numbers.
fn shown_sort(sort: OrderSort) -> Sort {
    let (column, descending) = match sort {
        OrderSort::Due => ("due", false),
        OrderSort::Number => ("number", false),
        OrderSort::Newest => ("number", true),
        OrderSort::Priority => ("priority", false),
    };
    Sort { column: column.to_owned(), descending }
}

fn wanted_sort(sort: &Sort) -> OrderSort {
    match (sort.column.as_str(), sort.descending) {
        ("number", false) => OrderSort::Number,
        ("number", true) => OrderSort::Newest,
        ("priority", _) => OrderSort::Priority,
        _ => OrderSort::Due,
    }
}

#[component]
pub fn Orders() -> Element {
    let access = use_access();
    let mut filter = use_order_filter();
    let clock = use_clock();
    let navigator = use_navigator();
    let mut is_creating = use_signal(|| false);
    let zone = access.zone.clone();
    let today = use_memo(move || zone.date(clock.now()));
    let chosen: Filter = (filter.search(), filter.stages(), filter.sort());
    let pages = use_pages(chosen.clone(), query);
    let (rows, total, has_more) = match &pages.face {
        Face::Ready(page) => (page.items.clone(), Some(page.total), page.next.is_some()),
        Face::Loading | Face::Failed(_) => (Vec::new(), None, false),
    };
    let open = move |id: String| {
        if let Ok(order) = id.parse::<WorkOrderId>() {
            navigator.push(Route::OrderOf { order });
        }
    };
    rsx! {
        div { class: "toolbar",
            SearchField {
                label: t!("orders-search"),
                placeholder: t!("orders-search"),
                id: "orders-search",
                key_hint: "/",
                value: chosen.0.clone(),
                on_input: move |text| filter.search_for(text),
            }
            StageFilter { chosen: chosen.1.clone(), on_toggle: move |stage| filter.toggle(stage) }
            if let Some(total) = total {
                p { class: "toolbar__count", role: "status", {t!("orders-count", count = total)} }
            }
            if access.may(Action::PlanWork) {
                Button {
                    variant: ButtonVariant::Primary,
                    icon: IconName::Plus,
                    "data-testid": "order-new",
                    onclick: move |_| is_creating.set(true),
                    {t!("order-new")}
                }
            }
        }
        if let Face::Failed(error) = &pages.face {
            Failed { error: error.clone() }
        } else {
            div { class: "orders-table",
                DataTable {
                    label: t!("area-orders"),
                    columns: columns(),
                    rows: rows.into_iter().map(|row| table_row(&row, today())).collect::<Vec<_>>(),
                    sort: shown_sort(chosen.2),
                    on_sort: move |sort: Sort| filter.sort_by(wanted_sort(&sort)),
                    on_open: open,
                    loading: pages.face.is_loading(),
                    empty: rsx! {
                        EmptyState {
                            icon: IconName::List,
                            title: t!("orders-empty"),
                            text: t!("orders-empty-text"),
                            action: rsx! {
                                Button { onclick: move |_| filter.clear(), {t!("orders-show-all")} }
                            },
                        }
                    },
                    on_more: has_more.then(|| {
                        let pages = pages.clone();
                        EventHandler::new(move |()| pages.more())
                    }),
                }
            }
        }
        CreateSheet { open: is_creating(), on_close: move |()| is_creating.set(false) }
    }
}

#[component]
pub fn StageFilter(chosen: Vec<Stage>, on_toggle: EventHandler<Stage>) -> Element {
    rsx! {
        div { class: "toolbar__filters", role: "group", "aria-label": t!("orders-filter"),
            for stage in Stage::ALL {
                Button {
                    key: "{stage.code()}",
                    size: ButtonSize::Small,
                    icon: words::badge(stage).icon(),
                    pressed: chosen.contains(&stage),
                    "data-testid": "order-filter-{stage.code()}",
                    onclick: move |_| on_toggle.call(stage),
                    {words::stage(stage)}
                }
            }
        }
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("number", t!("column-order")).sortable().width("9em"),
        Column::new("what", t!("column-what")),
        Column::new("stage", t!("column-state")).width("9em"),
        Column::new("done", t!("column-done")).number().width("10em"),
        Column::new("due", t!("column-due")).sortable().width("13em"),
        Column::new("priority", t!("column-priority")).sortable().number().width("5em"),
        Column::new("assignee", t!("column-assignee")).width("10em"),
        Column::new("sync", t!("column-sync")).width("3em"),
    ]
}

pub fn what(row: &OrderRow) -> String {
    let material = format!("{} {}", row.material_number, row.material_name);
    if row.title.is_empty() { material } else { format!("{} · {material}", row.title) }
}

fn table_row(row: &OrderRow, today: Date) -> Row {
    if row.needs_update {
        return unread_row(row);
    }
    let order = row.clone();
    let is_pending = row.mark != Mark::Accepted;
    let done = t!(
        "done-of",
        done = format::amount(row.output.good),
        ordered = format::quantity(row.ordered, &row.unit)
    );
    let cells = vec![
        cell_text(row.number.clone()),
        cell_text(what(row)),
        rsx! { StateBadge { state: words::badge(order.stage) } },
        rsx! {
            div { class: "order-done",
                span { {done} }
                ProgressBar {
                    done: format::share(order.output.good),
                    ordered: format::share(order.ordered),
                    scrap: format::share(order.output.scrap),
                    label: t!("progress-of", number = order.number.as_str()),
                    text: words::output(order.output),
                }
            }
        },
        due_cell(row, today),
        cell_text(row.priority.to_string()),
        cell_text(row.assignee_name.clone()),
        if is_pending {
            rsx! { SyncMark { state: words::sync_state(order.mark), compact: true } }
        } else {
            rsx! {}
        },
    ];
    let mut table_row = Row::new(row.id.to_string(), cells)
        .href(Route::OrderOf { order: row.id }.to_string())
        .named(format!("order-row-{}", row.number));
    table_row.is_alarming = row.is_late && row.stage.is_open();
    table_row.is_pending = is_pending;
    table_row
}

/// Of an order of a newer version than this app, only what tells which one it is.
fn unread_row(row: &OrderRow) -> Row {
    let dash = || cell_text("–".to_owned());
    let cells = vec![
        cell_text(row.number.clone()),
        cell_text(what(row)),
        rsx! { UpdateMark {} },
        dash(),
        dash(),
        dash(),
        dash(),
        rsx! {},
    ];
    Row::new(row.id.to_string(), cells)
        .href(Route::OrderOf { order: row.id }.to_string())
        .named(format!("order-row-{}", row.number))
}

pub fn due_cell(row: &OrderRow, today: Date) -> Element {
    let Some(due) = row.due_on else { return rsx! { "–" } };
    let date = format::date(due, today);
    let is_late = row.is_late && row.stage.is_open();
    // How long until then is said where it presses.
    let is_near = row.stage.is_open() && format::days_until(due, today) <= 1;
    let text = if is_near { format!("{date} · {}", format::due(due, today)) } else { date };
    rsx! {
        span { class: "due", "data-late": is_late.then_some("true"),
            if is_late {
                Icon { name: IconName::Alert }
            }
            {text}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_on_a_head_asks_for_the_sort_that_its_arrow_shows() {
        for sort in [OrderSort::Due, OrderSort::Number, OrderSort::Newest, OrderSort::Priority] {
            assert_eq!(wanted_sort(&shown_sort(sort)), sort);
        }
    }
}
