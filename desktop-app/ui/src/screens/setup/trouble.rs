//! What stands in the way, in plain sentences on a page of its own: nothing can be entered here that
//! would be lost.

use dioxus::prelude::*;
use shared_model::host::{HostError, Storage};

use super::SetupPage;
use crate::components::{Button, ButtonSize, ButtonVariant};
use crate::screens::words;
use crate::{dom, t};

/// Nothing is kept here, or another tab keeps it and does not answer, or it cannot be read.
#[component]
pub fn StorageProblem(storage: Storage) -> Element {
    let (title, text) = match storage {
        Storage::OtherTabSilent => (t!("other-tab-title"), t!("other-tab-text")),
        Storage::Locked => (t!("locked-title"), t!("locked-text")),
        Storage::Unavailable | Storage::Full | Storage::Durable | Storage::Evictable => {
            (t!("no-storage-title"), t!("no-storage-text"))
        }
    };
    rsx! {
        div { "data-testid": "storage-problem", "data-storage": words::storage_code(storage),
            SetupPage { title, text, Reload {} }
        }
    }
}

/// The replica did not come up.
#[component]
pub fn Trouble(error: HostError) -> Element {
    rsx! {
        div { "data-testid": "storage-problem", role: "alert",
            SetupPage { title: t!("trouble-title"), text: words::host_error(&error), Reload {} }
        }
    }
}

#[component]
fn Reload() -> Element {
    rsx! {
        Button {
            variant: ButtonVariant::Primary,
            size: ButtonSize::Dock,
            "data-testid": "storage-retry",
            onclick: move |_| dom::reload(),
            {t!("action-reload")}
        }
    }
}
