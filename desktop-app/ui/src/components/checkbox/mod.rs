//! Yes or no, with its sentence.

mod component;

pub use component::Checkbox;
