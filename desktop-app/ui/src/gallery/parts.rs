//! Small parts, each in all its states.

use dioxus::prelude::*;

use super::Shelf;
use crate::components::{
    Avatar, BadgeState, Button, ButtonSize, ButtonVariant, Card, CardTone, Checkbox, Icon, IconName, NavItem,
    NavTabs, PillState, ProgressBar, Stat, StatSize, StatTone, StateBadge, Stepper, SyncMark, SyncPill,
    SyncState,
};

#[component]
pub fn Parts() -> Element {
    let mut pieces = use_signal(|| 4_i64);
    let mut is_on = use_signal(|| true);
    rsx! {
        Shelf { title: "States",
            for state in BadgeState::ALL {
                StateBadge { key: "{state:?}", state, large: true }
            }
            for state in BadgeState::ALL {
                StateBadge { key: "s{state:?}", state }
            }
        }
        Shelf { title: "Sync",
            for state in SyncState::ALL {
                SyncMark { key: "{state:?}", state, at: "14:02" }
            }
            div { style: "display:flex;gap:8px;padding:6px 12px;border-radius:12px;background:var(--color-chrome);color:var(--color-chrome-text)",
                SyncPill { state: PillState::Online, onclick: |()| {} }
                SyncPill { state: PillState::Sending { count: 12 }, onclick: |()| {} }
                SyncPill { state: PillState::Offline { count: 3, oldest: Some("2 h".into()) }, onclick: |()| {} }
                SyncPill { state: PillState::NeedsYou { count: 1 }, onclick: |()| {} }
            }
        }
        Shelf { title: "Buttons",
            for variant in [ButtonVariant::Primary, ButtonVariant::Secondary, ButtonVariant::Quiet, ButtonVariant::Danger] {
                Button { key: "{variant:?}", variant, icon: IconName::Check, "{variant:?}" }
            }
            Button { disabled: true, "Disabled" }
            Button { busy: true, "Busy" }
            Button { pressed: true, "Pressed" }
            Button { icon: IconName::Cross, label: "Close" }
            Button { size: ButtonSize::Small, "Small" }
            span { "data-density": "office", style: "display:contents",
                Button { "Office" }
                Button { variant: ButtonVariant::Primary, icon: IconName::Plus, "Office" }
                Button { size: ButtonSize::Small, icon: IconName::Edit, label: "Edit" }
            }
        }
        Shelf { title: "Numbers",
            Stat { label: "Small", value: "48", unit: "pcs", size: StatSize::Small }
            Stat { label: "Medium", value: "1,048", unit: "of 1,200" }
            Stat { label: "Large", value: "98.2", unit: "%", size: StatSize::Large, tone: StatTone::Good }
            Stat { label: "Huge", value: "12", size: StatSize::Huge, tone: StatTone::Alarm, note: "as of 14:02" }
            Stepper { label: "Pieces", value: pieces(), max: 9, on_change: move |value| pieces.set(value) }
            Checkbox { label: "First piece was measured", checked: is_on(), on_change: move |on| is_on.set(on) }
            Avatar { name: "Ana López", active: true }
            Avatar { name: "Piet de Vries" }
            Avatar { name: "Jun" }
        }
        Shelf { title: "Progress: some, unsynced, scrap, over, none",
            for (done, pending, scrap) in [(40.0, 0.0, 0.0), (60.0, 20.0, 0.0), (60.0, 0.0, 10.0), (130.0, 0.0, 4.0), (0.0, 0.0, 0.0)] {
                div { key: "{done}{pending}{scrap}", style: "width:220px",
                    ProgressBar { done, pending, scrap, ordered: 100.0, large: true, label: "Progress", text: "{done} of 100" }
                }
            }
        }
        Shelf { title: "Cards",
            for (tone, name) in [(CardTone::Normal, "Normal"), (CardTone::Active, "Active"), (CardTone::Pending, "Pending"), (CardTone::Warning, "Warning"), (CardTone::Alarm, "Alarm")] {
                div { key: "{name}", style: "width:220px",
                    Card { tone, title: name, subtitle: "Subtitle", "Body" }
                }
            }
        }
        NavTabs {
            label: "Work",
            current: "/my",
            on_navigate: |_| {},
            items: vec![
                NavItem { count: Some(42), ..NavItem::new("/all", "All") },
                NavItem { count: Some(3), key_hint: Some("2".into()), ..NavItem::new("/my", "My work") },
                NavItem { count: Some(7), icon: Some(IconName::Gear), is_alarming: true, ..NavItem::new("/cnc", "CNC-2") },
            ],
        }
        Shelf { title: "Icons",
            for name in IconName::ALL.iter().copied() {
                span { key: "{name:?}", title: "{name:?}", style: "font-size:1.4rem", Icon { name } }
            }
        }
    }
}
