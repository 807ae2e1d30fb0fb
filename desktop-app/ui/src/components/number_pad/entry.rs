//! What a press makes of the text typed so far.

use dioxus::prelude::Key;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadKey {
    Digit(u8),
    Decimal,
    Backspace,
    Clear,
}

/// How much fits: digits before and after the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub whole: usize,
    /// None: the unit is counted, and there is no decimal key.
    pub decimals: usize,
}

/// The text after the press; what does not fit changes nothing.
pub fn press(value: &str, key: PadKey, limits: Limits) -> String {
    let (whole, fraction) =
        value.split_once('.').map_or((value, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = value.to_owned();
    match key {
        PadKey::Clear => text.clear(),
        PadKey::Backspace => {
            text.pop();
        }
        PadKey::Decimal if limits.decimals == 0 || fraction.is_some() => {}
        PadKey::Decimal if whole.is_empty() => text.push_str("0."),
        PadKey::Decimal => text.push('.'),
        PadKey::Digit(digit) => {
            let fits = fraction
                .map_or(whole.len() < limits.whole || whole == "0", |typed| typed.len() < limits.decimals);
            // "05" is no number that anyone means.
            if value == "0" {
                text.clear();
            }
            if fits {
                text.push(char::from(b'0' + digit % 10));
            }
        }
    }
    text
}

/// The pad's key for a key of the keyboard. Both signs are the decimal sign: a number block has only one.
pub fn pad_key(key: &Key) -> Option<PadKey> {
    match key {
        Key::Backspace => Some(PadKey::Backspace),
        Key::Delete | Key::Clear => Some(PadKey::Clear),
        Key::Character(text) => match text.as_str() {
            "." | "," => Some(PadKey::Decimal),
            digit => digit.parse().ok().filter(|digit| *digit < 10).map(PadKey::Digit),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTED: Limits = Limits { whole: 5, decimals: 0 };
    const WEIGHED: Limits = Limits { whole: 5, decimals: 3 };

    fn typed(keys: &[PadKey], limits: Limits) -> String {
        keys.iter().fold(String::new(), |text, key| press(&text, *key, limits))
    }

    #[test]
    fn digits_follow_each_other() {
        assert_eq!(typed(&[PadKey::Digit(4), PadKey::Digit(8)], COUNTED), "48");
    }

    #[test]
    fn a_leading_zero_is_replaced() {
        assert_eq!(typed(&[PadKey::Digit(0), PadKey::Digit(0), PadKey::Digit(5)], COUNTED), "5");
    }

    #[test]
    fn a_counted_unit_takes_no_decimal_sign() {
        assert_eq!(typed(&[PadKey::Digit(1), PadKey::Decimal, PadKey::Digit(2)], COUNTED), "12");
    }

    #[test]
    fn a_decimal_sign_first_means_nought_point() {
        assert_eq!(
            typed(&[PadKey::Decimal, PadKey::Digit(5), PadKey::Decimal, PadKey::Digit(2)], WEIGHED),
            "0.52"
        );
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        assert_eq!(press("12345", PadKey::Digit(6), COUNTED), "12345");
        assert_eq!(press("1.234", PadKey::Digit(5), WEIGHED), "1.234");
    }

    #[test]
    fn backspace_and_clear_take_away() {
        assert_eq!(press("12.", PadKey::Backspace, WEIGHED), "12");
        assert_eq!(press("", PadKey::Backspace, WEIGHED), "");
        assert_eq!(press("12.5", PadKey::Clear, WEIGHED), "");
    }

    #[test]
    fn both_signs_of_a_keyboard_are_the_decimal_sign() {
        assert_eq!(pad_key(&Key::Character(",".into())), Some(PadKey::Decimal));
        assert_eq!(pad_key(&Key::Character("7".into())), Some(PadKey::Digit(7)));
        assert_eq!(pad_key(&Key::Character("x".into())), None);
    }
}
