use dioxus::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CardTone {
    #[default]
    Normal,
    /// The one that work goes on at.
    Active,
    /// Provisional: not accepted by the server yet.
    Pending,
    Warning,
    Alarm,
}

impl CardTone {
    fn attribute(self) -> &'static str {
        match self {
            CardTone::Normal => "normal",
            CardTone::Active => "active",
            CardTone::Pending => "pending",
            CardTone::Warning => "warning",
            CardTone::Alarm => "alarm",
        }
    }
}

/// A region named by its title, or a plain surface without one.
#[component]
pub fn Card(
    title: Option<String>,
    subtitle: Option<String>,
    #[props(default)] tone: CardTone,
    /// At the right of the title.
    actions: Option<Element>,
    footer: Option<Element>,
    /// The body reaches the edges: a table, a list.
    #[props(default)]
    flush: bool,
    children: Element,
) -> Element {
    let has_head = title.is_some() || actions.is_some();
    rsx! {
        section {
            class: "card",
            "data-tone": tone.attribute(),
            "data-flush": flush.then_some("true"),
            "aria-label": title.clone(),
            if has_head {
                header { class: "card__head",
                    div { class: "card__titles",
                        if let Some(title) = &title {
                            h2 { class: "card__title", {title.clone()} }
                        }
                        if let Some(subtitle) = subtitle {
                            p { class: "card__subtitle", {subtitle} }
                        }
                    }
                    if let Some(actions) = actions {
                        div { class: "card__actions", {actions} }
                    }
                }
            }
            div { class: "card__body", {children} }
            if let Some(footer) = footer {
                footer { class: "card__footer", {footer} }
            }
        }
    }
}
