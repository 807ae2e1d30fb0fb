//! The few things that rsx cannot say to a browser: focus, modal dialogs, popovers, timers. Outside a
//! browser (tests render markup natively) they do nothing.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
pub use browser::*;

#[cfg(not(target_arch = "wasm32"))]
mod nowhere;
#[cfg(not(target_arch = "wasm32"))]
pub use nowhere::*;

mod page;
pub use page::*;
mod zone;
pub use zone::Zone;

use dioxus::core::current_scope_id;
use dioxus::prelude::*;

/// An id for `for`, `aria-labelledby` and the like: stable for the life of the component, unique in the page.
pub fn use_id(prefix: &str) -> String {
    use_hook(|| format!("{prefix}-{}", current_scope_id().0))
}
