//! Numbers of Python's literals.

use super::super::number::integer;
use crate::Value;

/// The value of digits, letters, points and underscores that stand together.
pub(super) fn number_value(number: &str) -> Option<Value> {
    if number.len() < 18 && !number.starts_with('0') && number.bytes().all(|digit| digit.is_ascii_digit()) {
        return number.parse().ok().map(Value::Int);
    }
    let radix = match number.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => 10,
    };
    if radix != 10 {
        let digits = number.get(2..)?;
        // One underscore may stand after the prefix too.
        return integer(false, &bare(digits.strip_prefix('_').unwrap_or(digits), radix)?, radix);
    }
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if fraction.is_none() && exponent.is_none() {
        let digits = bare(whole, 10)?;
        let leads = digits.starts_with('0') && digits.bytes().any(|digit| digit != b'0');
        return if leads { None } else { integer(false, &digits, 10) };
    }
    let optional = |digits: &str| if digits.is_empty() { Some(String::new()) } else { bare(digits, 10) };
    let (whole, fraction) = (optional(whole)?, optional(fraction.unwrap_or_default())?);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match exponent {
        None => "0".to_owned(),
        Some(exponent) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let sign = if exponent.starts_with('-') { "-" } else { "" };
            format!("{sign}{}", bare(digits, 10)?)
        }
    };
    format!("{whole}.{fraction}e{exponent}").parse::<f64>().ok().map(Value::from)
}

/// Digits without the underscores between them.
fn bare(digits: &str, radix: u32) -> Option<String> {
    let parts_are_whole = digits.split('_').all(|part| !part.is_empty());
    let bare = digits.replace('_', "");
    (parts_are_whole && bare.chars().all(|digit| digit.is_digit(radix))).then_some(bare)
}
