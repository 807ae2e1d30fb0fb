//! The supervisor's page: banner, filters, table, board, detail.

use dioxus::prelude::*;

use crate::components::{
    BadgeState, Banner, BannerKind, Board, BoardCard, BoardColumn, Button, ButtonVariant, Card, Column,
    DataTable, DateField, EmptyState, IconName, Loading, LoadingShape, Menu, MenuItem, ProgressBar, Row,
    SearchField, Select, SelectOption, Sort, StateBadge, SyncMark, SyncState, Tab, Tabs, TextField, Timeline,
    TimelineEntry, cell_number, cell_text,
};

const STATES: [BadgeState; 6] = [
    BadgeState::Planned,
    BadgeState::Released,
    BadgeState::Running,
    BadgeState::Paused,
    BadgeState::Completed,
    BadgeState::Cancelled,
];

#[component]
pub fn Office() -> Element {
    let mut search = use_signal(String::new);
    let mut tab = use_signal(|| "table".to_owned());
    rsx! {
        Banner { kind: BannerKind::Stale, title: "As of 12:02 (2 h)", text: "This computer is offline; figures may have moved." }
        div { style: "display:flex;flex-wrap:wrap;gap:8px;align-items:center",
            SearchField { label: "Search orders", placeholder: "Number, product, customer", value: search(), key_hint: "/",
                on_input: move |text| search.set(text) }
            div { style: "width:160px",
                Select { label: "State", hide_label: true, value: "", placeholder: "Any state",
                    options: vec![SelectOption::new("running", "Running"), SelectOption::new("paused", "Paused")], on_change: |_| {} }
            }
            div { style: "margin-inline-start:auto;display:flex;gap:8px",
                Button { icon: IconName::Download, "Export" }
                Button { variant: ButtonVariant::Primary, icon: IconName::Plus, "New order" }
            }
        }
        Tabs {
            label: "Orders as",
            tabs: vec![Tab::new("table", "Table").with_count(1_204), Tab::new("board", "Board"), Tab::new("empty", "Empty"), Tab::new("form", "Form")],
            selected: tab(),
            on_select: move |id| tab.set(id),
            match tab().as_str() {
                "board" => rsx! { OrderBoard {} },
                "empty" => rsx! { Empty {} },
                "form" => rsx! { Form {} },
                _ => rsx! { OrderTable {} },
            }
        }
        Card { title: "What happened",
            Timeline { label: "What happened", entries: history() }
        }
    }
}

#[component]
fn OrderTable() -> Element {
    let mut sort = use_signal(|| Sort { column: "number".into(), descending: false });
    let columns = vec![
        Column::new("number", "Order").sortable().width("9em"),
        Column::new("product", "Product").sortable(),
        Column::new("state", "State").width("10em"),
        Column::new("good", "Good").number().width("6em"),
        Column::new("ordered", "Ordered").number().sortable().width("7em"),
        Column::new("progress", "Progress").width("10em"),
        Column::new("due", "Due").sortable().width("8em"),
        Column::new("sync", "Sync").hidden_label().width("8em"),
        Column::new("menu", "Actions").hidden_label().width("3em"),
    ];
    let rows: Vec<Row> = (0..9).map(|i| row(i, STATES[i % STATES.len()])).collect();
    rsx! {
        DataTable { label: "Orders", columns, rows, sort: sort(), on_sort: move |wanted| sort.set(wanted), on_open: |_| {} }
    }
}

fn row(i: usize, state: BadgeState) -> Row {
    let number = format!("WO-{}", 1042 + i);
    let (good, ordered) = (i * 137, 400 + i * 100);
    #[expect(clippy::cast_precision_loss, reason = "a picture of small numbers")]
    let bar = rsx! { ProgressBar { done: good as f64, ordered: ordered as f64, scrap: 12.0, label: "Progress", text: "{good} of {ordered}" } };
    let mut row = Row::new(
        number.clone(),
        vec![
            cell_text(number.clone()),
            cell_text(["Chair frame, beech", "Table leg, round, 720 mm", "Seat shell"][i % 3]),
            rsx! { StateBadge { state } },
            cell_number(&good.to_string()),
            cell_number(&ordered.to_string()),
            bar,
            cell_text("16 Oct"),
            rsx! { SyncMark { state: SyncState::ALL[i % 4] } },
            rsx! { Menu { label: "Actions for {number}", items: actions(), on_select: |_| {} } },
        ],
    )
    .href(format!("/orders/{number}"));
    row.is_pending = i.is_multiple_of(4);
    row.is_alarming = i % 4 == 3;
    row
}

