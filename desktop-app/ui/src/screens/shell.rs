//! What stands around every screen: the bar, the navigation, the panels; and before them the gates of
//! storage, enrollment and sign-in.

use dioxus::prelude::*;
use shared_model::host::{Exceptions, HostError, Request, Session, Stations, Storage};
use shared_model::policy::Action;
use shared_model::sync::client::Link;

use super::face::StaleNote;
use super::newer::UpdateWaits;
use super::setup::{Enroll, SignIn, StorageProblem, Trouble};
use super::sync::{Pill, SyncPanel};
use crate::appearance::{Density, use_appearance};
use crate::components::{
    Banner, BannerKind, Button, ButtonVariant, Frame, IconName, Loading, LoadingShape, Menu, MenuItem,
    NavItem, NavTabs, TopBar,
};
use crate::routes::{Area, Route};
use crate::state::{
    Access, Face, Panel, use_access, use_acts, use_clock, use_live, use_panels, use_sessions, use_view,
};
use crate::{dom, t};

mod keys;
mod shortcuts;

use keys::use_page_keys;
use shortcuts::Shortcuts;

/// A wrong clock is worth a word from two minutes on.
const SKEW_MILLIS: i64 = 2 * 60 * 1000;

/// Which gate stands open.
#[derive(Clone, Debug, PartialEq)]
enum Gate {
    Waiting,
    Trouble(HostError),
    Storage(Storage),
    Enroll,
    SignIn(String),
    Open,
}

impl Gate {
    fn of(known: Option<Result<Session, HostError>>, storage: Storage) -> Self {
        let session = match known {
            None if storage == Storage::OtherTabSilent => return Self::Storage(storage),
            None => return Self::Waiting,
            Some(Err(error)) => return Self::Trouble(error),
            Some(Ok(session)) => session,
        };
        match (session.storage, session.plant, session.user) {
            (storage @ (Storage::Unavailable | Storage::OtherTabSilent | Storage::Locked), ..) => {
                Self::Storage(storage)
            }
            (_, None, _) => Self::Enroll,
            (_, Some(plant), None) => Self::SignIn(plant.name),
            (_, Some(_), Some(_)) => Self::Open,
        }
    }
}

#[component]
pub fn Shell() -> Element {
    let (sessions, live) = (use_sessions(), use_live());
    let gate = Gate::of(sessions.known(), live.status().storage);
    match gate {
        Gate::Waiting => rsx! {
            Frame { density: Density::Operator, Loading { shape: LoadingShape::Cards } }
        },
        Gate::Trouble(error) => rsx! { Trouble { error } },
        Gate::Storage(storage) => rsx! { StorageProblem { storage } },
        Gate::Enroll => rsx! { Enroll {} },
        Gate::SignIn(plant) => rsx! { SignIn { plant } },
        Gate::Open => rsx! { Inside {} },
    }
}

#[component]
fn Inside() -> Element {
    let route = use_route::<Route>();
    let appearance = use_appearance();
    use_page_keys();
    let is_work = route.area() == Some(Area::Work);
    let title = area_title(route.area());
    let bar = if is_work {
        rsx! { WorkBar {} }
    } else {
        rsx! { OfficeBar {} }
    };
    use_effect(use_reactive(&title, |title| dom::set_title(&title)));
    let density = if is_work { Density::Operator } else { Density::Office };
    use_root_density(density);
    rsx! {
        Frame {
            density,
            large_text: appearance.large_text(),
            fixed: true,
            bar,
            aside: rsx! {
                if !is_work {
                    OfficeNav {}
                }
                Conditions { is_work }
            },
            Outlet::<Route> {}
        }
        SyncPanel {}
        Shortcuts {}
    }
}

/// Toasts and dialogs are of the page, not of the frame: they take their sizes from its root.
fn use_root_density(density: Density) {
    let large_text = use_appearance().large_text();
    use_effect(use_reactive((&density, &large_text), |(density, large_text)| {
        dom::set_root_attribute("data-density", Some(density.attribute()));
        dom::set_root_attribute("data-text", large_text.then_some("large"));
    }));
}

