//! What only a page hears and may ask for: that the network is back, that somebody looks again, that
//! the browser keeps the data.

use js_sys::{Function, Promise, Reflect};
use shared_model::host::Request;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Host;

/// The replica waits up to five minutes between attempts; these are reasons to try at once.
pub fn wake_when_it_may_work_again(host: &Host) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    let (host, seen) = (host.clone(), document.clone());
    let woken = Closure::<dyn Fn()>::new(move || {
        if !seen.hidden() {
            let host = host.clone();
            // How it went shows in the status.
            spawn_local(async move { drop(host.call(Request::SyncNow).await) });
        }
    });
    let callback = woken.as_ref().unchecked_ref();
    // Adding a listener to an existing target does not fail.
    let _ = window.add_event_listener_with_callback("online", callback);
    let _ = document.add_event_listener_with_callback("visibilitychange", callback);
    // Lives as long as the page.
    woken.forget();
}

/// Asks the browser not to clear the replica when space runs out. The worker looks at the answer by
/// itself; telling it to send makes it look.
pub fn ask_to_keep_the_data(host: &Host) {
    let host = host.clone();
    spawn_local(async move {
        if persist().await.is_some() {
            drop(host.call(Request::SyncNow).await);
        }
    });
}

/// None where the browser has nothing to ask, or said neither yes nor no.
async fn persist() -> Option<bool> {
    let navigator = web_sys::window()?.navigator();
    let storage = Reflect::get(&navigator, &"storage".into()).ok()?;
    let persist: Function = Reflect::get(&storage, &"persist".into()).ok()?.dyn_into().ok()?;
    let asked: Promise = persist.call0(&storage).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok()?.as_bool()
}

/// When the browser freezes the page, as it does with tabs that nobody has looked at for long or keeps
/// for the way back, and when the page goes on.
pub fn on_freeze(frozen: impl Fn() + 'static, resumed: impl Fn() + 'static) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    for (event, then) in [("freeze", Closure::<dyn Fn()>::new(frozen)), ("resume", Closure::new(resumed))] {
        // Adding a listener to an existing target does not fail.
        let _ = document.add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
        // Lives as long as the page.
        then.forget();
    }
}
