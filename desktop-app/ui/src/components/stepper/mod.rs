//! A small whole number, one up or one down.

mod component;

pub use component::Stepper;
