//! Work orders in columns by state. Moving a card is a command, and may be refused.

use dioxus::prelude::*;
use shared_model::host::{Mark, OrderBoard, OrderRow};
use shared_model::ids::WorkOrderId;
use shared_model::policy::Action;
use shared_model::time::Date;
use shared_model::work_order::Stage;

use super::action::{ActionDialog, OrderAction};
use super::create::CreateSheet;
use super::table::{due_cell, what};
use crate::components::{
    Board as BoardView, BoardCard, BoardColumn, BoardMove, Button, ButtonVariant, IconName, LoadingShape,
    ProgressBar, SearchField, SyncMark,
};
use crate::routes::Route;
use crate::screens::newer::UpdateMark;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, use_access, use_clock, use_order_filter, use_view};
use crate::t;

/// Per column; the head tells how many there are in all.
const SHOWN: u32 = 30;

/// What moving from one state to another means; none where no way leads.
pub fn action_between(from: Stage, to: Stage) -> Option<OrderAction> {
    match (from, to) {
        (Stage::Planned, Stage::Released) => Some(OrderAction::Release),
        (Stage::InProgress, Stage::Paused) => Some(OrderAction::Pause),
        (Stage::Paused, Stage::InProgress) => Some(OrderAction::Resume),
        (Stage::InProgress, Stage::Completed) => Some(OrderAction::Complete),
        (Stage::Paused, Stage::Completed) => Some(OrderAction::ShortClose),
        (from, Stage::Cancelled) if from.is_open() => Some(OrderAction::Cancel),
        _ => None,
    }
}

#[component]
pub fn Board() -> Element {
    let access = use_access();
    let mut filter = use_order_filter();
    let clock = use_clock();
    let navigator = use_navigator();
    let mut acting = use_signal(|| None::<(WorkOrderId, OrderAction)>);
    let mut is_creating = use_signal(|| false);
    let zone = access.zone.clone();
    let today = use_memo(move || zone.date(clock.now()));
    let face = use_view(OrderBoard { search: filter.search().trim().to_owned(), limit: SHOWN });
    let may_direct = access.may(Action::DirectWork);
    rsx! {
        div { class: "toolbar",
            SearchField {
                label: t!("orders-search"),
                placeholder: t!("orders-search"),
                id: "orders-search",
                key_hint: "/",
                value: filter.search(),
                on_input: move |text| filter.search_for(text),
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
        if let Some(other) = unready(&face, LoadingShape::Cards, 6) {
            {other}
        }
        if let Face::Ready(board) = face {
            BoardView {
                label: t!("area-board"),
                columns: board
                    .columns
                    .iter()
                    .map(|column| BoardColumn {
                        id: column.stage.code().to_owned(),
                        title: words::stage(column.stage),
                        state: Some(words::badge(column.stage)),
                        cards: column.rows.iter().map(|row| card(row, today(), may_direct)).collect(),
                        total: Some(u64::from(column.total)),
                    })
                    .collect::<Vec<_>>(),
                on_open: move |id: String| {
                    if let Ok(order) = id.parse() {
                        navigator.push(Route::OrderOf { order });
                    }
                },
                on_move: {
                    let rows: Vec<(WorkOrderId, Stage)> = board
                        .columns
                        .iter()
                        .flat_map(|column| column.rows.iter().map(|row| (row.id, row.stage)))
                        .collect();
                    move |moved: BoardMove| {
                        let (Ok(order), Some(to)) = (moved.card.parse::<WorkOrderId>(), Stage::of_code(&moved.to)) else { return };
                        let from = rows.iter().find(|(id, _)| *id == order).map(|(_, stage)| *stage);
                        if let Some(action) = from.and_then(|from| action_between(from, to)) {
                            acting.set(Some((order, action)));
                        }
                    }
                },
            }
        }
        if let Some((order, action)) = acting() {
            ActionDialog { key: "{order}", order, action, on_done: move |()| acting.set(None) }
        }
        CreateSheet { open: is_creating(), on_close: move |()| is_creating.set(false) }
    }
}

fn card(row: &OrderRow, today: Date, may_direct: bool) -> BoardCard {
    let may_direct = may_direct && !row.needs_update;
    let moves = Stage::ALL.into_iter().filter(|to| may_direct && action_between(row.stage, *to).is_some());
    let order = row.clone();
    let body = rsx! { CardBody { row: order, today } };
    BoardCard {
        href: Some(Route::OrderOf { order: row.id }.to_string()),
        moves: moves.map(|stage| stage.code().to_owned()).collect(),
        is_alarming: row.is_late && row.stage.is_open() && !row.needs_update,
        is_pending: row.mark != Mark::Accepted,
        ..BoardCard::new(row.id.to_string(), row.number.clone(), body)
    }
}

#[component]
fn CardBody(row: OrderRow, today: Date) -> Element {
    if row.needs_update {
        return rsx! {
            p { class: "order-card__what", {what(&row)} }
            UpdateMark {}
        };
    }
    rsx! {
        p { class: "order-card__what", {what(&row)} }
        p { class: "order-card__done",
            span { {t!("done-of", done = format::amount(row.output.good), ordered = format::quantity(row.ordered, &row.unit))} }
            if row.mark != Mark::Accepted {
                SyncMark { state: words::sync_state(row.mark), compact: true }
            }
        }
        ProgressBar {
            done: format::share(row.output.good),
            ordered: format::share(row.ordered),
            scrap: format::share(row.output.scrap),
            label: t!("progress-of", number = row.number.as_str()),
            text: words::output(row.output),
        }
        p { class: "order-card__foot",
            if row.due_on.is_some() {
                {due_cell(&row, today)}
            }
            span { {row.assignee_name.clone()} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_leads_out_of_a_closed_order() {
        for from in [Stage::Completed, Stage::Cancelled] {
            assert!(Stage::ALL.into_iter().all(|to| action_between(from, to).is_none()), "{from}");
        }
    }

    #[test]
    fn every_open_order_can_be_cancelled_and_none_can_be_unreleased() {
        for from in Stage::ALL.into_iter().filter(|stage| stage.is_open()) {
            assert_eq!(action_between(from, Stage::Cancelled), Some(OrderAction::Cancel), "{from}");
            assert_eq!(action_between(from, Stage::Planned), None, "{from}");
        }
    }
}
