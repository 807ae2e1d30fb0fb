//! Numbers as text, never as floats: a quantity keeps every digit it was typed with.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    pub decimal: char,
    pub group: char,
}

/// "-1234.50" → "-1,234.50". Text that is no plain decimal is returned as it is.
pub(super) fn grouped(plain: &str, separators: Separators) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |rest| ("−", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return plain.to_owned();
    }
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(separators.group);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push(separators.decimal);
        out.push_str(fraction);
    }
    out
}

/// What a person typed, as a plain decimal: "1.234,5" → "1234.5" where the comma is decimal. None when
/// it is no number.
pub fn ungroup(typed: &str, separators: Separators) -> Option<String> {
    let mut plain = String::with_capacity(typed.len());
    for c in typed.trim().chars() {
        match c {
            '0'..='9' => plain.push(c),
            '-' | '−' if plain.is_empty() => plain.push('-'),
            c if c == separators.decimal && !plain.contains('.') => plain.push('.'),
            c if c == separators.group && !plain.contains('.') => {}
            ' ' | '\u{a0}' | '\u{202f}' => {}
            _ => return None,
        }
    }
    plain.bytes().any(|b| b.is_ascii_digit()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINT: Separators = Separators { decimal: '.', group: ',' };
    const COMMA: Separators = Separators { decimal: ',', group: '.' };

    #[test]
    fn thousands_are_grouped_and_the_decimal_sign_is_the_language_s() {
        assert_eq!(grouped("48", POINT), "48");
        assert_eq!(grouped("1234567.50", POINT), "1,234,567.50");
        assert_eq!(grouped("1234.5", COMMA), "1.234,5");
        assert_eq!(grouped("-1000", POINT), "−1,000");
    }

    #[test]
    fn a_number_being_typed_keeps_its_open_decimal_sign() {
        assert_eq!(grouped("12.", COMMA), "12,");
    }

    #[test]
    fn text_that_is_no_number_stays_as_it_is() {
        assert_eq!(grouped("n/a", POINT), "n/a");
        assert_eq!(grouped("", POINT), "");
    }

    #[test]
    fn what_was_grouped_comes_back_plain() {
        for plain in ["0", "48", "1234567.50", "-1000"] {
            for separators in [POINT, COMMA] {
                assert_eq!(ungroup(&grouped(plain, separators), separators).as_deref(), Some(plain));
            }
        }
    }

    #[test]
    fn letters_and_lone_signs_are_no_number() {
        assert_eq!(ungroup("12a", POINT), None);
        assert_eq!(ungroup("-", POINT), None);
        assert_eq!(ungroup("1.2.3", POINT), None);
    }
}
