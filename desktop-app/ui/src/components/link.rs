//! Clicks that the page answers itself, and clicks that belong to the browser.

use dioxus::html::input_data::MouseButton;
use dioxus::prelude::*;

/// False when the click asks for a new tab, a new window or a download.
pub fn is_plain_click(event: &MouseEvent) -> bool {
    event.modifiers().is_empty() && event.trigger_button().is_none_or(|button| button == MouseButton::Primary)
}
