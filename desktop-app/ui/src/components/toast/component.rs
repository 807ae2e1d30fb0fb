use dioxus::prelude::*;

use super::countdown::Countdown;
use super::{Toast, ToastTone, use_toasts};
use crate::components::icon::{Icon, IconName};
use crate::{dom, t};

const TICK_MS: u32 = 100;

/// Once per page, near its root. The region exists before its first toast, or it would not be read.
#[component]
pub fn ToastHost() -> Element {
    let mut toasts = use_toasts();
    rsx! {
        div { class: "toast-host", role: "region", "aria-label": t!("toast-region"),
            div { class: "toast-host__list", role: "status", "aria-live": "polite", "aria-relevant": "additions",
                for (id, toast) in toasts.list() {
                    ToastCard { key: "{id}", toast, on_dismiss: move |()| toasts.dismiss(id) }
                }
            }
        }
    }
}

#[component]
fn ToastCard(toast: Toast, on_dismiss: EventHandler<()>) -> Element {
    let secs = toast.secs();
    let mut countdown = use_signal(|| Countdown::from_secs(secs.unwrap_or(0)));
    let mut is_pointed = use_signal(|| false);
    let mut is_focused = use_signal(|| false);
    use_future(move || async move {
        while secs.is_some() && !countdown.peek().is_over() {
            dom::sleep(TICK_MS).await;
            let is_held = *is_pointed.peek() || *is_focused.peek();
            let next = countdown.peek().after(TICK_MS, is_held);
            if next != *countdown.peek() {
                countdown.set(next);
            }
        }
        if secs.is_some() {
            on_dismiss.call(());
        }
    });
    let left = use_memo(move || countdown.read().secs_left());
    let is_held = is_pointed() || is_focused();
    let (tone, icon) = match toast.tone {
        ToastTone::Neutral => ("neutral", IconName::Info),
        ToastTone::Done => ("done", IconName::Check),
        ToastTone::Refused => ("refused", IconName::Block),
    };
    rsx! {
        div {
            class: "toast",
            "data-testid": "toast",
            role: (toast.tone == ToastTone::Refused).then_some("alert"),
            "data-tone": tone,
            "data-held": is_held.then_some("true"),
            onmouseenter: move |_| is_pointed.set(true),
            onmouseleave: move |_| is_pointed.set(false),
            onfocusin: move |_| is_focused.set(true),
            onfocusout: move |_| is_focused.set(false),
            span { class: "toast__mark",
                Icon { name: icon }
            }
            div { class: "toast__words",
                p { class: "toast__text", {toast.text} }
                if let Some(detail) = toast.detail {
                    p { class: "toast__detail", {detail} }
                }
            }
            if let Some((word, then)) = toast.action {
                button {
                    class: "toast__action",
                    r#type: "button",
                    "data-testid": "toast-undo",
                    onclick: move |_| {
                        then.call(());
                        on_dismiss.call(());
                    },
                    {word}
                    if secs.is_some() {
                        span { class: "toast__seconds", "aria-hidden": "true", "{left}" }
                    }
                }
            }
            button {
                class: "toast__close",
                r#type: "button",
                "data-testid": "toast-close",
                "aria-label": t!("action-close"),
                onclick: move |_| on_dismiss.call(()),
                Icon { name: IconName::Cross }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::toast::{Toasts, use_toasts_provider};
    use crate::testing::html;

    fn rendered(prepare: fn(&mut Toasts)) -> String {
        html(move || {
            let mut toasts = use_toasts_provider();
            use_hook(|| prepare(&mut toasts));
            rsx! { ToastHost {} }
        })
    }

    #[test]
    fn the_live_region_is_there_before_the_first_toast() {
        let markup = rendered(|_| {});
        assert!(markup.contains(r#"aria-live="polite""#), "{markup}");
    }

    #[test]
    fn an_undo_is_offered_for_ten_seconds() {
        let markup = rendered(|toasts| {
            toasts.show(Toast::new(ToastTone::Done, "48 good").with_action("Undo", Callback::new(|()| {})));
        });
        assert!(markup.contains("Undo") && markup.contains(">10</span>"), "{markup}");
    }

    #[test]
    fn a_refusal_interrupts_and_makes_no_room_for_chatter() {
        let markup = rendered(|toasts| {
            toasts.show(Toast::new(ToastTone::Refused, "order is cancelled"));
            for i in 0..5 {
                toasts.show(Toast::new(ToastTone::Neutral, format!("note {i}")));
            }
        });
        assert!(markup.contains(r#"role="alert""#) && markup.contains("order is cancelled"), "{markup}");
        assert!(!markup.contains("note 0") && markup.contains("note 4"), "{markup}");
    }
}
