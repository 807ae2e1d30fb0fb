//! Money in integer minor units, and prices per unit with six decimals.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quantity::Amount;

/// An ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0:?} is not a currency; write one as EUR")]
    NotACurrency(String),
    #[error("{0} and {1} are different currencies")]
    Different(Currency, Currency),
    #[error("the sum is too large")]
    TooLarge,
    #[error("money cannot be split into no parts")]
    NoParts,
}

impl Currency {
    /// # Errors
    /// When the text is not three capital letters.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(MoneyError::NotACurrency(code.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

/// A sum of money in the currency's minor unit (cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    /// # Errors
    /// When the currencies differ or the sum overflows.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Different(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// Divides into `parts` shares that differ by at most one minor unit and sum back.
    ///
    /// # Errors
    /// [`MoneyError::NoParts`].
    pub fn split(self, parts: u32) -> Result<Vec<Self>, MoneyError> {
        if parts == 0 {
            return Err(MoneyError::NoParts);
        }
        let (share, rest) = (self.minor.div_euclid(parts.into()), self.minor.rem_euclid(parts.into()));
        Ok((0..i64::from(parts)).map(|part| Self { minor: share + i64::from(part < rest), ..self }).collect())
    }
}

/// What one unit of a material costs; finer than cents, because a resistor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub amount: Amount,
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_split_loses_no_cent(minor in -1_000_000_000i64..1_000_000_000, parts in 1u32..50) {
            let money = Money { minor, currency: Currency::parse("EUR").expect("a currency") };
            let shares = money.split(parts).expect("parts");
            prop_assert_eq!(shares.iter().map(|share| share.minor).sum::<i64>(), minor);
            let (low, high) = (shares.iter().map(|s| s.minor).min(), shares.iter().map(|s| s.minor).max());
            prop_assert!(high.zip(low).is_some_and(|(high, low)| high - low <= 1));
        }
    }

    #[test]
    fn euros_do_not_add_to_dollars() {
        let money = |code| Money { minor: 1, currency: Currency::parse(code).expect("a currency") };
        assert!(matches!(money("EUR").checked_add(money("USD")), Err(MoneyError::Different(..))));
        assert!(Currency::parse("euro").is_err());
    }
}