fn area_title(area: Option<Area>) -> String {
    match area {
        Some(area) => t!("page-title", area = area_name(area)),
        None => t!("product"),
    }
}

pub fn area_name(area: Area) -> String {
    match area {
        Area::Work => t!("area-work"),
        Area::Orders => t!("area-orders"),
        Area::Board => t!("area-board"),
        Area::Stock => t!("area-stock"),
        Area::Exceptions => t!("area-exceptions"),
        Area::Settings => t!("area-settings"),
    }
}

fn area_icon(area: Area) -> IconName {
    match area {
        Area::Work => IconName::Wrench,
        Area::Orders => IconName::List,
        Area::Board => IconName::Board,
        Area::Stock => IconName::Box,
        Area::Exceptions => IconName::Alert,
        Area::Settings => IconName::Gear,
    }
}

fn areas_of(access: &Access) -> impl Iterator<Item = Area> + '_ {
    Area::ALL.into_iter().filter(|area| area.is_open_to(access))
}

/// Plant, station, operator, clock, sync.
#[component]
fn WorkBar() -> Element {
    let access = use_access();
    let navigator = use_navigator();
    let stations = use_view(Stations {}).ready().unwrap_or_default();
    let station = stations.into_iter().find(|station| Some(station.id) == access.station);
    let parent = use_route::<Route>().parent().filter(|parent| *parent != Route::Stations {});
    rsx! {
        TopBar {
            plant: access.plant.name.clone(),
            place: station.map(|station| format!("{} {}", station.code, station.name)),
            operator: rsx! { UserMenu {} },
            clock: use_plant_clock(),
            sync: rsx! { Pill {} },
            if let Some(parent) = parent {
                Button {
                    variant: ButtonVariant::Quiet,
                    icon: IconName::ChevronLeft,
                    key_hint: "Esc",
                    "data-testid": "back",
                    onclick: move |_| {
                        navigator.push(parent.clone());
                    },
                    {t!("back-to-queue")}
                }
            }
        }
    }
}

#[component]
fn OfficeBar() -> Element {
    let access = use_access();
    let place = use_route::<Route>().area().map(area_name);
    rsx! {
        TopBar {
            plant: access.plant.name.clone(),
            place,
            operator: rsx! { UserMenu {} },
            clock: use_plant_clock(),
            sync: rsx! { Pill {} },
        }
    }
}

/// Changes once a minute.
fn use_plant_clock() -> String {
    let (clock, zone) = (use_clock(), use_access().zone);
    use_memo(move || zone.clock(clock.now()))()
}

#[component]
fn UserMenu() -> Element {
    let access = use_access();
    let (sessions, acts, mut panels) = (use_sessions(), use_acts(), use_panels());
    let navigator = use_navigator();
    let mut items: Vec<MenuItem> = areas_of(&access)
        .map(|area| MenuItem::new(area_id(area), area_name(area)).with_icon(area_icon(area)))
        .collect();
    if access.may(Action::PerformWork) {
        items.push(MenuItem::new("station", t!("menu-station")).with_icon(IconName::Factory));
    }
    items.push(MenuItem::new("shortcuts", t!("menu-shortcuts")).with_icon(IconName::Info));
    items.push(MenuItem::new("sign-out", t!("menu-sign-out")).with_icon(IconName::Lock));
    let select = {
        let access = access.clone();
        move |id: String| match id.as_str() {
            "station" => {
                navigator.push(Route::Stations {});
            }
            "shortcuts" => panels.open(Panel::Shortcuts),
            "sign-out" => {
                spawn(async move {
                    if let Err(error) = sessions.change(Request::SignOut).await {
                        acts.refused(&error);
                    }
                });
            }
            id => {
                if let Some(area) = Area::ALL.into_iter().find(|area| area_id(*area) == id) {
                    navigator.push(area.route(&access));
                }
            }
        }
    };
    rsx! {
        Menu {
            label: access.user.name.clone(),
            name: "user-menu",
            icon: IconName::User,
            show_label: true,
            items,
            on_select: select,
        }
    }
}

