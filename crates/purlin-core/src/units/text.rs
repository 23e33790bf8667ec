//! Durations and sizes as types for settings.

use super::{duration, size};
use crate::Error;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A duration that is read and written with its unit, in the grammar of [`duration`]. As a type of its own it fits
/// into `Option`, lists and the like.
///
/// ```
/// use purlin_core::units::DurationText;
/// use std::time::Duration;
///
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     interval: DurationText,
///     timeout: Option<DurationText>,
/// }
///
/// let settings: Settings = toml::from_str("interval = \"90s\"").unwrap();
/// assert_eq!(settings.interval.to_string(), "1m30s");
/// assert_eq!(settings.timeout.map(Duration::from), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DurationText(Duration);

/// A number of bytes that is read and written with its unit, in the grammar of [`size`].
///
/// ```
/// use purlin_core::units::SizeText;
///
/// let limit: SizeText = "64KiB".parse()?;
/// assert_eq!(u64::from(limit), 65_536);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SizeText(u64);

impl From<Duration> for DurationText {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<DurationText> for Duration {
    fn from(text: DurationText) -> Self {
        text.0
    }
}

impl FromStr for DurationText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        duration::parse(text).map(Self)
    }
}

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&duration::format(self.0))
    }
}

impl From<u64> for SizeText {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<SizeText> for u64 {
    fn from(text: SizeText) -> Self {
        text.0
    }
}

impl FromStr for SizeText {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        size::parse(text).map(Self)
    }
}

impl fmt::Display for SizeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&size::format(self.0))
    }
}

impl Serialize for DurationText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (parse, expected) = (duration::parse, "a duration in quotes, such as \"10s\"");
        deserializer.deserialize_str(Text { parse, expected }).map(Self)
    }
}

impl Serialize for SizeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SizeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (parse, expected) = (size::parse, "a size in quotes, such as \"64KiB\"");
        deserializer.deserialize_str(Text { parse, expected }).map(Self)
    }
}

/// Reads text; of anything else it says how to write it.
struct Text<T> {
    parse: fn(&str) -> Result<T, Error>,
    expected: &'static str,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(|error| E::custom(error.message()))
    }
}
