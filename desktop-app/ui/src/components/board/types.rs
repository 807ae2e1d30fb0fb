use dioxus::prelude::*;

use crate::components::state_badge::BadgeState;

#[derive(Clone, PartialEq)]
pub struct BoardColumn {
    pub id: String,
    pub title: String,
    /// The look of the head.
    pub state: Option<BadgeState>,
    pub cards: Vec<BoardCard>,
    /// How many there are, when not all of them are here.
    pub total: Option<u64>,
}

#[derive(Clone, PartialEq)]
pub struct BoardCard {
    /// What `on_open` and `on_move` emit.
    pub id: String,
    /// Names the card in its menu and for assistive technology.
    pub label: String,
    pub href: Option<String>,
    pub body: Element,
    /// The columns that it may go to from where it is.
    pub moves: Vec<String>,
    pub is_alarming: bool,
    /// Not accepted by the server yet.
    pub is_pending: bool,
}

impl BoardCard {
    pub fn new(id: impl Into<String>, label: impl Into<String>, body: Element) -> Self {
        BoardCard {
            id: id.into(),
            label: label.into(),
            href: None,
            body,
            moves: Vec::new(),
            is_alarming: false,
            is_pending: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardMove {
    pub card: String,
    pub to: String,
}
