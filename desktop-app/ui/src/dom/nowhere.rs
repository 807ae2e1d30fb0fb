//! Where there is no page.

use dioxus::prelude::*;

pub fn focus(_id: &str) {}
pub fn click(_id: &str) {}
pub fn focus_first_in(_id: &str) {}
pub fn show_modal(_id: &str) {}
pub fn close_modal(_id: &str) {}
pub fn show_popover_at(_anchor_id: &str, _id: &str) {}
pub fn hide_popover(_id: &str) {}
pub fn set_root_attribute(_name: &str, _value: Option<&str>) {}
pub fn on_first_key(_then: impl FnOnce() + 'static) {}

pub fn remembered(_key: &str) -> Option<String> {
    None
}

pub fn remember(_key: &str, _value: Option<&str>) {}

pub fn is_text_entry(_event: &KeyboardEvent) -> bool {
    false
}

/// Never wakes: nothing that waits may finish in a test that only renders.
pub async fn sleep(_ms: u32) {
    std::future::pending::<()>().await;
}

pub fn path() -> String {
    "/".to_owned()
}

pub fn hash() -> String {
    String::new()
}

pub fn query() -> String {
    String::new()
}
