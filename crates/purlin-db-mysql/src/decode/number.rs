//! Numbers.

use purlin_db::{Decimal, ValueRef};

#[inline]
pub(super) fn unsigned(number: u64) -> ValueRef<'static> {
    i64::try_from(number).map_or(ValueRef::U64(number), ValueRef::I64)
}

pub(super) fn integer(text: &str) -> Option<ValueRef<'static>> {
    let signed = text.parse().map(ValueRef::I64);
    signed.or_else(|_| text.parse().map(ValueRef::U64)).ok()
}

/// BIT(1) to BIT(64), the first bit the highest.
pub(super) fn bits(bytes: &[u8]) -> Option<ValueRef<'_>> {
    if bytes.len() > 8 {
        return None;
    }
    Some(unsigned(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}

/// The usual case, up to 18 digits; none where [`decimal`] has to look.
#[inline]
pub(super) fn short_decimal(text: &[u8]) -> Option<Decimal> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.len() < 2 || digits.len() > 18 {
        return None;
    }
    let (mut mantissa, mut point) = (0_i64, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let scale = point.map_or(0, |point| digits.len() - point - 1);
    let mantissa = if digits.len() < text.len() { -mantissa } else { mantissa };
    Decimal::new(mantissa.into(), u8::try_from(scale).ok()?)
}

/// Up to 38 digits exactly, beyond them (DECIMAL has up to 65) as text.
pub(super) fn decimal(text: &str) -> Option<ValueRef<'_>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut all = whole.bytes().chain(part.bytes());
    if digits.is_empty() || !all.all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let spill = || ValueRef::BigDecimal(text.into());
    let Ok(scale) = u8::try_from(part.len()) else { return Some(spill()) };
    let mantissa = whole
        .bytes()
        .chain(part.bytes())
        .try_fold(0_i128, |number, byte| number.checked_mul(10)?.checked_add(i128::from(byte - b'0')));
    let mantissa = mantissa.map(|number| if negative { -number } else { number });
    let decimal = mantissa.and_then(|mantissa| Decimal::new(mantissa, scale));
    Some(decimal.map_or_else(spill, ValueRef::Decimal))
}
