//! The operator's page as the components make it: now card, dock, report sheet.

use dioxus::prelude::*;

use crate::components::{
    Avatar, BadgeState, Button, ButtonSize, ButtonVariant, Card, CardTone, IconName, NumberField, NumberPad,
    NumberTone, ProgressBar, ReasonTile, ReasonTiles, Sheet, Stat, StatSize, StateBadge, SyncMark, SyncState,
    Toast, ToastTone, use_toasts,
};

const REASONS: [(&str, IconName); 10] = [
    ("Burr", IconName::Scrap),
    ("Scratch", IconName::Edit),
    ("Too short", IconName::Minus),
    ("Wrong hole", IconName::Block),
    ("Porosity", IconName::Gear),
    ("Setup piece", IconName::Wrench),
    ("Material", IconName::Box),
    ("Don't know yet", IconName::Info),
    ("Dimension", IconName::Move),
    ("Surface", IconName::Eye),
];

#[component]
pub fn Operator() -> Element {
    let mut is_open =
        use_signal(|| crate::dom::hash() == "#operator" && crate::dom::query().contains("report"));
    rsx! {
        div { style: "display:grid;grid-template-columns:minmax(0,3fr) minmax(260px,2fr);gap:var(--gap-section);flex:1;min-height:0",
            Now {}
            div { style: "display:flex;flex-direction:column;gap:var(--target-gap)",
                Button {
                    variant: ButtonVariant::Primary,
                    size: ButtonSize::Dock,
                    icon: IconName::Plus,
                    key_hint: "F1",
                    onclick: move |_| is_open.set(true),
                    "Report"
                }
                div { style: "display:grid;grid-template-columns:1fr 1fr;gap:var(--target-gap)",
                    Button { size: ButtonSize::Large, icon: IconName::Pause, "Pause" }
                    Button { size: ButtonSize::Large, icon: IconName::Scrap, "Scrap" }
                    Button { size: ButtonSize::Large, icon: IconName::Alert, "Problem" }
                    Button { size: ButtonSize::Large, icon: IconName::Print, "Label" }
                    Button { size: ButtonSize::Large, icon: IconName::Flag, disabled: true, "Finish" }
                    Button { size: ButtonSize::Large, busy: true, "Sending" }
                }
                Card { title: "Up next",
                    div { style: "display:flex;flex-direction:column;gap:12px",
                        for (number, name) in [("WO-1044", "Table leg"), ("WO-1051", "Seat shell")] {
                            div { key: "{number}", style: "display:flex;justify-content:space-between;align-items:center;min-height:64px",
                                div {
                                    strong { {number} }
                                    p { style: "color:var(--color-muted)", {name} }
                                }
                                StateBadge { state: BadgeState::Released }
                            }
                        }
                    }
                }
            }
        }
        Report { open: is_open(), on_close: move |()| is_open.set(false) }
    }
}

#[component]
fn Now() -> Element {
    rsx! {
        Card {
            tone: CardTone::Active,
            title: "WO-1042 · 20 Mill slot",
            subtitle: "Chair frame, beech · revision C",
            actions: rsx! { StateBadge { state: BadgeState::Running, source: IconName::Gear, large: true } },
            footer: rsx! {
                SyncMark { state: SyncState::SavedHere, at: "13:58" }
                SyncMark { state: SyncState::Accepted, at: "12:40" }
            },
            div { style: "display:flex;flex-direction:column;gap:24px",
                div { style: "display:flex;flex-wrap:wrap;gap:16px 48px;align-items:end",
                    Stat { label: "Good", value: "1,048", unit: "of 1,200", size: StatSize::Huge }
                    Stat { label: "Scrap", value: "14", size: StatSize::Medium }
                    Stat { label: "Left", value: "2 h 10", size: StatSize::Medium }
                }
                ProgressBar { done: 1048.0, ordered: 1200.0, scrap: 14.0, pending: 60.0, large: true,
                    label: "Progress of WO-1042", text: "1,048 of 1,200 good, 14 scrap" }
                div { style: "display:flex;gap:12px;align-items:center",
                    Avatar { name: "Ana López", active: true }
                    div {
                        strong { "Ana López" }
                        p { style: "color:var(--color-muted)", "on this operation for 1 h 12" }
                    }
                }
            }
        }
    }
}

#[component]
fn Report(open: bool, on_close: EventHandler<()>) -> Element {
    let mut values = use_signal(|| ["48".to_owned(), "2".to_owned()]);
    let mut field = use_signal(|| 0_usize);
    let mut reason = use_signal(|| None::<String>);
    let mut toasts = use_toasts();
    let tiles: Vec<ReasonTile> =
        REASONS.iter().map(|(name, icon)| ReasonTile::new(*name, *name).with_icon(*icon)).collect();
    let save = use_callback(move |()| {
        on_close.call(());
        let [good, scrap] = values();
        toasts.show(
            Toast::new(ToastTone::Done, format!("{good} good, {scrap} scrap"))
                .with_detail("Saved here, not sent yet")
                .with_action("Undo", Callback::new(|()| {})),
        );
    });
    rsx! {
        Sheet {
            open,
            on_close,
            title: "Report WO-1042 · 20 Mill slot",
            subtitle: "1,048 of 1,200 good so far",
            footer: rsx! {
                Button { size: ButtonSize::Large, onclick: move |_| on_close.call(()), "Cancel" }
                Button { variant: ButtonVariant::Primary, size: ButtonSize::Dock, icon: IconName::Check, key_hint: "Enter",
                    onclick: move |_| save.call(()), "Save" }
            },
            div { style: "display:grid;grid-template-columns:minmax(0,420px) minmax(0,1fr);gap:32px",
                NumberPad {
                    value: values()[field()].clone(),
                    field: "{field}",
                    on_change: move |text: String| values.write()[field()] = text,
                    on_enter: move |()| save.call(()),
                    div { style: "display:flex;gap:12px",
                        NumberField { label: "Good", tone: NumberTone::Good, value: values()[0].clone(), unit: "pcs",
                            selected: field() == 0, on_select: move |()| field.set(0) }
                        NumberField { label: "Scrap", tone: NumberTone::Scrap, value: values()[1].clone(), unit: "pcs",
                            selected: field() == 1, on_select: move |()| field.set(1) }
                    }
                }
                ReasonTiles { label: "Why scrap?", tiles, selected: reason(), on_select: move |id| reason.set(Some(id)) }
            }
        }
    }
}
