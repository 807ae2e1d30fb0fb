use dioxus::prelude::*;

use super::types::{BoardCard, BoardColumn, BoardMove};
use crate::components::icon::{Icon, IconName};
use crate::components::link::is_plain_click;
use crate::components::menu::{Menu, MenuItem};
use crate::{i18n, t};

/// What is being dragged, and where it may go.
#[derive(Clone, PartialEq)]
struct Dragged {
    card: String,
    moves: Vec<String>,
}

/// Emits wishes: whether a card moves is decided by the command that follows.
#[component]
pub fn Board(
    label: String,
    columns: Vec<BoardColumn>,
    on_open: EventHandler<String>,
    on_move: Option<EventHandler<BoardMove>>,
) -> Element {
    let mut dragged = use_signal(|| None::<Dragged>);
    let titles: Vec<(String, String)> =
        columns.iter().map(|column| (column.id.clone(), column.title.clone())).collect();
    let drop_on = use_callback(move |to: String| {
        let Some(card) = dragged.take() else { return };
        if let Some(on_move) = on_move
            && card.moves.contains(&to)
        {
            on_move.call(BoardMove { card: card.card, to });
        }
    });
    rsx! {
        div { class: "board", role: "group", "aria-label": label,
            for column in columns {
                section {
                    key: "{column.id}",
                    class: "board__column",
                    "data-testid": "board-column-{column.id}",
                    "aria-label": column.title.clone(),
                    "data-accepts": dragged.read().as_ref().map(|card| if card.moves.contains(&column.id) { "true" } else { "false" }),
                    ondragover: {
                        let id = column.id.clone();
                        move |event: DragEvent| {
                            if dragged.read().as_ref().is_some_and(|card| card.moves.contains(&id)) {
                                event.prevent_default();
                            }
                        }
                    },
                    ondrop: {
                        let id = column.id.clone();
                        move |event: DragEvent| {
                            event.prevent_default();
                            drop_on.call(id.clone());
                        }
                    },
                    header { class: "board__head",
                        if let Some(state) = column.state {
                            Icon { name: state.icon() }
                        }
                        h3 { class: "board__title", {column.title.clone()} }
                        span { class: "board__count",
                            {i18n::number(&column.total.unwrap_or(column.cards.len() as u64).to_string())}
                        }
                    }
                    ul { class: "board__cards",
                        for card in column.cards {
                            Card {
                                key: "{card.id}",
                                card: card.clone(),
                                titles: titles.clone(),
                                on_open,
                                on_move,
                                on_drag: move |card| dragged.set(card),
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Card(
    card: BoardCard,
    titles: Vec<(String, String)>,
    on_open: EventHandler<String>,
    on_move: Option<EventHandler<BoardMove>>,
    on_drag: EventHandler<Option<Dragged>>,
) -> Element {
    let is_movable = on_move.is_some() && !card.moves.is_empty();
    let items: Vec<MenuItem> = titles
        .into_iter()
        .filter(|(id, _)| card.moves.contains(id))
        .map(|(id, title)| MenuItem::new(id, title).with_icon(IconName::ArrowRight))
        .collect();
    let (id, opened) = (card.id.clone(), card.id.clone());
    let carried = Dragged { card: card.id.clone(), moves: card.moves };
    rsx! {
        li {
            class: "board__card",
            "data-testid": "board-card-{card.label}",
            draggable: is_movable.then_some("true"),
            "data-alarm": card.is_alarming.then_some("true"),
            "data-pending": card.is_pending.then_some("true"),
            ondragstart: move |_| on_drag.call(Some(carried.clone())),
            ondragend: move |_| on_drag.call(None),
            a {
                class: "board__link",
                href: card.href.unwrap_or_else(|| "#".to_owned()),
                draggable: "false",
                onclick: move |event: MouseEvent| {
                    if is_plain_click(&event) {
                        event.prevent_default();
                        on_open.call(opened.clone());
                    }
                },
                {card.label.clone()}
            }
            if is_movable {
                span { class: "board__menu",
                    Menu {
                        label: t!("board-move", card = card.label.as_str()),
                        icon: IconName::More,
                        items,
                        on_select: move |to| {
                            if let Some(on_move) = on_move {
                                on_move.call(BoardMove { card: id.clone(), to });
                            }
                        },
                    }
                }
            }
            div { class: "board__body", {card.body} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn a_card_can_be_moved_without_dragging() {
        let mut card = BoardCard::new("1", "WO-1", rsx! { "Chair" });
        card.moves = vec!["released".into()];
        let column = |id: &str, title: &str, cards: Vec<BoardCard>| BoardColumn {
            id: id.into(),
            title: title.into(),
            state: None,
            cards,
            total: None,
        };
        let columns = vec![column("planned", "Planned", vec![card]), column("released", "Released", vec![])];
        let markup =
            html(move || rsx! { Board { label: "Orders", columns, on_open: |_| {}, on_move: |_| {} } });
        assert!(markup.contains(r#"role="menuitem""#), "{markup}");
        assert_eq!(markup.matches("menu__item").count(), 1, "only to where it may go");
    }
}
