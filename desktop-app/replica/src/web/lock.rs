//! One worker at a time owns the files: it holds a Web Lock, which the browser takes back when the
//! worker ends, however it ends.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::js;

const NAME: &str = "unison-replica";

/// Resolves when the lock is ours; it stays so as long as the worker lives.
///
/// # Errors
/// When the browser has no locks, which it has on secure pages only.
pub async fn take() -> Result<(), JsValue> {
    let navigator: JsValue = js::scope().navigator().into();
    let missing = || JsValue::from_str("the browser has no locks");
    let locks = js::property(&navigator, "locks").ok_or_else(missing)?;
    let request = js::function(&locks, "request").ok_or_else(missing)?;
    let granted = Promise::new(&mut |resolve, reject| {
        // The lock is held until the promise of the callback resolves: never.
        let hold = Closure::once_into_js(move |_lock: JsValue| {
            let _ = resolve.call0(&JsValue::UNDEFINED);
            Promise::new(&mut |_, _| {})
        });
        let asked = request.call3(&locks, &NAME.into(), &Object::new(), &hold);
        if let Err(error) = refused(asked, &reject) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    JsFuture::from(granted).await.map(drop)
}

/// Passes a refusal of the request on.
fn refused(asked: Result<JsValue, JsValue>, reject: &Function) -> Result<(), JsValue> {
    let asked: Promise = asked?.dyn_into()?;
    let reject = reject.clone();
    let pass_on = Closure::once_into_js(move |error: JsValue| {
        let _ = reject.call1(&JsValue::UNDEFINED, &error);
    });
    js::function(&asked, "catch").map_or(Ok(()), |catch| catch.call1(&asked, &pass_on).map(drop))
}
