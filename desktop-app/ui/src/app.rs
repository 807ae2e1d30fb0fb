//! The root: what every screen may count on, provided once.

use dioxus::prelude::*;

use crate::appearance::use_appearance_provider;
use crate::bridge::Host;
use crate::components::toast::{ToastHost, use_toasts_provider};
use crate::i18n::{Language, use_i18n_provider};
use crate::routes::Route;
use crate::screens::Stopped;
use crate::state::{
    use_acts_provider, use_clock_provider, use_filters_provider, use_live_provider, use_panels_provider,
    use_sessions_provider,
};

/// Starts the application in the page that loaded it.
#[cfg(target_arch = "wasm32")]
pub fn launch() {
    dioxus::launch(App);
}

/// There is no page to start in.
#[cfg(not(target_arch = "wasm32"))]
pub fn launch() {
    eprintln!("the screens run in a browser or in the desktop shell: ./dev up, ./dev desktop");
}

#[component]
pub fn App() -> Element {
    #[cfg(any(debug_assertions, feature = "gallery"))]
    if crate::dom::path() == "/gallery" {
        return rsx! { GalleryPage {} };
    }
    let host = use_hook(|| canned_host().unwrap_or_else(Host::of_page));
    rsx! { Page { host } }
}

/// The sample plant, where a developer's browser asks for it.
#[cfg(any(debug_assertions, feature = "gallery"))]
fn canned_host() -> Option<Host> {
    let role = crate::dom::remembered("unison.canned")?;
    Some(crate::screens::canned::Canned::default().host(shared_model::people::Role::of_code(&role)))
}

#[cfg(not(any(debug_assertions, feature = "gallery")))]
fn canned_host() -> Option<Host> {
    None
}

#[cfg(any(debug_assertions, feature = "gallery"))]
#[component]
fn GalleryPage() -> Element {
    use_i18n_provider(Language::default());
    use_appearance_provider();
    use_toasts_provider();
    rsx! {
        crate::gallery::Gallery {}
        ToastHost {}
    }
}

/// The application on a given replica.
#[component]
pub fn Page(host: Host) -> Element {
    use_i18n_provider(Language::default());
    use_appearance_provider();
    let toasts = use_toasts_provider();
    let live = use_live_provider(host);
    use_clock_provider(live);
    use_acts_provider(live, toasts);
    use_sessions_provider(live);
    use_panels_provider();
    use_filters_provider();
    rsx! {
        Router::<Route> {}
        Stopped {}
        ToastHost {}
    }
}
