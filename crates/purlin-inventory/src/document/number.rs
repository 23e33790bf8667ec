//! Numbers of any length, and how Python prints them.

use crate::Value;

/// How many digits Python reads of one number: `sys.int_info.default_max_str_digits`.
const MAX_DIGITS: usize = 4300;

/// Nine decimal digits a limb.
const LIMB: u64 = 1_000_000_000;

/// A natural number that is built from its digits.
#[derive(Debug, Default)]
pub(super) struct Natural(Vec<u32>);

impl Natural {
    /// The number of digits that are all of that radix, at most 36; none where one is not, where there are none, or where
    /// there are more than Python reads.
    pub(super) fn from_digits(digits: &str, radix: u32) -> Option<Self> {
        let mut number = Self::default();
        if digits.is_empty() {
            return None;
        }
        for digit in digits.chars() {
            number.scale(radix, digit.to_digit(radix)?)?;
        }
        Some(number)
    }

    /// Multiplies, and adds.
    pub(super) fn scale(&mut self, factor: u32, add: u32) -> Option<()> {
        let mut carry = u64::from(add);
        for limb in &mut self.0 {
            let sum = u64::from(*limb) * u64::from(factor) + carry;
            *limb = u32::try_from(sum % LIMB).ok()?;
            carry = sum / LIMB;
        }
        if carry > 0 {
            self.0.push(u32::try_from(carry).ok()?);
        }
        (self.0.len() <= MAX_DIGITS.div_ceil(9)).then_some(())
    }

    /// As a value: small where it fits.
    pub(super) fn value(&self, negative: bool) -> Option<Value> {
        let mut text = if negative { "-".to_owned() } else { String::new() };
        match self.0.split_last() {
            None => text.push('0'),
            Some((first, rest)) => {
                text.push_str(&first.to_string());
                rest.iter().rev().for_each(|limb| text.push_str(&format!("{limb:09}")));
            }
        }
        match text.parse() {
            Ok(number) => Some(Value::Int(number)),
            Err(_) if text.len() > MAX_DIGITS + usize::from(negative) => None,
            Err(_) => Some(Value::BigInt(text.into())),
        }
    }
}

/// A whole number from its digits.
pub(super) fn integer(negative: bool, digits: &str, radix: u32) -> Option<Value> {
    if digits.len() < 16
        && !digits.starts_with(['+', '-'])
        && let Ok(number) = i64::from_str_radix(digits, radix)
    {
        // Sixteen digits of the largest radix that is asked for are below the limit of an i64.
        return Some(Value::Int(if negative { -number } else { number }));
    }
    Natural::from_digits(digits, radix)?.value(negative)
}

/// A number with a fraction as Python's `repr` prints it: `1000.0`, `1e+16`, `1e-05`; not for infinities.
fn python_float(number: f64) -> String {
    let shortest = format!("{number:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

/// A number with a fraction as Python's `json` writes it, in keys too.
pub(crate) fn json_float(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        python_float(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{integer, python_float};
    use crate::Value;
    use proptest::prelude::*;

    #[test]
    fn python_prints_so() {
        let pairs = [
            (1000.0, "1000.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-0.0, "-0.0"),
            (123_456_789.123_456_79, "123456789.12345679"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (number, text) in pairs {
            assert_eq!(python_float(number), text);
        }
    }

    #[test]
    fn more_digits_than_python_reads_are_no_number() {
        assert!(integer(true, &"1".repeat(4300), 10).is_some());
        assert!(integer(false, &"1".repeat(4301), 10).is_none());
        assert!(integer(false, &"f".repeat(5000), 16).is_none());
    }

    #[test]
    fn the_smallest_i64_is_small() {
        assert_eq!(integer(true, "9223372036854775808", 10), Some(Value::Int(i64::MIN)));
        assert_eq!(
            integer(false, "9223372036854775808", 10),
            Some(Value::BigInt("9223372036854775808".into()))
        );
    }

    proptest! {
        #[test]
        fn any_radix_gives_the_same_number(number: u128) {
            let decimal = integer(false, &number.to_string(), 10);
            prop_assert_eq!(&integer(false, &format!("{number:x}"), 16), &decimal);
            prop_assert_eq!(&integer(false, &format!("{number:o}"), 8), &decimal);
            prop_assert_eq!(&integer(false, &format!("{number:b}"), 2), &decimal);
        }

        #[test]
        fn a_float_reads_back(number: f64) {
            prop_assume!(number.is_finite());
            prop_assert_eq!(python_float(number).parse::<f64>().map(f64::to_bits), Ok(number.to_bits()));
        }
    }
}
