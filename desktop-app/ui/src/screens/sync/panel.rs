//! What waits, what was refused and why, and the ways on: send now, keep a file, decide.

use dioxus::prelude::*;
use shared_model::host::{
    Comparison, HostError, Imported, MAX_UNSENT_FILE_BYTES, Mark, Outbox, OutboxItem, Reply, Request, Storage,
};
use shared_model::sync::client::Link;

use crate::components::{
    Button, ButtonVariant, EmptyState, Icon, IconName, LoadingShape, Sheet, SheetSide, SyncMark, Toast,
    ToastTone,
};
use crate::routes::Route;
use crate::screens::operator::mark_code;
use crate::screens::shell::unready;
use crate::screens::{format, words};
use crate::state::{Face, Panel, use_access, use_acts, use_clock, use_live, use_panels, use_view};
use crate::{dom, t};

#[component]
pub fn SyncPanel() -> Element {
    let mut panels = use_panels();
    rsx! {
        Sheet {
            open: panels.is_open(Panel::Sync),
            on_close: move |()| panels.close(),
            title: t!("sync-title"),
            side: SheetSide::Side,
            PanelBody {}
        }
    }
}

/// Mounted only while open, so that a closed panel asks nothing.
#[component]
fn PanelBody() -> Element {
    let face = use_view(Outbox {});
    rsx! {
        div { class: "sync-panel", "data-testid": "sync-panel",
            Standing {}
            Actions {}
            section { class: "sync-panel__list",
                h3 { class: "sync-panel__title", {t!("sync-items")} }
                if let Some(other) = unready(&face, LoadingShape::Rows, 3) {
                    {other}
                }
                if let Face::Ready(items) = face {
                    if items.is_empty() {
                        EmptyState { icon: IconName::CheckCircle, title: t!("sync-empty"), text: t!("sync-empty-text") }
                    }
                    ul { class: "sync-panel__items",
                        for item in items {
                            Item { key: "{item.command}", item }
                        }
                    }
                }
            }
            WhatWorksOffline {}
        }
    }
}

/// How things stand, in a sentence for each question.
#[component]
fn Standing() -> Element {
    let (live, clock, access) = (use_live(), use_clock(), use_access());
    let status = live.status();
    let now = clock.now();
    let link = match status.link {
        Link::Online => t!("link-online"),
        Link::CatchingUp => t!("link-catching-up"),
        Link::Connecting => t!("link-connecting"),
        Link::Offline => t!("link-offline"),
        Link::Revoked => t!("link-revoked"),
    };
    let last = match status.synced_at {
        Some(at) => format::moment_ago(&access.zone, at, now),
        None => t!("sync-never"),
    };
    let ago = |at| format::moment_ago(&access.zone, at, now);
    let compared = match status.comparison {
        Comparison::NotYet => t!("sync-not-compared"),
        Comparison::UnderWay => t!("sync-comparing"),
        Comparison::Same { at, mended_count: 0 } => t!("sync-compared-same", at = ago(at)),
        Comparison::Same { at, mended_count } => {
            t!("sync-compared-mended", at = ago(at), count = mended_count)
        }
        Comparison::Differs { at } => t!("sync-compared-differs", at = ago(at)),
        Comparison::StillDiffers { at } => t!("sync-compared-still", at = ago(at)),
        Comparison::Failed { at } => t!("sync-compared-failed", at = ago(at)),
    };
    let is_safe = status.storage == Storage::Durable;
    rsx! {
        dl { class: "sync-panel__standing",
            dt { {t!("sync-connection")} }
            dd { {link} }
            dt { {t!("sync-last-label")} }
            dd { "data-testid": "sync-last", {last} }
            dt { {t!("sync-compared-label")} }
            dd { "data-testid": "sync-compared", {compared} }
            dt { {t!("sync-storage-label")} }
            dd {
                "data-testid": "sync-storage",
                "data-storage": words::storage_code(status.storage),
                "data-safe": if is_safe { "true" } else { "false" },
                if !is_safe {
                    Icon { name: IconName::Alert }
                }
                {words::storage(status.storage)}
            }
            if status.storage == Storage::Evictable {
                dd { class: "sync-panel__hint", {t!("storage-evictable-do")} }
            }
        }
    }
}

#[component]
fn Actions() -> Element {
    let (live, acts) = (use_live(), use_acts());
    let mut is_sending = use_signal(|| false);
    let send = move |_| {
        is_sending.set(true);
        spawn(async move {
            let outcome = live.host().call(Request::SyncNow).await;
            is_sending.set(false);
            if let Err(error) = outcome {
                acts.refused(&error);
            }
        });
    };
    let compare = move |_| {
        spawn(async move {
            // What it comes to shows above.
            if let Err(error) = live.host().call(Request::Compare).await {
                acts.refused(&error);
            }
        });
    };
    let export = move |_| {
        spawn(async move {
            match live.host().call(Request::ExportUnsent).await {
                Ok(Reply::File { name, content }) => {
                    dom::save_file(&name, &content);
                    acts.toast(Toast::new(ToastTone::Done, t!("export-done", name = name)));
                }
                Ok(_) => acts.refused(&HostError::Internal { message: t!("export-no-file") }),
                Err(error) => acts.refused(&error),
            }
        });
    };
    rsx! {
        div { class: "sync-panel__actions",
            Button {
                variant: ButtonVariant::Primary,
                icon: IconName::CloudUp,
                busy: is_sending(),
                "data-testid": "sync-send-now",
                onclick: send,
                {t!("sync-send-now")}
            }
            if live.status().link == Link::Online {
                Button { icon: IconName::Check, "data-testid": "sync-compare", onclick: compare, {t!("sync-compare")} }
            }
            Button { icon: IconName::Download, "data-testid": "sync-export", onclick: export, {t!("sync-export")} }
            TakeOver {}
        }
    }
}

