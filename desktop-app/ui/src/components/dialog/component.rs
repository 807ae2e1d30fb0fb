use dioxus::prelude::*;

use crate::components::button::{Button, ButtonVariant};
use crate::components::icon::{Icon, IconName};
use crate::components::modal::Modal;
use crate::components::text_field::TextField;
use crate::dom::use_id;
use crate::t;

/// Asks, and does nothing until answered. With `typed`, the answer is possible only once that word was
/// typed: for what cannot be undone.
#[component]
pub fn Dialog(
    open: bool,
    title: String,
    /// The verb, never "OK".
    confirm: String,
    /// Default: "Cancel".
    cancel: Option<String>,
    #[props(default)] danger: bool,
    /// There is one way out: no cancel button, and Escape does not close it.
    #[props(default)]
    must: bool,
    #[props(default)] busy: bool,
    /// For a question whose own fields are not filled in yet.
    #[props(default)]
    disabled: bool,
    typed: Option<String>,
    on_confirm: EventHandler<()>,
    on_cancel: EventHandler<()>,
    children: Element,
) -> Element {
    let title_id = use_id("dialog-title");
    let text_id = format!("{title_id}-text");
    rsx! {
        Modal {
            open,
            on_close: on_cancel,
            class: "dialog",
            labelled_by: title_id.clone(),
            described_by: text_id.clone(),
            alert: danger || must,
            DialogBody { title, title_id, text_id, confirm, cancel, danger, must, busy, disabled, typed, on_confirm, on_cancel, {children} }
        }
    }
}

/// Mounted only while open, so that a typed word is gone at the next question.
#[component]
fn DialogBody(
    title: String,
    title_id: String,
    text_id: String,
    confirm: String,
    cancel: Option<String>,
    danger: bool,
    must: bool,
    busy: bool,
    disabled: bool,
    typed: Option<String>,
    on_confirm: EventHandler<()>,
    on_cancel: EventHandler<()>,
    children: Element,
) -> Element {
    let mut answer = use_signal(String::new);
    let is_typed = typed.as_ref().is_none_or(|word| answer.read().trim() == word);
    rsx! {
        form {
            class: "dialog__form",
            onsubmit: move |event| {
                event.prevent_default();
                if is_typed && !disabled && !busy {
                    on_confirm.call(());
                }
            },
            h2 { class: "dialog__title", id: title_id,
                if danger {
                    Icon { name: IconName::Alert, class: "dialog__icon" }
                }
                {title}
            }
            div { class: "dialog__text", id: text_id, {children} }
            if let Some(word) = typed {
                TextField {
                    label: t!("dialog-type-to-confirm", word = word.as_str()),
                    value: answer(),
                    autocomplete: "off",
                    name: "dialog-typed",
                    on_input: move |text| answer.set(text),
                }
            }
            div { class: "dialog__actions",
                if !must {
                    Button { "data-testid": "dialog-cancel", onclick: move |_| on_cancel.call(()),
                        {cancel.unwrap_or_else(|| t!("action-cancel"))}
                    }
                }
                Button {
                    variant: if danger { ButtonVariant::Danger } else { ButtonVariant::Primary },
                    submit: true,
                    busy,
                    disabled: disabled || !is_typed,
                    "data-testid": "dialog-confirm",
                    {confirm}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn a_typed_confirmation_is_closed_until_the_word_is_there() {
        let markup = html(move || {
            rsx! {
                Dialog { open: true, title: "Discard?", confirm: "Discard", typed: "WO-7", danger: true,
                    on_confirm: |()| {}, on_cancel: |()| {}, "3 reports" }
            }
        });
        assert!(markup.contains(r#"role="alertdialog""#), "{markup}");
        assert!(markup.contains("disabled"), "{markup}");
    }
}
