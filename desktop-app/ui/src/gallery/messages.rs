//! What speaks up: banners, toasts, dialogs, sheets.

use dioxus::prelude::*;

use super::Shelf;
use crate::components::{
    Banner, BannerKind, Button, ButtonVariant, Card, Dialog, EmptyState, IconName, Loading, LoadingShape,
    Sheet, SheetSide, Toast, ToastTone, use_toasts,
};
use crate::dom;

#[component]
pub fn Messages() -> Element {
    let mut toasts = use_toasts();
    let mut asks = use_signal(|| dom::query().contains("dialog"));
    let mut is_beside = use_signal(|| dom::query().contains("side"));
    let mut show = move || {
        toasts.show(
            Toast::new(ToastTone::Done, "48 good, 2 scrap")
                .with_detail("Saved here, not sent yet")
                .with_action("Undo", Callback::new(|()| {})),
        );
        toasts.show(Toast::new(ToastTone::Neutral, "Label is printing on Zebra-2"));
        toasts.show(
            Toast::new(ToastTone::Refused, "WO-1042 was cancelled by Piet at 13:40")
                .with_detail("Your start was not applied. Nothing is lost: it waits in your list."),
        );
    };
    use_hook(|| {
        if dom::query().contains("toast") {
            show();
        }
    });
    rsx! {
        Banner { kind: BannerKind::Info, title: "A new version is ready", text: "It starts with the next shift.", on_dismiss: |()| {} }
        Banner { kind: BannerKind::Stale, title: "As of 14:02 (2 h)" }
        Banner { kind: BannerKind::Offline, title: "No connection since Tuesday, 14:02", text: "Everything is saved on this device.",
            action: rsx! { Button { "What works offline" } } }
        Banner { kind: BannerKind::Refused, title: "The order was cancelled", text: "by Piet de Vries at 13:40" }
        Banner { kind: BannerKind::Clock, title: "This device's clock is 12 min late", text: "14:02 here, 14:14 in the plant" }
        Shelf { title: "Over the page",
            Button { onclick: move |_| show(), "Toasts" }
            Button { onclick: move |_| asks.set(true), "Dialog" }
            Button { onclick: move |_| is_beside.set(true), "Side sheet" }
        }
        div { style: "display:grid;grid-template-columns:1fr 1fr;gap:16px",
            Card {
                EmptyState { icon: IconName::Check, title: "Nothing waits", text: "Everything that was entered here is accepted." }
            }
            Card { title: "Loading", Loading { count: 4 } Loading { shape: LoadingShape::Cards } }
        }
        Dialog { open: asks(), title: "Discard 3 reports?", confirm: "Discard", danger: true, typed: "DISCARD",
            on_confirm: move |()| asks.set(false), on_cancel: move |()| asks.set(false),
            "They are saved only on this device and were never sent. Export them first."
        }
        Sheet { open: is_beside(), on_close: move |()| is_beside.set(false), title: "Waiting to be sent", side: SheetSide::Side,
            footer: rsx! {
                Button { icon: IconName::Download, "Export file" }
                Button { variant: ButtonVariant::Primary, icon: IconName::CloudUp, "Send now" }
            },
            "List"
        }
    }
}
