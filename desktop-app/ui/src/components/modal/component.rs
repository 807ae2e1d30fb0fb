use dioxus::core::use_drop;
use dioxus::prelude::*;

use crate::dom::{self, use_id};

/// Stays mounted while closed; its children exist only while it is open, so their state starts afresh.
#[component]
pub fn Modal(
    open: bool,
    on_close: EventHandler<()>,
    /// The look of the panel: the class of the component that uses it.
    class: String,
    labelled_by: String,
    described_by: Option<String>,
    /// Interrupts with a question that must be answered: the scrim does not close it.
    #[props(default)]
    alert: bool,
    children: Element,
) -> Element {
    let id = use_id("modal");
    let panel_id = format!("{id}-panel");
    use_effect(use_reactive((&open, &id, &panel_id), |(open, id, panel_id)| {
        if open {
            dom::show_modal(&id);
            dom::focus_first_in(&panel_id);
        } else {
            dom::close_modal(&id);
        }
    }));
    // A parent that takes an open modal away still owes the focus to where it came from.
    use_drop({
        let id = id.clone();
        move || dom::close_modal(&id)
    });
    rsx! {
        dialog {
            class: "modal",
            id,
            role: if alert { "alertdialog" } else { "dialog" },
            "data-look": class.clone(),
            "aria-modal": "true",
            "aria-labelledby": labelled_by,
            "aria-describedby": described_by,
            oncancel: move |event| {
                event.prevent_default();
                on_close.call(());
            },
            onkeydown: move |event| {
                event.stop_propagation();
                if event.key() == Key::Escape {
                    event.prevent_default();
                    on_close.call(());
                }
            },
            onclick: move |event| {
                event.stop_propagation();
                if !alert {
                    on_close.call(());
                }
            },
            if open {
                div {
                    class: "modal__panel {class}",
                    id: panel_id,
                    onclick: move |event| event.stop_propagation(),
                    {children}
                }
            }
        }
    }
}
