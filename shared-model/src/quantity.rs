//! Exact quantities. An [`Amount`] counts millionths, so that sums are exact in Rust, SQLite and
//! PostgreSQL alike; a [`Quantity`] is an amount of a unit.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

const DECIMALS: u32 = 6;
const PER_ONE: i64 = 1_000_000;

/// A signed decimal with six places, at most ±[`Amount::MAX`]. In JSON a string, because
/// JavaScript and spreadsheets would round a number.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("{0:?} is not a number")]
    NotANumber(String),
    #[error("{0} has more than six decimal places")]
    TooFine(String),
    #[error("{0} is larger than 999,999,999,999")]
    TooLarge(String),
}

impl Amount {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(PER_ONE);
    /// 999,999,999,999.999999
    pub const MAX: Self = Self(999_999_999_999_999_999);
    /// 1,000,000,000: the most that one entry may say. More is a scanned barcode in the wrong field.
    pub const MAX_ENTERED: Self = Self(1_000_000_000_000_000);

    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Millionths, for storage.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn whole(count: i32) -> Self {
        Self(count as i64 * PER_ONE)
    }

    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.0, DECIMALS)
    }

    /// The nearest amount, halves away from zero: the one place where quantities are rounded.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`].
    pub fn round(value: Decimal) -> Result<Self, AmountError> {
        let rounded = value.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero);
        Self::exact(rounded).map_err(|_| AmountError::TooLarge(value.to_string()))
    }

    /// # Errors
    /// When the value has more than six decimals or is too large.
    pub fn exact(value: Decimal) -> Result<Self, AmountError> {
        let value = value.normalize();
        if value.scale() > DECIMALS {
            return Err(AmountError::TooFine(value.to_string()));
        }
        let too_large = || AmountError::TooLarge(value.to_string());
        let micros = value.checked_mul(Decimal::from(PER_ONE)).ok_or_else(too_large)?;
        let micros = i64::try_from(micros.trunc()).map_err(|_| too_large())?;
        if micros.unsigned_abs() > Self::MAX.0.unsigned_abs() { Err(too_large()) } else { Ok(Self(micros)) }
    }

    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    #[must_use]
    pub const fn negated(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// `self × numerator ÷ denominator`, rounded. Saturates at ±[`Amount::MAX`]; zero when the
    /// denominator is zero, which no validated BOM has.
    #[must_use]
    pub fn scaled(self, numerator: Decimal, denominator: Decimal) -> Self {
        if denominator.is_zero() {
            return Self::ZERO;
        }
        let is_negative =
            self.is_negative() != (numerator.is_sign_negative() != denominator.is_sign_negative());
        let most = if is_negative { Self::MAX.negated() } else { Self::MAX };
        self.decimal()
            .checked_mul(numerator)
            .and_then(|product| product.checked_div(denominator))
            .map_or(most, |value| Self::round(value).unwrap_or(most))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().normalize().fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = Decimal::from_str_exact(text.trim())
            .or_else(|_| Decimal::from_scientific(text.trim()))
            .map_err(|_| AmountError::NotANumber(text.to_owned()))?;
        Self::exact(value)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            let micros = i64::deserialize(deserializer)?;
            if micros.unsigned_abs() > Self::MAX.0.unsigned_abs() {
                return Err(serde::de::Error::custom(AmountError::TooLarge(Self(micros).to_string())));
            }
            Ok(Self(micros))
        }
    }
}

impl autosurgeon::Hydrate for Amount {
    fn hydrate_int(micros: i64) -> Result<Self, autosurgeon::HydrateError> {
        Ok(Self(micros))
    }
}

impl autosurgeon::Reconcile for Amount {
    type Key<'a> = autosurgeon::reconcile::NoKey;

    fn reconcile<R: autosurgeon::Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
        into.i64(self.0)
    }
}

/// The code of a unit of measure: "pcs", "kg". Unique in an organization, 1–10 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitCode(String);

impl UnitCode {
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(code.trim().to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl autosurgeon::Hydrate for UnitCode {
    fn hydrate_string(text: &'_ str) -> Result<Self, autosurgeon::HydrateError> {
        Ok(Self(text.to_owned()))
    }
}

impl autosurgeon::Reconcile for UnitCode {
    type Key<'a> = autosurgeon::reconcile::NoKey;

    fn reconcile<R: autosurgeon::Reconciler>(&self, mut into: R) -> Result<(), R::Error> {
        into.str(&self.0)
    }
}

/// What a unit measures. Conversion stays inside one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Count,
    Length,
    Area,
    Mass,
    Volume,
    Time,
}

/// A unit of measure of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitOfMeasure {
    pub code: UnitCode,
    pub name: String,
    pub dimension: Dimension,
    /// How many of the dimension's base unit one of these is; > 0, the base unit exactly 1.
    pub factor: Decimal,
}

