//! The tabs of an order.

use dioxus::prelude::*;
use shared_model::host::{Mark, MaterialRow, OperationRow, OrderDetail, OutboxItem, ReportRow, TimelineRow};
use shared_model::ids::MaterialId;
use shared_model::work_order::Stage;

use crate::components::{
    Column, DataTable, EmptyState, Icon, IconName, Row, StateBadge, SyncMark, Timeline, TimelineEntry,
    cell_text,
};
use crate::routes::Route;
use crate::screens::operator::{ReportList, mark_code};
use crate::screens::orders::availability::Availability;
use crate::screens::{format, words};
use crate::state::{use_access, use_clock};
use crate::t;

#[component]
pub fn Operations(rows: Vec<OperationRow>, unit: String) -> Element {
    let columns = vec![
        Column::new("operation", t!("column-operation")),
        Column::new("work_center", t!("column-work-center")),
        Column::new("state", t!("column-state")),
        Column::new("good", t!("column-good")).number(),
        Column::new("scrap", t!("column-scrap")).number(),
        Column::new("rework", t!("column-rework")).number(),
        Column::new("plan", t!("column-plan")).number(),
        Column::new("time", t!("column-time")).number(),
        Column::new("people", t!("column-people")),
    ];
    let rows = rows
        .iter()
        .map(|row| {
            let is_running = !row.working.is_empty();
            let state = row.state;
            let cells = vec![
                cell_text(format!("{} {}", row.number, row.name)),
                cell_text(row.work_center_code.clone()),
                rsx! {
                    StateBadge {
                        state: words::operation_badge(state, is_running),
                        label: words::operation_state(state, is_running),
                    }
                },
                cell_text(format::amount(row.output.good)),
                cell_text(format::amount(row.output.scrap)),
                cell_text(format::amount(row.output.rework)),
                cell_text(t!(
                    "plan-minutes",
                    setup = format::amount(row.setup_minutes),
                    run = format::amount(row.run_minutes)
                )),
                cell_text(format::hours(row.labor_millis)),
                cell_text(row.working.join(", ")),
            ];
            Row::new(row.number.to_string(), cells).named(format!("operation-row-{}", row.number))
        })
        .collect::<Vec<_>>();
    rsx! {
        DataTable {
            label: t!("tab-operations"),
            columns,
            rows,
            empty: rsx! { EmptyState { icon: IconName::Route, title: t!("no-operations"), text: t!("no-operations-text") } },
        }
    }
}

#[component]
pub fn Materials(detail: OrderDetail) -> Element {
    let navigator = use_navigator();
    // The bill of material is exploded at release; until then it is a forecast.
    if detail.row.stage == Stage::Planned && detail.materials.is_empty() {
        return rsx! {
            p { class: "tab-note", {t!("materials-forecast")} }
            Availability { material: detail.material, quantity: detail.row.ordered }
        };
    }
    let columns = vec![
        Column::new("material", t!("column-material")),
        Column::new("planned", t!("column-planned")).number(),
        Column::new("consumed", t!("column-consumed")).number(),
        Column::new("on_hand", t!("column-on-hand")).number(),
        Column::new("operation", t!("column-operation")).number(),
        Column::new("how", t!("column-how")),
        Column::new("location", t!("column-location")),
    ];
    let rows = detail.materials.iter().map(material_row).collect::<Vec<_>>();
    rsx! {
        DataTable {
            label: t!("tab-materials"),
            columns,
            rows,
            on_open: move |id: String| {
                if let Ok(material) = id.parse::<MaterialId>() {
                    navigator.push(Route::StockOf { material });
                }
            },
            empty: rsx! { EmptyState { icon: IconName::Box, title: t!("no-materials"), text: t!("no-materials-text") } },
        }
    }
}

fn material_row(line: &MaterialRow) -> Row {
    let how = if line.is_backflush { t!("how-backflush") } else { t!("how-issue") };
    let cells = vec![
        cell_text(format!("{} {}", line.number, line.name)),
        cell_text(format::quantity(line.planned, &line.unit)),
        cell_text(format::quantity(line.consumed, &line.unit)),
        cell_text(format::quantity(line.on_hand, &line.unit)),
        cell_text(line.operation.map(|number| number.to_string()).unwrap_or_default()),
        cell_text(how),
        cell_text(line.location.clone()),
    ];
    let mut row = Row::new(line.material.to_string(), cells)
        .href(Route::StockOf { material: line.material }.to_string())
        .named(format!("material-row-{}", line.number));
    row.is_alarming = line.on_hand.is_negative();
    row
}

#[component]
pub fn Reports(reports: Vec<ReportRow>, on_undo: EventHandler<ReportRow>) -> Element {
    let (access, clock) = (use_access(), use_clock());
    if reports.is_empty() {
        return rsx! { EmptyState { icon: IconName::Clipboard, title: t!("no-reports"), text: t!("no-reports-text") } };
    }
    rsx! {
        ReportList { reports, zone: access.zone, now: clock.peek(), with_operation: true, on_undo }
    }
}

#[component]
pub fn History(rows: Vec<TimelineRow>) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let now = clock.peek();
    let entries = rows
        .into_iter()
        .enumerate()
        .map(|(at, row)| {
            let told = words::told(&row.what);
            TimelineEntry {
                detail: told.detail,
                sync: (row.mark != Mark::Accepted).then(|| words::sync_state(row.mark)),
                ..TimelineEntry::new(
                    at.to_string(),
                    told.icon,
                    told.title,
                    row.user_name,
                    format::moment(&access.zone, row.at, now),
                )
            }
        })
        .collect::<Vec<_>>();
    rsx! { Timeline { label: t!("tab-timeline"), entries } }
}

#[component]
pub fn Unsent(items: Vec<OutboxItem>) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let now = clock.peek();
    rsx! {
        ul { class: "sync-panel__items",
            for item in items {
                li {
                    key: "{item.command}",
                    class: "sync-item",
                    "data-testid": "unsent-row",
                    "data-mark": mark_code(item.mark),
                    div { class: "sync-item__head",
                        p { class: "sync-item__what", {words::command(&item.code)} }
                        SyncMark { state: words::sync_state(item.mark) }
                    }
                    p { class: "sync-item__summary", {item.summary.clone()} }
                    p { class: "sync-item__by", "{format::moment(&access.zone, item.at, now)} · {item.user_name}" }
                    if let Some(refusal) = &item.refusal {
                        p { class: "sync-item__refusal",
                            Icon { name: IconName::Block }
                            span { {words::refusal(refusal)} }
                        }
                    }
                }
            }
        }
    }
}
