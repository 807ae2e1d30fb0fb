use dioxus::prelude::*;

use crate::components::button::{Button, ButtonVariant};
use crate::components::icon::IconName;
use crate::components::modal::Modal;
use crate::dom::use_id;
use crate::t;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SheetSide {
    /// Where thumbs are.
    #[default]
    Bottom,
    /// Beside a table that stays readable.
    Side,
}

#[component]
pub fn Sheet(
    open: bool,
    on_close: EventHandler<()>,
    title: String,
    subtitle: Option<String>,
    #[props(default)] side: SheetSide,
    /// Actions, always in sight below what scrolls.
    footer: Option<Element>,
    children: Element,
) -> Element {
    let title_id = use_id("sheet-title");
    let class = match side {
        SheetSide::Bottom => "sheet sheet--bottom",
        SheetSide::Side => "sheet sheet--side",
    };
    rsx! {
        Modal { open, on_close, class, labelled_by: title_id.clone(),
            header { class: "sheet__header",
                div { class: "sheet__titles",
                    h2 { class: "sheet__title", id: title_id, {title} }
                    if let Some(subtitle) = subtitle {
                        p { class: "sheet__subtitle", {subtitle} }
                    }
                }
                Button {
                    variant: ButtonVariant::Quiet,
                    icon: IconName::Cross,
                    label: t!("action-close"),
                    "data-testid": "sheet-close",
                    key_hint: "Esc",
                    onclick: move |_| on_close.call(()),
                }
            }
            div { class: "sheet__body", "data-first-focus": "true", {children} }
            if let Some(footer) = footer {
                footer { class: "sheet__footer", {footer} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::html;

    #[test]
    fn a_sheet_is_a_modal_dialog_named_by_its_title() {
        let markup = html(move || {
            rsx! {
                Sheet { open: true, title: "Report", on_close: |()| {}, "content" }
            }
        });
        let id = markup.split(r#"aria-labelledby=""#).nth(1).unwrap().split('"').next().unwrap();
        assert!(markup.contains(r#"aria-modal="true""#), "{markup}");
        assert!(markup.contains(&format!(r#"id="{id}">Report"#)), "{markup}");
    }

    #[test]
    fn a_closed_sheet_holds_nothing() {
        let markup = html(move || {
            rsx! {
                Sheet { open: false, title: "Report", on_close: |()| {}, "content" }
            }
        });
        assert!(!markup.contains("content") && !markup.contains("Report"), "{markup}");
    }
}
