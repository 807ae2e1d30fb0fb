//! Quantities in `numeric` columns.

use rust_decimal::Decimal;
use shared_model::quantity::Amount;

/// A sum of amounts may be larger than an amount can be; then it is the largest.
pub(super) fn from_sum(sum: Decimal) -> Amount {
    Amount::exact(sum).unwrap_or(if sum.is_sign_negative() { Amount::MAX.negated() } else { Amount::MAX })
}
