//! Moments of the wall clock, printed as RFC 3339.

mod civil;
mod parse;

use crate::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in UTC with nanoseconds, between the years 0 and 9999. Calendars and time zones are left to jiff.
///
/// It prints and reads as RFC 3339; printed with as many decimals (0, 3, 6 or 9) as the moment needs.
///
/// ```
/// use purlin_core::Timestamp;
/// use std::time::Duration;
///
/// let built: Timestamp = "2026-11-22T12:30:00+01:00".parse()?;
/// assert_eq!(built.to_string(), "2026-11-22T11:30:00Z");
/// assert_eq!(built.saturating_add(Duration::from_millis(1500)).to_string(), "2026-11-22T11:30:01.500Z");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// 9999-12-31T23:59:59Z
const LATEST: i64 = 253_402_300_799;
/// 0000-01-01T00:00:00Z
const EARLIEST: i64 = -62_167_219_200;
const NANOS: u32 = 1_000_000_000;

impl Timestamp {
    /// The earliest moment that RFC 3339 can write.
    pub const MIN: Self = Self { seconds: EARLIEST, nanos: 0 };
    /// The latest moment that RFC 3339 can write.
    pub const MAX: Self = Self { seconds: LATEST, nanos: NANOS - 1 };
    /// 1970-01-01T00:00:00Z
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanos: 0 };

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub(crate) fn of_system() -> Self {
        SystemTime::now().into()
    }

    /// So many seconds after (or before) 1970-01-01T00:00:00Z, kept within [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self::clamped(seconds, 0)
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded towards the past.
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds beyond [`unix_seconds`](Self::unix_seconds), below 1,000,000,000.
    pub const fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// That much later, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, time: Duration) -> Self {
        let nanos = self.nanos + time.subsec_nanos();
        let carry = i64::from(nanos / NANOS);
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self::clamped(self.seconds.saturating_add(seconds).saturating_add(carry), nanos % NANOS)
    }

    /// That much earlier, at least [`MIN`](Self::MIN).
    #[must_use]
    pub fn saturating_sub(self, time: Duration) -> Self {
        let (nanos, borrow) = match self.nanos.checked_sub(time.subsec_nanos()) {
            Some(nanos) => (nanos, 0),
            None => (self.nanos + NANOS - time.subsec_nanos(), 1),
        };
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self::clamped(self.seconds.saturating_sub(seconds).saturating_sub(borrow), nanos)
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        if self <= earlier {
            return Duration::ZERO;
        }
        let seconds = self.seconds.abs_diff(earlier.seconds);
        match self.nanos.checked_sub(earlier.nanos) {
            Some(nanos) => Duration::new(seconds, nanos),
            None => Duration::new(seconds - 1, self.nanos + NANOS - earlier.nanos),
        }
    }

    const fn clamped(seconds: i64, nanos: u32) -> Self {
        if seconds > LATEST {
            Self::MAX
        } else if seconds < EARLIEST {
            Self::MIN
        } else {
            Self { seconds, nanos }
        }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self::UNIX_EPOCH.saturating_add(after),
            Err(before) => Self::UNIX_EPOCH.saturating_sub(before.duration()),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil::from_days(self.seconds.div_euclid(86_400));
        let second = self.seconds.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.nanos {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => write!(f, ".{:03}", nanos / 1_000_000)?,
            nanos if nanos % 1_000 == 0 => write!(f, ".{:06}", nanos / 1_000)?,
            nanos => write!(f, ".{nanos:09}")?,
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Reads RFC 3339 with any offset. A leap second (`:60`) is taken as the second after it.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse::rfc3339(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
