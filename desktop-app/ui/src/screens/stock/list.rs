//! Stock per material, by search and place.

use dioxus::prelude::*;
use shared_model::host::{Locations, Mark, Stock as StockQuery, StockRow};
use shared_model::ids::{LocationId, MaterialId};

use crate::components::{
    Button, Column, DataTable, EmptyState, Icon, IconName, Row, SearchField, Select, SelectOption, SyncMark,
    cell_text,
};
use crate::routes::Route;
use crate::screens::face::Failed;
use crate::screens::{format, words};
use crate::state::{Face, use_pages, use_stock_filter, use_view};
use crate::t;

const PAGE: u32 = 50;

type Filter = (String, Option<LocationId>);

fn query((search, location): &Filter, after: Option<String>) -> StockQuery {
    StockQuery { search: search.trim().to_owned(), location: *location, after, limit: PAGE }
}

#[component]
pub fn Stock() -> Element {
    let mut filter = use_stock_filter();
    let navigator = use_navigator();
    let locations = use_view(Locations {}).ready().unwrap_or_default();
    let chosen: Filter = (filter.search(), filter.location());
    let pages = use_pages(chosen.clone(), query);
    let (rows, total, has_more) = match &pages.face {
        Face::Ready(page) => (page.items.clone(), Some(page.total), page.next.is_some()),
        Face::Loading | Face::Failed(_) => (Vec::new(), None, false),
    };
    let options = locations
        .into_iter()
        .map(|place| SelectOption::new(place.id.to_string(), place.path))
        .collect::<Vec<_>>();
    rsx! {
        div { class: "toolbar",
            SearchField {
                label: t!("stock-search"),
                placeholder: t!("stock-search"),
                id: "stock-search",
                key_hint: "/",
                value: chosen.0.clone(),
                on_input: move |text| filter.search_for(text),
            }
            div { class: "toolbar__select",
                Select {
                    label: t!("stock-location"),
                    hide_label: true,
                    name: "stock-location",
                    placeholder: t!("stock-everywhere"),
                    value: chosen.1.map(|id| id.to_string()).unwrap_or_default(),
                    options,
                    on_change: move |id: String| filter.look_in(id.parse().ok()),
                }
            }
            if let Some(total) = total {
                p { class: "toolbar__count", role: "status", {t!("stock-count", count = total)} }
            }
        }
        if let Face::Failed(error) = &pages.face {
            Failed { error: error.clone() }
        } else {
            DataTable {
                label: t!("area-stock"),
                columns: columns(),
                rows: rows.iter().map(table_row).collect::<Vec<_>>(),
                on_open: move |id: String| {
                    if let Ok(material) = id.parse::<MaterialId>() {
                        navigator.push(Route::StockOf { material });
                    }
                },
                loading: pages.face.is_loading(),
                empty: rsx! {
                    EmptyState {
                        icon: IconName::Box,
                        title: t!("stock-empty"),
                        text: t!("stock-empty-text"),
                        action: rsx! {
                            Button {
                                onclick: move |_| {
                                    filter.search_for(String::new());
                                    filter.look_in(None);
                                },
                                {t!("stock-show-all")}
                            }
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
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("number", t!("column-number")).width("14em"),
        Column::new("name", t!("column-name")),
        Column::new("on_hand", t!("column-on-hand")).number().width("10em"),
        Column::new("available", t!("column-available")).number().width("10em"),
        Column::new("minimum", t!("column-minimum")).number().width("10em"),
        Column::new("places", t!("column-places")).number().width("6em"),
        Column::new("sync", t!("column-sync")).width("3em"),
    ]
}

fn table_row(row: &StockRow) -> Row {
    let mark = row.mark;
    let (is_low, minimum) = (row.is_below_minimum, row.minimum);
    let on_hand = format::quantity(row.on_hand, &row.unit);
    let plain = row.on_hand.to_string();
    let cells = vec![
        cell_text(row.number.clone()),
        cell_text(row.name.clone()),
        rsx! {
            span { class: "stock-figure", "data-testid": "stock-on-hand", "data-value": plain, "data-low": is_low.then_some("true"),
                if is_low {
                    Icon { name: IconName::Alert, label: t!("stock-below-minimum") }
                }
                {on_hand}
            }
        },
        cell_text(format::quantity(row.available, &row.unit)),
        cell_text(if minimum.is_zero() { "–".to_owned() } else { format::quantity(minimum, &row.unit) }),
        cell_text(format::count(row.location_count)),
        if mark == Mark::Accepted {
            rsx! {}
        } else {
            rsx! { SyncMark { state: words::sync_state(mark), compact: true } }
        },
    ];
    let mut table_row = Row::new(row.material.to_string(), cells)
        .href(Route::StockOf { material: row.material }.to_string())
        .named(format!("stock-row-{}", row.number));
    table_row.is_alarming = row.on_hand.is_negative();
    table_row.is_pending = mark != Mark::Accepted;
    table_row
}