fn area_id(area: Area) -> &'static str {
    match area {
        Area::Work => "area-work",
        Area::Orders => "area-orders",
        Area::Board => "area-board",
        Area::Stock => "area-stock",
        Area::Exceptions => "area-exceptions",
        Area::Settings => "settings",
    }
}

#[component]
fn OfficeNav() -> Element {
    let access = use_access();
    let navigator = use_navigator();
    let route = use_route::<Route>();
    let open = use_view(Exceptions { include_closed: false }).ready().map_or(0, |rows| rows.len() as u64);
    let items = areas_of(&access)
        .map(|area| NavItem {
            icon: Some(area_icon(area)),
            count: (area == Area::Exceptions && open > 0).then_some(open),
            is_alarming: area == Area::Exceptions,
            ..NavItem::new(area.route(&access).to_string(), area_name(area))
        })
        .collect();
    let current = route.area().map(|area| area.route(&access).to_string()).unwrap_or_default();
    rsx! {
        NavTabs {
            label: t!("areas"),
            items,
            current,
            on_navigate: move |href: String| {
                navigator.push(href);
            },
        }
    }
}

/// What is the matter with the device as a whole.
#[component]
fn Conditions(is_work: bool) -> Element {
    let live = use_live();
    let status = live.status();
    let skew = status.clock_offset_millis.abs();
    rsx! {
        if status.link == Link::Revoked {
            Banner { kind: BannerKind::Refused, title: t!("revoked-title"), text: t!("revoked-text") }
        } else if !is_work {
            StaleNote {}
        }
        if status.needs_update {
            UpdateWaits {}
        }
        if skew > SKEW_MILLIS {
            Banner {
                kind: BannerKind::Clock,
                title: t!("skew-title", span = super::format::hours(skew)),
                text: t!("skew-text"),
            }
        }
        match status.storage {
            Storage::Unavailable => rsx! {
                Banner { kind: BannerKind::Refused, title: t!("no-storage-title"), text: t!("no-storage-text") }
            },
            Storage::Locked => rsx! {
                Banner { kind: BannerKind::Refused, title: t!("locked-title"), text: t!("locked-text") }
            },
            Storage::OtherTabSilent => rsx! {
                div { "data-testid": "other-tab-silent",
                    Banner { kind: BannerKind::Refused, title: t!("other-tab-title"), text: t!("other-tab-text") }
                }
            },
            Storage::Full => rsx! {
                div { "data-testid": "storage-full",
                    Banner { kind: BannerKind::Refused, title: t!("storage-full-title"), text: t!("storage-full-text") }
                }
            },
            Storage::Durable | Storage::Evictable => rsx! {},
        }
    }
}

/// The face of a view that is not ready; `None` when it is.
pub fn unready<T>(face: &Face<T>, shape: LoadingShape, count: usize) -> Option<Element> {
    match face {
        Face::Ready(_) => None,
        Face::Loading => Some(rsx! { Loading { shape, count } }),
        Face::Failed(error) => Some(rsx! { super::face::Failed { error: error.clone() } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_keeps_nothing_is_told_before_anything_is_entered() {
        let session = Session { storage: Storage::Unavailable, ..Session::default() };
        assert_eq!(Gate::of(Some(Ok(session)), Storage::Unavailable), Gate::Storage(Storage::Unavailable));
    }

    #[test]
    fn a_new_device_joins_a_plant_first() {
        assert_eq!(Gate::of(Some(Ok(Session::default())), Storage::Durable), Gate::Enroll);
        assert_eq!(Gate::of(None, Storage::Durable), Gate::Waiting);
    }

    #[test]
    fn a_page_that_waits_for_a_tab_that_does_not_answer_says_so() {
        assert_eq!(Gate::of(None, Storage::OtherTabSilent), Gate::Storage(Storage::OtherTabSilent));
    }
}
