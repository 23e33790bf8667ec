//! Thresholds as plugins write them.

use purlin_core::{Error, ErrorKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A range of values, as plugins write thresholds: an alarm is raised for a value *outside* it, or with `@` *inside* it
/// (Monitoring Plugins Development Guidelines, "Threshold and Ranges").
///
/// | written | alarms when |
/// |---|---|
/// | `10` | below 0 or above 10 |
/// | `10:` | below 10 |
/// | `~:10` | above 10 |
/// | `10:20` | below 10 or above 20 |
/// | `@10:20` | from 10 to 20, both ends included |
///
/// ```
/// use purlin_health::Range;
///
/// let range: Range = "10:20".parse()?;
/// assert!(range.alarms(9.9) && !range.alarms(20.0));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
    inside: bool,
}

impl Range {
    /// Alarms above this value.
    pub const fn up_to(high: f64) -> Self {
        Self { low: f64::NEG_INFINITY, high, inside: false }
    }

    /// Alarms below this value.
    pub const fn at_least(low: f64) -> Self {
        Self { low, high: f64::INFINITY, inside: false }
    }

    /// Alarms outside these two, both of which are still fine.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where `low` is above `high`, or one is not a number.
    pub fn between(low: f64, high: f64) -> Result<Self, Error> {
        // Written so that NaN fails too.
        if low <= high {
            return Ok(Self { low, high, inside: false });
        }
        Err(invalid(format!("the range {low}:{high} ends before it begins")))
    }

    /// The opposite: alarms within, both ends included.
    #[must_use]
    pub const fn alarm_inside(self) -> Self {
        Self { inside: true, ..self }
    }

    /// Whether a value raises an alarm; NaN always does.
    pub fn alarms(self, value: f64) -> bool {
        let within = (self.low..=self.high).contains(&value);
        value.is_nan() || within == self.inside
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("health.range")
}

impl FromStr for Range {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (inside, rest) = text.strip_prefix('@').map_or((false, text), |rest| (true, rest));
        let (low, high) = match rest.split_once(':') {
            Some(("~", high)) => (Some(f64::NEG_INFINITY), end(high)),
            Some((low, high)) => (number(low), end(high)),
            None => (Some(0.0), number(rest)),
        };
        let (Some(low), Some(high)) = (low, high) else {
            return Err(invalid(format!("\"{}\" is no range", text.escape_debug()))
                .with_note("ranges are written 10, 10:, ~:10, 10:20 or @10:20"));
        };
        let range = Self::between(low, high)?;
        Ok(if inside { range.alarm_inside() } else { range })
    }
}

/// The upper end: nothing means that there is none.
fn end(text: &str) -> Option<f64> {
    if text.is_empty() { Some(f64::INFINITY) } else { number(text) }
}

/// Only plain decimals: `inf`, `nan` and hexadecimal are no thresholds.
fn number(text: &str) -> Option<f64> {
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let value: f64 = text.chars().all(plain).then(|| text.parse().ok()).flatten()?;
    value.is_finite().then_some(value)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inside {
            f.write_str("@")?;
        }
        match (self.low, self.high) {
            (low, high) if low == 0.0 && high.is_finite() => write!(f, "{high}"),
            (low, high) if low.is_infinite() && high.is_infinite() => f.write_str("~:"),
            (low, high) if low.is_infinite() => write!(f, "~:{high}"),
            (low, high) if high.is_infinite() => write!(f, "{low}:"),
            (low, high) => write!(f, "{low}:{high}"),
        }
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.message().to_owned()))
    }
}
