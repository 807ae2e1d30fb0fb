//! Why work stops: one tile, and a note where the tile does not say it all.

use dioxus::prelude::*;
use shared_model::host::ReasonChoice;
use shared_model::ids::ReasonId;

use super::report_sheet::tile;
use crate::components::{Button, ButtonSize, ButtonVariant, IconName, ReasonTiles, Sheet, TextField};
use crate::t;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub reason: Option<ReasonId>,
    pub note: String,
}

#[component]
pub fn PauseSheet(
    open: bool,
    subtitle: String,
    reasons: Vec<ReasonChoice>,
    busy: bool,
    on_save: EventHandler<Pause>,
    on_close: EventHandler<()>,
) -> Element {
    rsx! {
        Sheet { open, on_close, title: t!("pause-title"), subtitle,
            PauseBody { reasons, busy, on_save }
        }
    }
}

#[component]
fn PauseBody(reasons: Vec<ReasonChoice>, busy: bool, on_save: EventHandler<Pause>) -> Element {
    let mut chosen = use_signal(|| None::<String>);
    let mut note = use_signal(String::new);
    let known = reasons.clone();
    let save = use_callback(move |()| {
        if busy {
            return;
        }
        let code = chosen.peek().clone();
        let reason = known.iter().find(|reason| Some(&reason.code) == code.as_ref()).map(|reason| reason.id);
        on_save.call(Pause { reason, note: note.peek().trim().to_owned() });
    });
    // Without a word nobody knows later why it stood still.
    let is_said = chosen.read().is_some() || !note.read().trim().is_empty();
    rsx! {
        div { class: "pause",
            ReasonTiles {
                label: t!("pause-why"),
                tiles: reasons.iter().map(tile).collect::<Vec<_>>(),
                selected: chosen(),
                on_select: move |id| chosen.set(Some(id)),
            }
            TextField {
                label: t!("pause-note"),
                name: "pause-note",
                value: note(),
                maxlength: 500,
                autocomplete: "off",
                on_input: move |text| note.set(text),
                on_enter: move |()| {
                    if is_said {
                        save.call(());
                    }
                },
            }
            div { class: "report__actions",
                Button {
                    variant: ButtonVariant::Primary,
                    size: ButtonSize::Dock,
                    icon: IconName::Pause,
                    busy,
                    disabled: !is_said,
                    "data-testid": "pause-save",
                    onclick: move |_| save.call(()),
                    {t!("pause-save")}
                }
            }
        }
    }
}
