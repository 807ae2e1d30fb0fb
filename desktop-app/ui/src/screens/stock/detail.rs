//! One material: where it lies, what moved it, and moving it.

use dioxus::prelude::*;
use shared_model::host::{Mark, MovementRow, Movements, StockDetail, StockOf as StockQuery, StockPlace};
use shared_model::ids::MaterialId;
use shared_model::policy::Action;
use shared_model::quantity::Amount;
use shared_model::stock::{MovementKind, StockStatus};
use shared_model::time::Timestamp;

use super::move_form::MoveKind;
use super::move_sheet::{MoveSheet, place_title};
use crate::components::{
    Button, ButtonVariant, Card, Column, DataTable, EmptyState, Icon, IconName, LoadingShape, Row, SyncMark,
    SyncState, cell_text,
};
use crate::dom::Zone;
use crate::routes::Route;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_clock, use_pages, use_view};
use crate::t;

const PAGE: u32 = 50;

#[component]
pub fn StockOf(material: MaterialId) -> Element {
    rsx! { DetailOf { key: "{material}", material } }
}

#[component]
fn DetailOf(material: MaterialId) -> Element {
    let face = use_view(StockQuery { material });
    if let Some(other) = unready(&face, LoadingShape::Lines, 8) {
        return other;
    }
    let Face::Ready(detail) = face else { return rsx! {} };
    rsx! { Detail { detail } }
}

#[component]
fn Detail(detail: StockDetail) -> Element {
    let navigator = use_navigator();
    let access = use_access();
    let mut moving = use_signal(|| None::<MoveKind>);
    let row = detail.row.clone();
    let mark = words::sync_state(row.mark);
    let buttons = [
        (Action::MoveStock, MoveKind::Receive, "stock-receive", IconName::Plus, t!("receive-title")),
        (Action::MoveStock, MoveKind::Issue, "stock-issue", IconName::Minus, t!("issue-title")),
        (Action::MoveStock, MoveKind::Transfer, "stock-transfer", IconName::Move, t!("transfer-title")),
        (Action::AdjustStock, MoveKind::Adjust, "stock-adjust", IconName::Edit, t!("adjust-title")),
    ];
    rsx! {
        div { class: "order-head",
            Button {
                variant: ButtonVariant::Quiet,
                icon: IconName::ChevronLeft,
                label: t!("back-to-stock"),
                "data-testid": "back",
                onclick: move |_| {
                    navigator.push(Route::Stock {});
                },
            }
            div { class: "order-head__titles",
                p { class: "order-head__line",
                    span { class: "order-head__number", {row.number.clone()} }
                    if mark != SyncState::Accepted {
                        SyncMark { state: mark }
                    }
                }
                h1 { class: "order-head__what", {row.name.clone()} }
            }
            div { class: "order-head__actions",
                for (action, kind, name, icon, word) in buttons {
                    if access.may(action) {
                        Button {
                            key: "{name}",
                            icon,
                            "data-testid": name,
                            onclick: move |_| moving.set(Some(kind)),
                            {word}
                        }
                    }
                }
            }
        }
        Card {
            div { class: "order-figures",
                dl { class: "order-figure",
                    dt { {t!("column-on-hand")} }
                    dd {
                        span { class: "order-figure__value", "data-testid": "stock-on-hand", "data-value": "{row.on_hand}", {format::amount(row.on_hand)} }
                        span { class: "order-figure__unit", " {row.unit}" }
                    }
                }
                dl { class: "order-figure",
                    dt { {t!("column-available")} }
                    dd {
                        span { class: "order-figure__value", {format::amount(row.available)} }
                        span { class: "order-figure__unit", " {row.unit}" }
                    }
                }
                dl { class: "order-figure",
                    dt { {t!("column-minimum")} }
                    dd {
                        span { class: "order-figure__value", {format::amount(row.minimum)} }
                        span { class: "order-figure__unit", " {row.unit}" }
                    }
                }
            }
            if row.is_below_minimum {
                p { class: "stock-low",
                    Icon { name: IconName::Alert }
                    {t!("stock-below-minimum")}
                }
            }
        }
        Card { title: t!("stock-places"), flush: true,
            DataTable {
                label: t!("stock-places"),
                columns: place_columns(),
                rows: detail.places.iter().enumerate().map(|(at, place)| place_row(at, place, &row.unit)).collect::<Vec<_>>(),
                empty: rsx! { EmptyState { icon: IconName::Box, title: t!("stock-nowhere"), text: t!("stock-nowhere-text") } },
            }
        }
        MovementList { material: row.material, archived: detail.archived, unit: row.unit.clone() }
        MoveSheet { detail, kind: moving(), on_close: move |()| moving.set(None) }
    }
}

