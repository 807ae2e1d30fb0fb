//! Digits for a finger in a glove, and the same by a hardware keyboard.
//!
//! Values are plain decimals as text ("12.5", point as sign); only what is shown follows the language.

mod component;
mod entry;

pub use component::NumberPad;
pub use entry::{Limits, PadKey, pad_key, press};
