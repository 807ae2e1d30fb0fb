use dioxus::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatSize {
    Small,
    #[default]
    Medium,
    Large,
    /// Read from across the aisle.
    Huge,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatTone {
    #[default]
    Normal,
    Muted,
    Good,
    Warning,
    Alarm,
}

#[component]
pub fn Stat(
    label: String,
    /// As it is shown: see `i18n::number`.
    value: String,
    /// After the value, smaller: "of 120", "pcs".
    unit: Option<String>,
    /// Under it: "as of 14:02", "3 not sent".
    note: Option<String>,
    #[props(default)] size: StatSize,
    #[props(default)] tone: StatTone,
) -> Element {
    let size = match size {
        StatSize::Small => "small",
        StatSize::Medium => "medium",
        StatSize::Large => "large",
        StatSize::Huge => "huge",
    };
    let tone = match tone {
        StatTone::Normal => "normal",
        StatTone::Muted => "muted",
        StatTone::Good => "good",
        StatTone::Warning => "warning",
        StatTone::Alarm => "alarm",
    };
    rsx! {
        dl { class: "stat", "data-size": size, "data-tone": tone,
            dt { class: "stat__label", {label} }
            dd { class: "stat__line",
                span { class: "stat__value", {value} }
                if let Some(unit) = unit {
                    span { class: "stat__unit", " {unit}" }
                }
            }
            if let Some(note) = note {
                dd { class: "stat__note", {note} }
            }
        }
    }
}
