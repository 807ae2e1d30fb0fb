//! The worker's global scope, and values of JavaScript as text.

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// A property, none where there is none.
pub fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(of, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

pub fn function(of: &JsValue, name: &str) -> Option<Function> {
    property(of, name)?.dyn_into().ok()
}

/// What a person can read of an error: "NotAllowedError: …".
pub fn text_of(error: &JsValue) -> String {
    let part = |name| property(error, name).and_then(|it| it.as_string()).filter(|it| !it.is_empty());
    match (part("name"), part("message")) {
        (Some(name), Some(message)) => format!("{name}: {message}"),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}

/// An error that nothing here can handle: the page hears of it by the worker's `error` event, which
/// a panic in a promise would not cause.
pub fn report(message: &str) {
    let error = js_sys::Error::new(message);
    if let Some(report) = function(&scope(), "reportError") {
        let _ = report.call1(&scope(), &error);
    } else {
        web_sys::console::error_1(&error);
    }
}
