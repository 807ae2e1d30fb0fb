//! The edge of the worker: its clock, its randomness, its timers.

use shared_model::time::Timestamp;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::js;

pub fn now() -> Timestamp {
    // Whole milliseconds, far below the end of i64.
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Fills a buffer with unpredictable bytes, good for secrets.
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("every browser that runs this has crypto.getRandomValues");
}

/// Calls back once after a delay. The number cancels it.
pub fn after(millis: i32, callback: &js_sys::Function) -> i32 {
    js::scope().set_timeout_with_callback_and_timeout_and_arguments_0(callback, millis).unwrap_or_default()
}

pub fn cancel(timer: i32) {
    js::scope().clear_timeout_with_handle(timer);
}

pub async fn sleep(millis: i32) {
    let slept = js_sys::Promise::new(&mut |resolve, _| {
        after(millis, &resolve);
    });
    // A timer does not reject.
    let _: Result<JsValue, JsValue> = JsFuture::from(slept).await;
}
