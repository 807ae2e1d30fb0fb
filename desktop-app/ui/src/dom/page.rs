//! What only a page can give: the time, randomness, keys that no element has, files to keep.

use shared_model::time::Timestamp;

/// A key pressed anywhere in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPress {
    /// As in `KeyboardEvent.key`.
    pub key: String,
    /// In a field that takes it as text.
    pub is_text: bool,
    /// A question or a sheet is open over the page.
    pub is_modal: bool,
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use js_sys::Array;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Blob, BlobPropertyBag, HtmlElement, KeyboardEvent, Url, Window};

    use super::{KeyPress, Timestamp};

    pub fn now() -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
        Timestamp::from_millis(js_sys::Date::now() as i64)
    }

    /// Sixteen random bytes, to draw ids from.
    pub fn seed() -> [u8; 16] {
        let mut seed = [0; 16];
        if let Some(crypto) = web_sys::window().and_then(|window| window.crypto().ok()) {
            // Fails only for more than 65,536 bytes.
            let _ = crypto.get_random_values_with_u8_array(&mut seed);
        }
        seed
    }

    /// In the window of the desktop shell, which is told where the server is.
    pub fn is_desktop() -> bool {
        web_sys::window().is_some_and(|window| {
            js_sys::Reflect::has(&window, &"__TAURI_INTERNALS__".into()).unwrap_or(false)
        })
    }

    pub fn reload() {
        if let Some(window) = web_sys::window() {
            // Refused only while the page is being taken down.
            let _ = window.location().reload();
        }
    }

    /// Fetches the newest version of the application and starts it: see `assets/start.js`.
    pub fn update() {
        let found = web_sys::window().and_then(|window| {
            let update = js_sys::Reflect::get(&window, &"updateUnison".into()).ok()?;
            update.dyn_into::<js_sys::Function>().ok()
        });
        // A page of an older start script is updated by loading it again.
        if found.is_none_or(|update| update.call0(&wasm_bindgen::JsValue::UNDEFINED).is_err()) {
            reload();
        }
    }

    pub fn set_title(title: &str) {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(title);
        }
    }

    /// Hands a file to the person: the browser asks where to or puts it to the downloads.
    pub fn save_file(name: &str, content: &str) {
        // Fails only where the page is being taken down.
        let _ = try_save(name, content);
    }

    fn try_save(name: &str, content: &str) -> Option<()> {
        let options = BlobPropertyBag::new();
        options.set_type("application/json");
        let parts = Array::of1(&content.into());
        let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
        let url = Url::create_object_url_with_blob(&blob).ok()?;
        let document = web_sys::window()?.document()?;
        let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
        link.set_attribute("href", &url).ok()?;
        link.set_attribute("download", name).ok()?;
        document.body()?.append_child(&link).ok()?;
        link.click();
        link.remove();
        Url::revoke_object_url(&url).ok()
    }

    /// Dropping it ends the listening.
    pub struct KeyListener {
        window: Window,
        closure: Closure<dyn FnMut(KeyboardEvent)>,
    }

    impl Drop for KeyListener {
        fn drop(&mut self) {
            let callback = self.closure.as_ref().unchecked_ref();
            let _ = self.window.remove_event_listener_with_callback("keydown", callback);
        }
    }

    /// `then` says whether it used the key.
    pub fn on_key(mut then: impl FnMut(KeyPress) -> bool + 'static) -> Option<KeyListener> {
        let window = web_sys::window()?;
        let closure = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let is_chord = event.ctrl_key() || event.alt_key() || event.meta_key();
            if is_chord || event.default_prevented() {
                return;
            }
            let press = KeyPress { key: event.key(), is_text: is_text(&event), is_modal: is_modal_open() };
            if then(press) {
                event.prevent_default();
            }
        });
        window.add_event_listener_with_callback("keydown", closure.as_ref().unchecked_ref()).ok()?;
        Some(KeyListener { window, closure })
    }

    fn is_text(event: &KeyboardEvent) -> bool {
        let element = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        element.is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || element.is_content_editable()
        })
    }

    fn is_modal_open() -> bool {
        let document = web_sys::window().and_then(|window| window.document());
        document.is_some_and(|it| it.query_selector("dialog[open]").ok().flatten().is_some())
    }
}

#[cfg(target_arch = "wasm32")]
pub use browser::*;

#[cfg(not(target_arch = "wasm32"))]
mod nowhere {
    use super::{KeyPress, Timestamp};

    /// Tests have their own present: 20 November 2026, 14:02 in Berlin.
    pub fn now() -> Timestamp {
        Timestamp::from_millis(1_795_179_720_000)
    }

    pub fn seed() -> [u8; 16] {
        [7; 16]
    }

    pub fn is_desktop() -> bool {
        false
    }

    pub fn reload() {}

    pub fn update() {}

    pub fn set_title(_title: &str) {}

    pub fn save_file(_name: &str, _content: &str) {}

    pub struct KeyListener;

    pub fn on_key(_then: impl FnMut(KeyPress) -> bool + 'static) -> Option<KeyListener> {
        None
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use nowhere::*;
