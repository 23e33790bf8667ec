//! Exact numbers, as `numeric` travels: digits of base 10,000.

use purlin_db::{Decimal, ValueRef};
use std::fmt::Write;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

struct Parts {
    weight: i64,
    sign: u16,
    scale: u16,
    digits: Vec<u16>,
}

/// None for what is no numeric.
pub(super) fn binary(bytes: &[u8]) -> Option<ValueRef<'static>> {
    let (head, digits) = bytes.split_at_checked(8)?;
    let field = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
    let (count, weight, sign, scale) = (field(0)?, field(2)?.cast_signed(), field(4)?, field(6)?);
    match sign {
        NAN => return Some(ValueRef::BigDecimal("NaN".into())),
        INFINITY => return Some(ValueRef::BigDecimal("Infinity".into())),
        MINUS_INFINITY => return Some(ValueRef::BigDecimal("-Infinity".into())),
        0 | NEGATIVE => {}
        _ => return None,
    }
    if digits.len() != 2 * usize::from(count) {
        return None;
    }
    let numbers = digits.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    if let Some(decimal) = small(numbers.clone(), count, weight, sign, scale) {
        return Some(ValueRef::Decimal(decimal));
    }
    let digits: Vec<u16> = numbers.collect();
    if digits.iter().any(|digit| *digit > 9999) {
        return None;
    }
    let parts = Parts { weight: i64::from(weight), sign, scale, digits };
    Some(ValueRef::BigDecimal(long(&parts).into()))
}

/// Where it has at most 38 digits.
fn small(
    digits: impl Iterator<Item = u16>,
    count: u16,
    weight: i16,
    sign: u16,
    scale: u16,
) -> Option<Decimal> {
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= Decimal::MAX_DIGITS)?;
    let exponent = 4 * (i32::from(weight) - i32::from(count) + 1) + i32::from(scale);
    // Digits behind the scale are zeros that fill up the last group. With them 38 digits can be too many.
    let beyond = u32::try_from(-exponent).unwrap_or(0);
    let whole = usize::from(count).checked_sub(usize::try_from(beyond.div_ceil(4)).ok()?)?;
    let mut mantissa: i128 = 0;
    for (index, digit) in digits.enumerate().take(whole + 1) {
        let (factor, digit) = match (index < whole, beyond % 4) {
            (true, _) => (10_000, i128::from(digit)),
            (false, 0) => break,
            (false, rest) => (10_i128.pow(4 - rest), i128::from(digit) / 10_i128.pow(rest)),
        };
        mantissa = mantissa.checked_mul(factor)?.checked_add(digit)?;
    }
    if mantissa != 0 && exponent > 0 {
        mantissa = mantissa.checked_mul(10_i128.checked_pow(exponent.unsigned_abs())?)?;
    }
    Decimal::new(if sign == NEGATIVE { -mantissa } else { mantissa }, scale)
}

fn long(parts: &Parts) -> String {
    let digit = |place: i64| -> u16 {
        let index = usize::try_from(parts.weight - place).ok();
        index.and_then(|index| parts.digits.get(index)).copied().unwrap_or(0)
    };
    let mut whole = String::new();
    for place in (0..=parts.weight.max(0)).rev() {
        let _ = write!(whole, "{:04}", digit(place));
    }
    let trimmed = whole.trim_start_matches('0');
    let mut text = if parts.sign == NEGATIVE { "-".to_owned() } else { String::new() };
    text.push_str(if trimmed.is_empty() { "0" } else { trimmed });
    let scale = usize::from(parts.scale);
    if scale > 0 {
        let mut fraction = String::new();
        let mut place = -1;
        while fraction.len() < scale {
            let _ = write!(fraction, "{:04}", digit(place));
            place -= 1;
        }
        fraction.truncate(scale);
        text.push('.');
        text.push_str(&fraction);
    }
    text
}

/// From the text of a number; any other text, such as `NaN`, stays text.
pub(super) fn text(text: &str) -> ValueRef<'_> {
    parse(text).map_or(ValueRef::BigDecimal(text.into()), ValueRef::Decimal)
}

fn parse(text: &str) -> Option<Decimal> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = u8::try_from(fraction.len()).ok()?;
    let mut mantissa: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
    }
    Decimal::new(if negative { -mantissa } else { mantissa }, scale)
}
