//! The root: what every screen may count on, provided once.

use dioxus::prelude::*;

use crate::appearance::use_appearance_provider;
use crate::components::toast::{ToastHost, use_toasts_provider};
use crate::i18n::{Language, use_i18n_provider};

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
    use_i18n_provider(Language::default());
    use_appearance_provider();
    use_toasts_provider();
    rsx! {
        Page {}
        ToastHost {}
    }
}

#[component]
fn Page() -> Element {
    #[cfg(any(debug_assertions, feature = "gallery"))]
    if crate::dom::path() == "/gallery" {
        return rsx! { crate::gallery::Gallery {} };
    }
    rsx! {}
}
