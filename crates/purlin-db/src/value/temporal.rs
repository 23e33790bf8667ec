//! Days and times as databases keep them.

mod text;

use super::Mismatch;
use purlin_core::Timestamp;

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_DAY: i64 = 86_400 * NANOS_PER_SECOND;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;

/// A day of the proleptic Gregorian calendar; prints as ISO 8601. Servers' zero dates and infinities come as
/// [`Value::Other`](crate::Value::Other).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// A day; none where the calendar has no such day. Year 0 is 1 BC.
    #[inline]
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if month == 0 || month > 12 || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// The day so many days after 1970-01-01, or before it; none beyond the years that it holds.
    ///
    /// The algorithm is Howard Hinnant's `civil_from_days`, which counts years from March.
    pub fn from_unix_days(days: i64) -> Option<Self> {
        let days = days.checked_add(EPOCH_DAYS)?;
        let (era, of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// Days after 1970-01-01; negative before it.
    pub fn unix_days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted + 2) / 5 + day - 1;
        era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS
    }

    /// The year; 0 is 1 BC.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month, from 1.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// A time of day, or a signed span of hours as MySQL's TIME, in nanoseconds; prints as `13:30:00.250` or `-27:00:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    nanos: i64,
}

impl Time {
    /// So many nanoseconds after midnight, or a span of that length; negative spans are legal.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// That time of day; none where a clock shows no such time.
    pub const fn of_day(hour: u8, minute: u8, second: u8, nanos: u32) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 || nanos >= 1_000_000_000 {
            return None;
        }
        let seconds = hour as i64 * 3600 + minute as i64 * 60 + second as i64;
        Some(Self { nanos: seconds * NANOS_PER_SECOND + nanos as i64 })
    }

    /// Nanoseconds after midnight, or the length of the span.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// Whether it lies within one day, from midnight on.
    pub const fn is_time_of_day(self) -> bool {
        self.nanos >= 0 && self.nanos < NANOS_PER_DAY
    }
}

/// A day and a time of day, without a zone; prints as `2026-11-22 13:30:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    date: Date,
    time: Time,
}

impl DateTime {
    /// That day at that time; none where the time is not within one day.
    #[inline]
    pub const fn new(date: Date, time: Time) -> Option<Self> {
        if time.is_time_of_day() { Some(Self { date, time }) } else { None }
    }

    /// So many microseconds after 1970-01-01 00:00:00, or before it: the unit that most engines keep.
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        let date = Date::from_unix_days(micros.div_euclid(NANOS_PER_DAY / 1000))?;
        Self::new(date, Time::from_nanos(micros.rem_euclid(NANOS_PER_DAY / 1000) * 1000))
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.date
    }

    /// The time of day.
    pub const fn time(self) -> Time {
        self.time
    }

    /// The moment at which clocks at that offset show it; none where [`Timestamp`] does not hold it.
    pub fn at_offset(self, offset_seconds: i32) -> Option<DateTimeTz> {
        let seconds = self.date.unix_days() * 86_400 + self.time.nanos / NANOS_PER_SECOND;
        let utc = timestamp(seconds - i64::from(offset_seconds), self.time.nanos % NANOS_PER_SECOND)?;
        DateTimeTz::at_offset(utc, offset_seconds)
    }

    /// The moment at which clocks in UTC show it.
    pub fn in_utc(self) -> Option<DateTimeTz> {
        self.at_offset(0)
    }
}

fn timestamp(seconds: i64, nanos: i64) -> Option<Timestamp> {
    let nanos = u64::try_from(nanos).ok()?;
    let whole = Timestamp::from_unix_seconds(seconds);
    (whole.unix_seconds() == seconds).then(|| whole.saturating_add(std::time::Duration::from_nanos(nanos)))
}

/// A moment, with the offset from UTC that the server told; prints as RFC 3339. Two are equal when they are the same
/// moment.
#[derive(Debug, Clone, Copy)]
pub struct DateTimeTz {
    utc: Timestamp,
    offset_seconds: i32,
}

impl DateTimeTz {
    /// A moment in UTC.
    pub const fn utc(utc: Timestamp) -> Self {
        Self { utc, offset_seconds: 0 }
    }

    /// The same moment as a server at that offset writes it; none at a day or beyond.
    pub const fn at_offset(utc: Timestamp, offset_seconds: i32) -> Option<Self> {
        if offset_seconds.unsigned_abs() >= 86_400 {
            return None;
        }
        Some(Self { utc, offset_seconds })
    }

    /// The moment.
    pub const fn timestamp(self) -> Timestamp {
        self.utc
    }

    /// Seconds east of UTC.
    pub const fn offset_seconds(self) -> i32 {
        self.offset_seconds
    }

    /// What a clock at its offset shows.
    pub fn local(self) -> Option<DateTime> {
        let seconds = self.utc.unix_seconds() + i64::from(self.offset_seconds);
        let date = Date::from_unix_days(seconds.div_euclid(86_400))?;
        let nanos = seconds.rem_euclid(86_400) * NANOS_PER_SECOND + i64::from(self.utc.subsec_nanos());
        DateTime::new(date, Time::from_nanos(nanos))
    }
}

impl PartialEq for DateTimeTz {
    fn eq(&self, other: &Self) -> bool {
        self.utc == other.utc
    }
}

impl Eq for DateTimeTz {}

impl PartialOrd for DateTimeTz {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTimeTz {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.utc.cmp(&other.utc)
    }
}

impl std::hash::Hash for DateTimeTz {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.utc.hash(state);
    }
}
