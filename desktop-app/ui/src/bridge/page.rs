//! What only the page hears: that the network is back, that somebody looks again.

use shared_model::host::Request;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

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
