//! A calendar day, as ISO text ("2026-10-14") in and out.

mod component;

pub use component::DateField;
