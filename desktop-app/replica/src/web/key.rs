//! The key of the files in a browser: random bytes, encrypted by a key of WebCrypto that no script can read, both
//! in IndexedDB. The browser throws IndexedDB and the files away together, never one of them.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use shared_model::host::Wiped;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

use super::{edge, js};
use crate::sealed::DataKey;

const DATABASE: &str = "unison-keys";
const STORE: &str = "key";
/// Never leaves the browser.
const WRAPPING: &str = "wrapping";
/// The nonce, and behind it the encrypted key of the files.
const WRAPPED: &str = "wrapped";
/// What an administrator's wipe leaves to tell, as JSON; see [`Wipe`].
const WIPE: &str = "wipe";
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// The key of this origin's files. Makes one where nothing is encrypted yet.
///
/// # Errors
/// A sentence without its full stop.
pub async fn find_or_make(is_needed: bool) -> Result<DataKey, String> {
    let failed =
        |error: JsValue| format!("this browser does not give the key of its files ({})", js::text_of(&error));
    let keys = Keys::open().await.map_err(failed)?;
    let (wrapping, wrapped) =
        (keys.find(WRAPPING).await.map_err(failed)?, keys.find(WRAPPED).await.map_err(failed)?);
    if wrapping.is_undefined() || wrapped.is_undefined() {
        if is_needed {
            return Err("the key of the files is no longer in this browser, and without it they cannot be read; nothing was \
                 removed, ask whoever looks after this device"
                .to_owned());
        }
        return keys.make().await.map_err(failed);
    }
    unwrapped(wrapping.unchecked_ref(), wrapped.unchecked_ref()).await.map_err(failed)
}

/// That this device was, or is being, emptied.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wipe {
    /// Nothing is left.
    pub is_done: bool,
    pub wiped: Wiped,
}

/// What is known of a wipe.
///
/// # Errors
/// A sentence without its full stop.
pub async fn wipe() -> Result<Option<Wipe>, String> {
    let read = async { Keys::open().await?.find(WIPE).await };
    let found = read.await.map_err(|error| {
        format!("this browser does not give the key of its files ({})", js::text_of(&error))
    })?;
    Ok(found.as_string().and_then(|text| serde_json::from_str(&text).ok()))
}

/// Notes how far a wipe has come, and as long as it is not done removes the key for good, in one
/// transaction that waits for the disk.
///
/// # Errors
/// A sentence without its full stop.
pub async fn note_wipe(wipe: &Wipe) -> Result<(), String> {
    let text = serde_json::to_string(wipe).map_err(|error| error.to_string())?;
    let noted = async { Keys::open().await?.note_wipe(&text, wipe.is_done).await };
    noted.await.map_err(|error| format!("the key of this device cannot be removed ({})", js::text_of(&error)))
}

async fn unwrapped(wrapping: &CryptoKey, wrapped: &Uint8Array) -> Result<DataKey, JsValue> {
    let nonce = wrapped.subarray(0, NONCE_BYTES as u32);
    let rest = wrapped.subarray(NONCE_BYTES as u32, wrapped.length());
    let decrypted = subtle()?.decrypt_with_object_and_js_u8_array(&aes(&nonce)?, wrapping, &rest)?;
    let bytes = Uint8Array::new(&JsFuture::from(decrypted).await?).to_vec();
    let bytes: [u8; KEY_BYTES] =
        bytes.try_into().map_err(|_| JsValue::from_str("it is of another length"))?;
    Ok(DataKey::new(bytes))
}

fn aes(nonce: &Uint8Array) -> Result<Object, JsValue> {
    let settings = Object::new();
    Reflect::set(&settings, &"name".into(), &"AES-GCM".into())?;
    Reflect::set(&settings, &"iv".into(), nonce)?;
    Ok(settings)
}

fn subtle() -> Result<web_sys::SubtleCrypto, JsValue> {
    Ok(js::scope().crypto()?.subtle())
}

/// The store in IndexedDB.
struct Keys(JsValue);

