//! Days and times as databases keep them.

use purlin_core::Timestamp;

/// A day of the proleptic Gregorian calendar. Servers' zero dates and infinities come as
/// [`Value::Other`](crate::Value::Other).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// A day; none where the calendar has no such day. Year 0 is 1 BC.
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if month == 0 || month > 12 || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        Some(Self { year, month, day })
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

/// A time of day, or a signed span of hours as MySQL's TIME, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    nanos: i64,
}

impl Time {
    /// So many nanoseconds after midnight, or a span of that length; negative spans are legal.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// Nanoseconds after midnight, or the length of the span.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }
}

/// A day and a time of day, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    date: Date,
    time: Time,
}

impl DateTime {
    /// That day at that time; none where the time is not within one day.
    pub const fn new(date: Date, time: Time) -> Option<Self> {
        if time.nanos < 0 || time.nanos >= 86_400_000_000_000 {
            return None;
        }
        Some(Self { date, time })
    }

    /// The day.
    pub const fn date(self) -> Date {
        self.date
    }

    /// The time of day.
    pub const fn time(self) -> Time {
        self.time
    }
}

/// A moment, with the offset from UTC that the server told. Two are equal when they are the same moment.
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

    /// The same moment as a server at that offset writes it; none beyond a day.
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
}

impl PartialEq for DateTimeTz {
    fn eq(&self, other: &Self) -> bool {
        self.utc == other.utc
    }
}
