//! What just happened, at the bottom of the screen, and for ten seconds the way back.

mod component;
mod countdown;
mod queue;

pub use component::ToastHost;
pub use queue::{Toast, ToastTone, Toasts, use_toasts, use_toasts_provider};
