use dioxus::prelude::*;

use crate::t;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadingShape {
    #[default]
    Lines,
    Rows,
    Cards,
}

#[component]
pub fn Loading(
    #[props(default)] shape: LoadingShape,
    #[props(default = 3)] count: usize,
    /// What is awaited; default: "Loading".
    label: Option<String>,
) -> Element {
    let attribute = match shape {
        LoadingShape::Lines => "lines",
        LoadingShape::Rows => "rows",
        LoadingShape::Cards => "cards",
    };
    rsx! {
        div { class: "loading", role: "status", "data-shape": attribute,
            span { class: "visually-hidden", {label.unwrap_or_else(|| t!("loading"))} }
            for i in 0..count {
                span { key: "{i}", class: "loading__bone", "aria-hidden": "true" }
            }
        }
    }
}
