//! Durations with a unit: `500ms`, `10s`, `1.5h`, `1h30m`, `14d`.
//!
//! Units: `ns`, `us`, `ms`, `s`, `m`, `h`, `d` (24 hours), `w` (7 days). A number without a unit is refused,
//! because half of its readers would guess wrong. For serde there is [`DurationText`](super::DurationText).

use super::invalid;
use crate::{Error, Result};
use std::time::Duration;

/// Larger units first, as they are written.
const UNITS: [(&str, u128); 8] = [
    ("w", 7 * 24 * 3600 * 1_000_000_000),
    ("d", 24 * 3600 * 1_000_000_000),
    ("h", 3600 * 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration.
///
/// ```
/// use purlin_core::units::duration;
/// use std::time::Duration;
///
/// assert_eq!(duration::parse("1h30m")?, Duration::from_secs(5400));
/// assert_eq!(duration::parse("10").unwrap_err().message(), "\"10\" has no unit: write 10s or 10ms");
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid), with the text and what is wrong with it.
pub fn parse(text: &str) -> Result<Duration> {
    let fail = |why: &str| Err(fault(text, why));
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return fail("is empty: write a number and a unit, such as 10s");
    }
    if trimmed.contains(char::is_whitespace) {
        let joined: String = trimmed.split_whitespace().collect();
        let example = if parse(&joined).is_ok() { &joined } else { "10s or 1h30m" };
        return fail(&format!("has a space in it: write {example}"));
    }
    let (mut rest, mut total, mut last_unit) = (trimmed, 0u128, u128::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return fail("does not start with a number: write 10s or 1h30m");
        }
        if unit.is_empty() {
            return fail(&format!("has no unit: write {trimmed}s or {trimmed}ms"));
        }
        let Some((_, nanos)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return fail(&format!("has the unknown unit {unit:?}: use ns, us, ms, s, m, h, d or w"));
        };
        if *nanos >= last_unit {
            return fail("has its units out of order: write the larger one first");
        }
        let Some(part) = scaled(number, *nanos) else {
            return fail("is not a number of that unit that can be kept exactly");
        };
        total = total.saturating_add(part);
        (rest, last_unit) = (tail, *nanos);
    }
    from_nanos(total).ok_or_else(|| fault(text, "is too long"))
}

fn fault(text: &str, why: &str) -> Error {
    invalid("duration.parse", format!("{text:?} {why}"))
}

/// A decimal number of a unit, in nanoseconds; none where digits would be lost.
fn scaled(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u128>().ok()?.checked_mul(unit)?;
    if part % scale != 0 {
        return None;
    }
    whole.parse::<u128>().ok()?.checked_mul(unit)?.checked_add(part / scale)
}

fn from_nanos(nanos: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, u32::try_from(nanos % 1_000_000_000).ok()?))
}

/// Writes a duration so that [`parse`] reads the same back: `90s` becomes `1m30s`.
pub fn format(duration: Duration) -> String {
    let mut nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Weeks are read but not written: "14d" is what people say.
    for (unit, size) in &UNITS[1..] {
        if nanos >= *size {
            text += &format!("{}{unit}", nanos / size);
            nanos %= size;
        }
    }
    text
}

/// Writes a duration for people, cut to its leading part: `2s`, `1.25s`, `45.6ms`, `3d 4h`.
pub fn approximate(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{large_unit}"),
        small => format!("{large}{large_unit} {small}{small_unit}"),
    };
    match seconds {
        86_400.. => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
        3600.. => two(seconds / 3600, "h", seconds / 60 % 60, "m"),
        60.. => two(seconds / 60, "m", seconds % 60, "s"),
        1.. => decimals(duration.as_secs_f64(), 2, "s"),
        0 if duration.as_micros() >= 1000 => decimals(duration.as_secs_f64() * 1e3, 1, "ms"),
        0 if duration.is_zero() => "0s".to_owned(),
        0 => decimals(duration.as_secs_f64() * 1e6, 1, "us"),
    }
}

/// Without zeros at the end.
fn decimals(number: f64, places: usize, unit: &str) -> String {
    let text = format!("{number:.places$}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}