fn place_columns() -> Vec<Column> {
    vec![
        Column::new("place", t!("column-place")),
        Column::new("status", t!("column-status")).width("12em"),
        Column::new("on_hand", t!("column-on-hand")).number().width("12em"),
    ]
}

fn place_row(at: usize, place: &StockPlace, unit: &str) -> Row {
    let cells = vec![
        cell_text(place_title(place)),
        cell_text(words::stock_status(place.status)),
        cell_text(format::quantity(place.on_hand, unit)),
    ];
    let mut row = Row::new(at.to_string(), cells).named("stock-place");
    row.is_alarming = place.on_hand.is_negative() || place.status == StockStatus::Rejected;
    row
}

fn movements(material: &MaterialId, after: Option<String>) -> Movements {
    Movements { material: Some(*material), location: None, after, limit: PAGE }
}

#[component]
fn MovementList(material: MaterialId, archived: Option<Amount>, unit: String) -> Element {
    let (access, clock) = (use_access(), use_clock());
    let pages = use_pages(material, movements);
    let (rows, has_more) = match &pages.face {
        Face::Ready(page) => (page.items.clone(), page.next.is_some()),
        Face::Loading | Face::Failed(_) => (Vec::new(), false),
    };
    let now = clock.peek();
    rsx! {
        Card { title: t!("stock-movements"), flush: true,
            DataTable {
                label: t!("stock-movements"),
                columns: movement_columns(),
                rows: rows.iter().map(|row| movement_row(row, &access.zone, now)).collect::<Vec<_>>(),
                loading: pages.face.is_loading(),
                empty: rsx! { EmptyState { icon: IconName::Move, title: t!("stock-no-movements"), text: t!("stock-no-movements-text") } },
                on_more: has_more.then(|| {
                    let pages = pages.clone();
                    EventHandler::new(move |()| pages.more())
                }),
            }
            if let Some(amount) = archived {
                p { class: "stock-archived", "data-testid": "stock-archived",
                    {t!("stock-archived", amount = format!("{} {unit}", format::signed(amount)))}
                }
            }
        }
    }
}

fn movement_columns() -> Vec<Column> {
    vec![
        Column::new("at", t!("column-when")).width("15em"),
        Column::new("what", t!("column-movement")).width("11em"),
        Column::new("amount", t!("column-amount")).number().width("9em"),
        Column::new("place", t!("column-place")),
        Column::new("why", t!("column-reference")),
        Column::new("who", t!("column-who")).width("11em"),
        Column::new("sync", t!("column-sync")).width("3em"),
    ]
}

fn movement_icon(kind: MovementKind) -> IconName {
    match kind {
        MovementKind::Receipt | MovementKind::Output => IconName::Plus,
        MovementKind::Issue | MovementKind::Backflush => IconName::Minus,
        MovementKind::TransferIn | MovementKind::TransferOut => IconName::Move,
        MovementKind::Adjustment => IconName::Edit,
        MovementKind::Unknown => IconName::Info,
    }
}

fn movement_row(row: &MovementRow, zone: &Zone, now: Timestamp) -> Row {
    let mark = row.mark;
    let icon = if row.is_reversal { IconName::Undo } else { movement_icon(row.movement) };
    let word = if row.is_reversal {
        t!("movement-reversed", movement = words::movement(row.movement))
    } else {
        words::movement(row.movement)
    };
    let place = StockPlace {
        location: None,
        location_path: row.location_path.clone(),
        lot: row.lot.clone(),
        serial: row.serial.clone(),
        status: StockStatus::Ok,
        on_hand: row.amount,
    };
    let why: Vec<String> =
        [&row.reference, &row.note].into_iter().filter(|text| !text.is_empty()).cloned().collect();
    let amount = format!("{} {}", format::signed(row.amount), row.unit);
    let cells = vec![
        cell_text(format::moment(zone, row.at, now)),
        rsx! {
            span { class: "movement",
                Icon { name: icon }
                {word}
            }
        },
        cell_text(amount),
        cell_text(place_title(&place)),
        cell_text(why.join(" · ")),
        cell_text(row.user_name.clone()),
        if mark == Mark::Accepted {
            rsx! {}
        } else {
            rsx! { SyncMark { state: words::sync_state(mark), compact: true } }
        },
    ];
    let mut table_row = Row::new(row.id.to_string(), cells).named("movement-row");
    table_row.is_pending = mark != Mark::Accepted;
    table_row
}
