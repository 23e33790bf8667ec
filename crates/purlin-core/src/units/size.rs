//! Sizes in bytes with a unit: `512B`, `64KiB`, `1.5GiB`, `10MB`.
//!
//! Units: `B`; `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024, IEC 80000-13); `kB`, `MB`, `GB`, `TB` (powers of 1000).
//! For serde there is [`SizeText`](super::SizeText).

use super::invalid;
use crate::Result;

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Reads a size in bytes.
///
/// ```
/// assert_eq!(purlin_core::units::size::parse("64KiB")?, 65_536);
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid), with the text and what is wrong with it.
pub fn parse(text: &str) -> Result<u64> {
    let fail = |why: &str| Err(invalid("size.parse", format!("{text:?} {why}")));
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim_start();
    if number.is_empty() {
        return fail("does not start with a number: write 64KiB or 10MB");
    }
    if unit.is_empty() {
        return fail(&format!("has no unit: write {trimmed}B or {trimmed}KiB"));
    }
    let Some((_, bytes)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let like = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let hint = like.map(|(name, _)| format!("; did you mean {name}?")).unwrap_or_default();
        return fail(&format!(
            "has the unknown unit {unit:?}: use B, KiB, MiB, GiB, TiB, kB, MB, GB or TB{hint}"
        ));
    };
    match scaled(number, *bytes) {
        Some(size) => Ok(size),
        None => fail("is not a whole number of bytes below 16 EiB"),
    }
}

fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u128>().ok()?.checked_mul(u128::from(unit))?;
    if part % scale != 0 {
        return None;
    }
    let whole = whole.parse::<u128>().ok()?.checked_mul(u128::from(unit))?;
    u64::try_from(whole.checked_add(part / scale)?).ok()
}

/// Writes a size in the largest binary unit that keeps it exact, so that [`parse`] reads the same back.
pub fn format(bytes: u64) -> String {
    let exact = UNITS[..4].iter().find(|(_, size)| bytes > 0 && bytes % size == 0);
    match exact {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}B"),
    }
}