/// Unsent work of another device.
#[component]
fn TakeOver() -> Element {
    let (live, acts) = (use_live(), use_acts());
    let mut is_reading = use_signal(|| false);
    let mut problem = use_signal(|| None::<String>);
    // Another field each time, so that the same file can be chosen again.
    let mut chosen = use_signal(|| 0);
    let id = dom::use_id("take-over");
    let take = move |event: FormEvent| {
        let Some(file) = event.files().into_iter().next() else { return };
        chosen += 1;
        problem.set(None);
        if file.size() > MAX_UNSENT_FILE_BYTES as u64 {
            problem.set(Some(t!("import-too-large")));
            return;
        }
        is_reading.set(true);
        spawn(async move {
            let outcome = match file.read_string().await {
                Ok(text) => live.host().call(Request::ImportUnsent { text }).await,
                Err(_) => Err(HostError::Rejected { message: t!("import-unreadable") }),
            };
            is_reading.set(false);
            match outcome {
                Ok(Reply::Imported(Imported { taken, known })) => {
                    let done = t!("import-done", taken = taken, name = file.name());
                    acts.toast(
                        Toast::new(ToastTone::Done, done).with_detail(t!("import-known", known = known)),
                    );
                }
                Ok(_) => problem.set(Some(t!("export-no-file"))),
                Err(error) => problem.set(Some(words::host_error(&error))),
            }
        });
    };
    let open = id.clone();
    rsx! {
        Button {
            icon: IconName::Clipboard,
            busy: is_reading(),
            "data-testid": "sync-import",
            onclick: move |_| dom::click(&open),
            {t!("sync-import")}
        }
        for n in [chosen()] {
            input {
                key: "{n}",
                class: "sync-panel__file",
                id: id.clone(),
                r#type: "file",
                accept: ".json,application/json",
                tabindex: "-1",
                "aria-hidden": "true",
                "data-testid": "sync-import-file",
                onchange: take,
            }
        }
        if let Some(problem) = problem() {
            p { class: "sync-item__refusal sync-panel__problem", role: "alert", "data-testid": "sync-import-problem",
                Icon { name: IconName::Block }
                span { {problem} }
            }
        }
        p { class: "sync-panel__hint", {t!("sync-import-hint")} }
    }
}

#[component]
fn Item(item: OutboxItem) -> Element {
    let (clock, access) = (use_clock(), use_access());
    let (navigator, mut panels) = (use_navigator(), use_panels());
    let at = format::moment(&access.zone, item.at, clock.peek());
    let is_refused = item.mark == Mark::NeedsYou;
    let head = [words::command(&item.code), item.order_number.clone()];
    let head: Vec<String> = head.into_iter().filter(|part| !part.is_empty()).collect();
    rsx! {
        li {
            class: "sync-item",
            "data-testid": "sync-item",
            "data-mark": mark_code(item.mark),
            "data-code": item.code.clone(),
            div { class: "sync-item__head",
                p { class: "sync-item__what", {head.join(" · ")} }
                SyncMark { state: words::sync_state(item.mark) }
            }
            p { class: "sync-item__summary", {item.summary.clone()} }
            p { class: "sync-item__by", "{at} · {item.user_name}" }
            if let Some(refusal) = &item.refusal {
                p { class: "sync-item__refusal", "data-testid": "sync-refusal",
                    Icon { name: IconName::Block }
                    span { {words::refusal(refusal)} }
                }
            }
            if is_refused {
                Button {
                    variant: ButtonVariant::Secondary,
                    "data-testid": "sync-decide",
                    onclick: move |_| {
                        panels.close();
                        navigator.push(Route::Attention {});
                    },
                    {t!("attention-open")}
                }
            }
        }
    }
}

/// Said where people look when the network is gone.
#[component]
fn WhatWorksOffline() -> Element {
    let works = [
        t!("offline-work"),
        t!("offline-undo"),
        t!("offline-orders"),
        t!("offline-stock"),
        t!("offline-look"),
    ];
    let waits = [t!("online-enroll"), t!("online-others"), t!("online-numbers")];
    rsx! {
        details { class: "sync-panel__offline",
            summary { {t!("offline-title")} }
            ul {
                for line in works {
                    li { key: "{line}",
                        Icon { name: IconName::Check }
                        span { {line.clone()} }
                    }
                }
                for line in waits {
                    li { key: "{line}", "data-waits": "true",
                        Icon { name: IconName::Cloud }
                        span { {line.clone()} }
                    }
                }
            }
        }
    }
}