impl Keys {
    async fn open() -> Result<Self, JsValue> {
        let factory = js::property(&js::scope(), "indexedDB").ok_or("it has no IndexedDB")?;
        let request = call(&factory, "open", &[DATABASE.into(), 1.into()])?;
        let made = request.clone();
        let make = Closure::once_into_js(move || -> Result<(), JsValue> {
            call(&Reflect::get(&made, &"result".into())?, "createObjectStore", &[STORE.into()]).map(drop)
        });
        Reflect::set(&request, &"onupgradeneeded".into(), &make)?;
        Ok(Self(answer(&request, "onsuccess").await?))
    }

    async fn find(&self, name: &str) -> Result<JsValue, JsValue> {
        let transaction = call(&self.0, "transaction", &[STORE.into()])?;
        let store = call(&transaction, "objectStore", &[STORE.into()])?;
        answer(&call(&store, "get", &[name.into()])?, "onsuccess").await
    }

    async fn note_wipe(&self, text: &str, is_done: bool) -> Result<(), JsValue> {
        let (transaction, store) = self.writing()?;
        if !is_done {
            call(&store, "delete", &[WRAPPING.into()])?;
            call(&store, "delete", &[WRAPPED.into()])?;
        }
        call(&store, "put", &[text.into(), WIPE.into()])?;
        answer(&transaction, "oncomplete").await.map(drop)
    }

    /// A transaction that waits for the disk, and its store.
    fn writing(&self) -> Result<(JsValue, JsValue), JsValue> {
        let patience = Object::new();
        Reflect::set(&patience, &"durability".into(), &"strict".into())?;
        let transaction = call(&self.0, "transaction", &[STORE.into(), "readwrite".into(), patience.into()])?;
        let store = call(&transaction, "objectStore", &[STORE.into()])?;
        Ok((transaction, store))
    }

    /// Both keys in one transaction that waits for the disk, before there is a file that needs them.
    async fn make(&self) -> Result<DataKey, JsValue> {
        let kind = Object::new();
        Reflect::set(&kind, &"name".into(), &"AES-GCM".into())?;
        Reflect::set(&kind, &"length".into(), &256.into())?;
        let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
        let wrapping = JsFuture::from(subtle()?.generate_key_with_object(&kind, false, &uses)?).await?;
        let (mut nonce, mut key) = ([0; NONCE_BYTES], [0; KEY_BYTES]);
        edge::random(&mut nonce);
        edge::random(&mut key);
        let settings = aes(&Uint8Array::from(nonce.as_slice()))?;
        let encrypted =
            subtle()?.encrypt_with_object_and_u8_array(&settings, wrapping.unchecked_ref(), &key.clone())?;
        let encrypted = Uint8Array::new(&JsFuture::from(encrypted).await?).to_vec();
        let wrapped = Uint8Array::from([nonce.as_slice(), &encrypted].concat().as_slice());

        let (transaction, store) = self.writing()?;
        call(&store, "put", &[wrapping, WRAPPING.into()])?;
        call(&store, "put", &[wrapped.into(), WRAPPED.into()])?;
        answer(&transaction, "oncomplete").await?;
        Ok(DataKey::new(key))
    }
}

fn call(of: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = js::function(of, name).ok_or_else(|| JsValue::from_str("it is too old"))?;
    function.apply(of, &arguments.iter().collect::<Array>())
}

/// What comes of a request or a transaction of IndexedDB.
async fn answer(of: &JsValue, event: &str) -> Result<JsValue, JsValue> {
    let answered = Promise::new(&mut |resolve, reject| {
        let (done, failed) = (of.clone(), of.clone());
        let done = Closure::once_into_js(move || {
            let result = js::property(&done, "result").unwrap_or(JsValue::UNDEFINED);
            let _ = resolve.call1(&JsValue::UNDEFINED, &result);
        });
        let failed = Closure::once_into_js(move || {
            let error = js::property(&failed, "error").unwrap_or(JsValue::UNDEFINED);
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        });
        // Setting a property of such an object does not fail.
        let _ = Reflect::set(of, &event.into(), &done);
        let _ = Reflect::set(of, &"onerror".into(), &failed);
    });
    JsFuture::from(answered).await
}
