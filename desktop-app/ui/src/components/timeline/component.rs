use dioxus::prelude::*;

use crate::components::icon::{Icon, IconName};
use crate::components::sync_mark::{SyncMark, SyncState};

#[derive(Clone, PartialEq)]
pub struct TimelineEntry {
    pub id: String,
    pub icon: IconName,
    /// What happened: "48 good, 2 scrap".
    pub title: String,
    /// Who, and from where.
    pub by: String,
    /// When, as text in the plant's time.
    pub at: String,
    /// Why: a reason, a note.
    pub detail: Option<String>,
    /// None for what is long settled.
    pub sync: Option<SyncState>,
    /// Taken back later: struck through, never removed.
    pub is_voided: bool,
    /// What can still be done about it.
    pub action: Option<Element>,
}

impl TimelineEntry {
    pub fn new(
        id: impl Into<String>,
        icon: IconName,
        title: impl Into<String>,
        by: impl Into<String>,
        at: impl Into<String>,
    ) -> Self {
        TimelineEntry {
            id: id.into(),
            icon,
            title: title.into(),
            by: by.into(),
            at: at.into(),
            detail: None,
            sync: None,
            is_voided: false,
            action: None,
        }
    }
}

#[component]
pub fn Timeline(label: String, entries: Vec<TimelineEntry>) -> Element {
    rsx! {
        ol { class: "timeline", "aria-label": label,
            for entry in entries {
                li { key: "{entry.id}", class: "timeline__entry", "data-voided": entry.is_voided.then_some("true"),
                    span { class: "timeline__mark",
                        Icon { name: entry.icon }
                    }
                    div { class: "timeline__words",
                        if entry.is_voided {
                            s { class: "timeline__title", {entry.title} }
                        } else {
                            p { class: "timeline__title", {entry.title} }
                        }
                        p { class: "timeline__by",
                            span { {entry.by} }
                            time { class: "timeline__at", {entry.at} }
                        }
                        if let Some(detail) = entry.detail {
                            p { class: "timeline__detail", {detail} }
                        }
                    }
                    div { class: "timeline__end",
                        if let Some(state) = entry.sync {
                            SyncMark { state }
                        }
                        if let Some(action) = entry.action {
                            {action}
                        }
                    }
                }
            }
        }
    }
}