/// An amount of a unit. Different units do not add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    pub amount: Amount,
    pub unit: UnitCode,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("{0} and {1} are different units")]
    Different(UnitCode, UnitCode),
    #[error("there is no unit {0}")]
    Unknown(UnitCode),
    #[error("{0} cannot be converted to {1}: one is {2:?}, the other {3:?}")]
    OtherDimension(UnitCode, UnitCode, Dimension, Dimension),
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl Quantity {
    #[must_use]
    pub const fn new(amount: Amount, unit: UnitCode) -> Self {
        Self { amount, unit }
    }

    /// # Errors
    /// [`UnitError::Different`].
    pub fn checked_add(&self, other: &Self) -> Result<Self, UnitError> {
        if self.unit == other.unit {
            Ok(Self::new(self.amount.plus(other.amount), self.unit.clone()))
        } else {
            Err(UnitError::Different(self.unit.clone(), other.unit.clone()))
        }
    }

    /// `value × from.factor ÷ to.factor` (DOMAIN.md 2.2), rounded to six places.
    ///
    /// # Errors
    /// When a unit is unknown or the two measure different things.
    pub fn convert<'a>(
        &self,
        units: impl Fn(&UnitCode) -> Option<&'a UnitOfMeasure>,
        to: &UnitCode,
    ) -> Result<Self, UnitError> {
        if self.unit == *to {
            return Ok(self.clone());
        }
        let find = |code: &UnitCode| units(code).ok_or_else(|| UnitError::Unknown(code.clone()));
        let (source, target) = (find(&self.unit)?, find(to)?);
        if source.dimension != target.dimension {
            return Err(UnitError::OtherDimension(
                self.unit.clone(),
                to.clone(),
                source.dimension,
                target.dimension,
            ));
        }
        Ok(Self::new(self.amount.scaled(source.factor, target.factor), to.clone()))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(code: &str, dimension: Dimension, factor: &str) -> UnitOfMeasure {
        UnitOfMeasure {
            code: UnitCode::new(code),
            name: code.to_owned(),
            dimension,
            factor: factor.parse().expect("a factor"),
        }
    }

    #[test]
    fn an_amount_reads_what_it_writes_and_refuses_what_it_cannot_hold() {
        for text in ["0", "48", "-2.5", "0.000001", "999999999999.999999"] {
            assert_eq!(text.parse::<Amount>().expect("an amount").to_string(), text);
        }
        assert!(matches!("4.0000001".parse::<Amount>(), Err(AmountError::TooFine(_))));
        assert!(matches!("1e13".parse::<Amount>(), Err(AmountError::TooLarge(_))));
        assert!(matches!("forty".parse::<Amount>(), Err(AmountError::NotANumber(_))));
        assert_eq!(Amount::round("0.0000005".parse().expect("a decimal")).expect("fits").micros(), 1);
    }

    #[test]
    fn a_product_too_large_to_hold_is_the_largest_amount_and_never_nothing() {
        let huge = Decimal::from(1_000_000_000_000_i64);
        let tiny: Decimal = "0.000001".parse().expect("a decimal");
        assert_eq!(Amount::MAX.scaled(huge, tiny), Amount::MAX);
        assert_eq!(Amount::MAX.negated().scaled(huge, tiny), Amount::MAX.negated());
        assert_eq!(Amount::ONE.scaled(huge, Decimal::ZERO), Amount::ZERO);
    }

    #[test]
    fn grams_do_not_become_meters() {
        let units = [unit("g", Dimension::Mass, "0.001"), unit("m", Dimension::Length, "1")];
        let find = |code: &UnitCode| units.iter().find(|unit| unit.code == *code);
        let error = Quantity::new(Amount::ONE, UnitCode::new("g")).convert(find, &UnitCode::new("m"));
        assert!(matches!(error, Err(UnitError::OtherDimension(..))));
    }

    proptest! {
        #[test]
        fn a_conversion_there_and_back_returns_the_amount(micros in -10_000_000_000i64..10_000_000_000) {
            let units = [unit("kg", Dimension::Mass, "1"), unit("mg", Dimension::Mass, "0.000001")];
            let find = |code: &UnitCode| units.iter().find(|unit| unit.code == *code);
            let there = Quantity::new(Amount::from_micros(micros), UnitCode::new("kg"));
            let back = there.convert(find, &UnitCode::new("mg")).and_then(|q| q.convert(find, &UnitCode::new("kg")));
            prop_assert_eq!(back, Ok(there));
        }

        #[test]
        fn an_amount_survives_text_and_json(micros in -999_999_999_999_999_999i64..999_999_999_999_999_999) {
            let amount = Amount::from_micros(micros);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
            let json = serde_json::to_string(&amount).expect("serializes");
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).expect("parses"), amount);
        }
    }
}
