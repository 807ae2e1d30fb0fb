use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::t;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BannerKind {
    Info,
    /// What is shown is as of an earlier time.
    Stale,
    Offline,
    /// Something did not happen.
    Refused,
    /// The device's clock and the server's differ.
    Clock,
}

impl BannerKind {
    fn look(self) -> (&'static str, IconName) {
        match self {
            BannerKind::Info => ("info", IconName::Info),
            BannerKind::Stale => ("stale", IconName::Clock),
            BannerKind::Offline => ("offline", IconName::CloudOff),
            BannerKind::Refused => ("refused", IconName::Block),
            BannerKind::Clock => ("clock", IconName::Clock),
        }
    }
}

#[component]
pub fn Banner(
    kind: BannerKind,
    title: String,
    text: Option<String>,
    action: Option<Element>,
    on_dismiss: Option<EventHandler<()>>,
) -> Element {
    let (attribute, icon) = kind.look();
    let role = if kind == BannerKind::Refused { "alert" } else { "status" };
    rsx! {
        div { class: "banner", role, "data-kind": attribute,
            Icon { name: icon, class: "banner__icon" }
            p { class: "banner__words",
                strong { class: "banner__title", {title} }
                if let Some(text) = text {
                    span { class: "banner__text", {text} }
                }
            }
            if let Some(action) = action {
                div { class: "banner__action", {action} }
            }
            if let Some(on_dismiss) = on_dismiss {
                button {
                    class: "banner__close",
                    r#type: "button",
                    "aria-label": t!("action-close"),
                    onclick: move |_| on_dismiss.call(()),
                    Icon { name: IconName::Cross }
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
    fn only_a_refusal_interrupts() {
        let role = |kind| html(move || rsx! { Banner { kind, title: "As of 14:02" } });
        assert!(role(BannerKind::Refused).contains(r#"role="alert""#));
        assert!(role(BannerKind::Stale).contains(r#"role="status""#));
    }
}