fn actions() -> Vec<MenuItem> {
    let mut close = MenuItem::new("close", "Short close").with_icon(IconName::Flag);
    close.disabled_because = Some("Only while it is running or paused".into());
    vec![
        MenuItem::new("release", "Release").with_icon(IconName::ArrowRight),
        close,
        MenuItem::new("cancel", "Cancel order").with_icon(IconName::Cross).danger(),
    ]
}

#[component]
fn OrderBoard() -> Element {
    let columns: Vec<BoardColumn> = STATES[..4]
        .iter()
        .enumerate()
        .map(|(at, state)| BoardColumn {
            id: state.attribute().into(),
            title: state.word(),
            state: Some(*state),
            cards: (0..3 - at / 2).map(|i| board_card(at * 10 + i, *state)).collect(),
            total: None,
        })
        .collect();
    rsx! { Board { label: "Orders by state", columns, on_open: |_| {}, on_move: |_| {} } }
}

fn board_card(i: usize, state: BadgeState) -> BoardCard {
    let body = rsx! {
        p { "Chair frame, beech" }
        div { style: "display:flex;justify-content:space-between;color:var(--color-muted);margin-block:4px",
            span { "48 of 120" }
            span { "due 16 Oct" }
        }
        ProgressBar { done: 48.0, ordered: 120.0, scrap: 2.0, label: "Progress", text: "48 of 120" }
    };
    let mut card = BoardCard::new(i.to_string(), format!("WO-{}", 1042 + i), body);
    card.moves = match state {
        BadgeState::Planned => vec!["released".into()],
        BadgeState::Released => vec!["running".into()],
        _ => Vec::new(),
    };
    card.is_alarming = i == 1;
    card.is_pending = i == 10;
    card
}

#[component]
fn Empty() -> Element {
    rsx! {
        div { style: "display:grid;grid-template-columns:1fr 1fr;gap:16px",
            Card { EmptyState { icon: IconName::Clipboard, title: "No orders yet",
                text: "Create one, or import the ones from your ERP as CSV.",
                action: rsx! { Button { variant: ButtonVariant::Primary, icon: IconName::Plus, "New order" } } } }
            Card { title: "Loading", Loading { shape: LoadingShape::Rows, count: 4 } }
        }
    }
}

#[component]
fn Form() -> Element {
    let mut text = use_signal(String::new);
    rsx! {
        div { style: "display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:16px",
            TextField { label: "Customer", hint: "As on the invoice", value: text(), on_input: move |t| text.set(t), required: true }
            TextField { label: "Quantity", value: "12x", error: "A number, such as 12.5", on_input: |_| {} }
            DateField { label: "Due", value: "2026-10-16", on_input: |_| {} }
            Select { label: "Work center", value: "b", options: vec![SelectOption::new("a", "CNC-1"), SelectOption::new("b", "CNC-2")], on_change: |_| {} }
            TextField { label: "Locked", value: "by the routing", disabled: true, on_input: |_| {} }
        }
    }
}

fn history() -> Vec<TimelineEntry> {
    let entry = |id: &str, icon, title: &str, by: &str, at: &str| TimelineEntry::new(id, icon, title, by, at);
    let mut report = entry("1", IconName::Plus, "48 good, 2 scrap (burr)", "Ana López · CNC-2", "13:58");
    report.sync = Some(SyncState::SavedHere);
    report.action = Some(rsx! { Button { variant: ButtonVariant::Quiet, icon: IconName::Undo, "Undo" } });
    let mut voided = entry("2", IconName::Plus, "480 good", "Ana López · CNC-2", "13:57");
    voided.is_voided = true;
    voided.detail = Some("Taken back by Ana López: one zero too many".into());
    voided.sync = Some(SyncState::Accepted);
    vec![
        report,
        voided,
        entry("3", IconName::Play, "Started", "Ana López · CNC-2", "12:40"),
        entry("4", IconName::ArrowRight, "Released", "Piet de Vries", "08:05"),
    ]
}
