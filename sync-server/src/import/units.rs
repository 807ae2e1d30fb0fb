//! Units of measure that files may name without saying more about them.

use rust_decimal::Decimal;
use shared_model::quantity::{Dimension, UnitCode, UnitOfMeasure};

/// Code, name, dimension, and how many of the dimension's base unit: as mantissa and decimals.
const KNOWN: &[(&str, &str, Dimension, (i64, u32))] = &[
    ("pcs", "pieces", Dimension::Count, (1, 0)),
    ("pc", "piece", Dimension::Count, (1, 0)),
    ("ea", "each", Dimension::Count, (1, 0)),
    ("pair", "pairs", Dimension::Count, (2, 0)),
    ("dozen", "dozens", Dimension::Count, (12, 0)),
    ("m", "meters", Dimension::Length, (1, 0)),
    ("mm", "millimeters", Dimension::Length, (1, 3)),
    ("cm", "centimeters", Dimension::Length, (1, 2)),
    ("km", "kilometers", Dimension::Length, (1000, 0)),
    ("in", "inches", Dimension::Length, (254, 4)),
    ("ft", "feet", Dimension::Length, (3048, 4)),
    ("m2", "square meters", Dimension::Area, (1, 0)),
    ("kg", "kilograms", Dimension::Mass, (1, 0)),
    ("g", "grams", Dimension::Mass, (1, 3)),
    ("mg", "milligrams", Dimension::Mass, (1, 6)),
    ("t", "tonnes", Dimension::Mass, (1000, 0)),
    ("lb", "pounds", Dimension::Mass, (45_359_237, 8)),
    ("l", "liters", Dimension::Volume, (1, 0)),
    ("litres", "liters", Dimension::Volume, (1, 0)),
    ("liters", "liters", Dimension::Volume, (1, 0)),
    ("ml", "milliliters", Dimension::Volume, (1, 3)),
    ("m3", "cubic meters", Dimension::Volume, (1000, 0)),
    ("s", "seconds", Dimension::Time, (1, 0)),
    ("min", "minutes", Dimension::Time, (60, 0)),
    ("h", "hours", Dimension::Time, (3600, 0)),
];

/// The unit of a code, if it is a usual one.
pub(super) fn known(code: &UnitCode) -> Option<UnitOfMeasure> {
    KNOWN.iter().find(|(known, ..)| *known == code.as_str()).map(|(_, name, dimension, factor)| {
        UnitOfMeasure {
            code: code.clone(),
            name: (*name).to_owned(),
            dimension: *dimension,
            factor: Decimal::new(factor.0, factor.1),
        }
    })
}

/// All codes, for a message.
pub(super) fn codes() -> String {
    KNOWN.iter().map(|(code, ..)| *code).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_has_one_base_unit_at_least_and_no_unit_is_nothing() {
        for (code, _, dimension, factor) in KNOWN {
            assert!(Decimal::new(factor.0, factor.1) > Decimal::ZERO, "{code}");
            assert!(
                KNOWN.iter().any(|(_, _, of, factor)| of == dimension && *factor == (1, 0)),
                "{dimension:?}"
            );
        }
        assert_eq!(
            known(&UnitCode::new("in")).map(|unit| unit.factor.to_string()),
            Some("0.0254".to_owned())
        );
        assert_eq!(known(&UnitCode::new("bunch")), None);
    }
}
