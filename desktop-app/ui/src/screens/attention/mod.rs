//! The Attention inbox: what the server refused, for the person who entered it to decide what becomes
//! of it. Nothing here is lost until somebody types that it may be.

use dioxus::prelude::*;
use shared_model::command::Command;
use shared_model::host::{Attention as AttentionQuery, AttentionRow, Request};
use shared_model::ids::CommandId;

use self::card::EntryCard;
use self::edit::EditReport;
use crate::components::{Dialog, EmptyState, IconName, LoadingShape, TextField, TextKind};
use crate::screens::shell::unready;
use crate::state::{Face, use_acts, use_view};
use crate::t;

mod card;
mod edit;

/// What the person is asked before something happens.
#[derive(Clone, Debug, PartialEq)]
enum Asking {
    Nothing,
    Edit(Box<AttentionRow>),
    HandOver(CommandId),
    Discard(Box<AttentionRow>),
}

/// What a card's buttons wish for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Edit,
    Resend,
    HandOver,
    Discard,
}

#[component]
pub fn Attention() -> Element {
    let face = use_view(AttentionQuery {});
    let mut asking = use_signal(|| Asking::Nothing);
    let acts = use_acts();
    let mut decide = move |row: AttentionRow, wish: Wish| match wish {
        Wish::Edit => asking.set(Asking::Edit(Box::new(row))),
        Wish::Resend => {
            acts.ask(Request::Resend { command: row.item.command, edited: None }, t!("attention-resent"));
        }
        Wish::HandOver => asking.set(Asking::HandOver(row.item.command)),
        Wish::Discard => asking.set(Asking::Discard(Box::new(row))),
    };
    rsx! {
        header { class: "page-head",
            h1 { class: "page-head__title", {t!("attention-title")} }
            p { class: "page-head__text", {t!("attention-text")} }
        }
        if let Some(other) = unready(&face, LoadingShape::Cards, 2) {
            {other}
        }
        if let Face::Ready(rows) = face {
            if rows.is_empty() {
                div { "data-testid": "attention-empty",
                    EmptyState { icon: IconName::CheckCircle, title: t!("attention-empty"), text: t!("attention-empty-text") }
                }
            }
            ul { class: "attention",
                for row in rows {
                    li { key: "{row.item.command}",
                        EntryCard { row: row.clone(), on_wish: move |wish| decide(row.clone(), wish) }
                    }
                }
            }
        }
        Questions { asking: asking(), on_done: move |()| asking.set(Asking::Nothing) }
    }
}

#[component]
fn Questions(asking: Asking, on_done: EventHandler<()>) -> Element {
    let acts = use_acts();
    match asking {
        Asking::Nothing => rsx! {},
        Asking::Edit(row) => rsx! {
            EditReport {
                row: *row.clone(),
                on_close: on_done,
                on_save: move |edited: Command| {
                    let command = row.item.command;
                    acts.ask(Request::Resend { command, edited: Some(edited) }, t!("attention-resent"));
                    on_done.call(());
                },
            }
        },
        Asking::HandOver(command) => rsx! {
            HandOverDialog { command, on_done }
        },
        Asking::Discard(row) => rsx! {
            Dialog {
                open: true,
                danger: true,
                title: t!("discard-title", what = row.item.summary.as_str()),
                confirm: t!("discard-confirm"),
                typed: t!("discard-word"),
                on_cancel: on_done,
                on_confirm: move |()| {
                    acts.ask(Request::DiscardRefused { command: row.item.command }, t!("attention-discarded"));
                    on_done.call(());
                },
                {t!("discard-text")}
            }
        },
    }
}

#[component]
fn HandOverDialog(command: CommandId, on_done: EventHandler<()>) -> Element {
    let acts = use_acts();
    let mut note = use_signal(String::new);
    rsx! {
        Dialog {
            open: true,
            title: t!("hand-over-title"),
            confirm: t!("hand-over"),
            on_cancel: on_done,
            on_confirm: move |()| {
                let note = note.peek().trim().to_owned();
                acts.ask(Request::HandOver { command, note }, t!("hand-over-done"));
                on_done.call(());
            },
            p { {t!("hand-over-text")} }
            TextField {
                label: t!("hand-over-note"),
                name: "hand-over-note",
                kind: TextKind::Multiline,
                value: note(),
                maxlength: 500,
                on_input: move |text| note.set(text),
            }
        }
    }
}
