//! The page. Every function is quiet when its element is gone: a key press may outlive a row.

use dioxus::prelude::*;
use dioxus::web::WebEventExt;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, Element, HtmlDialogElement, HtmlElement, Window};

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

pub fn focus(id: &str) {
    if let Some(element) = by_id::<HtmlElement>(id) {
        // Fails only for an element that left the page meanwhile.
        let _ = element.focus();
    }
}

/// Presses something that is not shown, such as the browser's own field for files.
pub fn click(id: &str) {
    if let Some(element) = by_id::<HtmlElement>(id) {
        element.click();
    }
}

/// Moves focus to the first thing that takes it, in the part marked `data-first-focus` if there is one:
/// a sheet opens at its task, not at its close button.
pub fn focus_first_in(id: &str) {
    const TAKES_FOCUS: &str = "button:not(:disabled):not([tabindex='-1']), input:not(:disabled), select:not(:disabled), textarea, a[href], [tabindex='0']";
    let Some(whole) = by_id::<Element>(id) else { return };
    let first_in = |element: &Element| element.query_selector(TAKES_FOCUS).ok().flatten();
    let marked = whole.query_selector("[data-first-focus]").ok().flatten();
    let first = marked.as_ref().and_then(first_in).or_else(|| first_in(&whole));
    if let Some(first) = first.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = first.focus();
    }
}

/// Opens a `<dialog>` over everything else; the browser keeps focus inside and gives it back at the end.
pub fn show_modal(id: &str) {
    if let Some(dialog) = by_id::<HtmlDialogElement>(id)
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

pub fn close_modal(id: &str) {
    if let Some(dialog) = by_id::<HtmlDialogElement>(id)
        && dialog.open()
    {
        dialog.close();
    }
}

/// Opens a popover below its anchor, or above where there is no room, and never over the page's edge.
pub fn show_popover_at(anchor_id: &str, id: &str) {
    const GAP: f64 = 4.0;
    let (Some(anchor), Some(popover)) = (by_id::<Element>(anchor_id), by_id::<HtmlElement>(id)) else {
        return;
    };
    let _ = popover.show_popover();
    let (anchor, size) = (anchor.get_bounding_client_rect(), popover.get_bounding_client_rect());
    let (width, height) = viewport();
    let below = anchor.bottom() + GAP;
    let top =
        if below + size.height() <= height { below } else { (anchor.top() - GAP - size.height()).max(GAP) };
    let left = anchor.left().min(width - size.width() - GAP).max(GAP);
    let style = popover.style();
    let _ = style.set_property("top", &format!("{top}px"));
    let _ = style.set_property("left", &format!("{left}px"));
}

fn viewport() -> (f64, f64) {
    let read = |value: Option<wasm_bindgen::JsValue>| value.and_then(|value| value.as_f64()).unwrap_or(0.0);
    let window = window();
    let width = read(window.as_ref().and_then(|window| window.inner_width().ok()));
    let height = read(window.as_ref().and_then(|window| window.inner_height().ok()));
    (width, height)
}

pub fn hide_popover(id: &str) {
    if let Some(popover) = by_id::<HtmlElement>(id) {
        let _ = popover.hide_popover();
    }
}

/// Sets or removes an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Runs once, at the first key of a hardware keyboard. Screen keyboards send keys without a code.
pub fn on_first_key(then: impl FnOnce() + 'static) {
    let Some(window) = window() else { return };
    let mut then = Some(then);
    let listener = Closure::<dyn FnMut(web_sys::KeyboardEvent)>::new(move |event: web_sys::KeyboardEvent| {
        if !event.code().is_empty()
            && let Some(then) = then.take()
        {
            then();
        }
    });
    let _ = window.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
    // Lives as long as the page.
    listener.forget();
}

/// What this browser remembers of how a person wants the page to look.
pub fn remembered(key: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(key).ok()?
}

pub fn remember(key: &str, value: Option<&str>) {
    let Some(storage) = window().and_then(|window| window.local_storage().ok().flatten()) else { return };
    // Storage that is full or forbidden costs a preference, nothing else.
    let _ = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
}

/// Whether the key was pressed in a field that wants it as text.
pub fn is_text_entry(event: &KeyboardEvent) -> bool {
    let target = event.data().try_as_web_event().and_then(|event| event.target());
    let Some(element) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return false };
    matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable()
}

pub async fn sleep(ms: u32) {
    gloo_timers::future::TimeoutFuture::new(ms).await;
}

/// The path of the page's address.
pub fn path() -> String {
    window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// The part of the address after `#`, with it.
pub fn hash() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// The part of the address after `?`, with it.
pub fn query() -> String {
    window().and_then(|window| window.location().search().ok()).unwrap_or_default()
}
