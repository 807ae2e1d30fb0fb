//! The numbers and codes that people read, type and scan. A number is not an id.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("a number cannot be empty")]
    Empty,
    #[error("a number has at most 50 characters; this one has {0}")]
    TooLong(usize),
    #[error("a number holds printable characters only")]
    NotPrintable,
}

/// The number of a material, order, lot, machine or location: 1–50 printable characters, trimmed.
/// Two numbers that differ only in case are the same number; see [`Number::key`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Number(String);

impl Number {
    /// # Errors
    /// When the trimmed text is empty, longer than 50 characters or holds control characters.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(NumberError::Empty),
            length @ 51.. => Err(NumberError::TooLong(length)),
            _ if text.chars().any(char::is_control) => Err(NumberError::NotPrintable),
            _ => Ok(Self(text.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which numbers are compared.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Number {
    type Error = NumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0
    }
}

impl autosurgeon::Hydrate for Number {
    fn hydrate_string(text: &'_ str) -> Result<Self, autosurgeon::HydrateError> {
        Self::parse(text)
            .map_err(|error| autosurgeon::HydrateError::unexpected("a number", error.to_string()))
    }
}

impl autosurgeon::Reconcile for Number {
    type Key<'a> = autosurgeon::reconcile::NoKey;

    fn reconcile<R: autosurgeon::Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
        into.str(&self.0)
    }
}

/// A range of work order numbers that the server leased to one device, so that it can create
/// orders with no network: `WO-1000` up to and without `WO-1050`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberLease {
    pub prefix: String,
    pub next: u64,
    pub end: u64,
}

impl NumberLease {
    /// The next number, or nothing when the lease is used up.
    pub fn take(&mut self) -> Option<Number> {
        if self.next >= self.end {
            return None;
        }
        let number = Number::parse(&format!("{}{:05}", self.prefix, self.next)).ok()?;
        self.next += 1;
        Some(number)
    }

    #[must_use]
    pub const fn left(&self) -> u64 {
        self.end.saturating_sub(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_part_numbers_are_numbers() {
        for text in ["R_10R_0402_1%", "002.01-PCBA", "M2x4 LPHS", " widget.red "] {
            assert_eq!(Number::parse(text).expect("a number").as_str(), text.trim());
        }
        assert_eq!(Number::parse("  "), Err(NumberError::Empty));
        assert_eq!(Number::parse("a\tb"), Err(NumberError::NotPrintable));
        assert_eq!(Number::parse(&"x".repeat(51)), Err(NumberError::TooLong(51)));
    }

    #[test]
    fn a_lease_gives_each_number_once_and_then_none() {
        let mut lease = NumberLease { prefix: "WO-".to_owned(), next: 8, end: 10 };
        let numbers: Vec<_> = std::iter::from_fn(|| lease.take()).map(String::from).collect();
        assert_eq!(numbers, ["WO-00008", "WO-00009"]);
        assert_eq!(lease.left(), 0);
    }
}
