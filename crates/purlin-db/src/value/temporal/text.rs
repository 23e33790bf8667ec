//! Days and times as text: ISO 8601, as engines and their users write it.

use super::{Date, DateTime, DateTimeTz, Mismatch, NANOS_PER_SECOND, Time};
use std::fmt;
use std::str::FromStr;

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        match year {
            0..=9999 => write!(f, "{year:04}-{month:02}-{day:02}"),
            // ISO 8601's expanded form: a sign, and more than four digits.
            _ => write!(f, "{year:+07}-{month:02}-{day:02}"),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.nanos.unsigned_abs();
        let (seconds, nanos) =
            (total / NANOS_PER_SECOND.unsigned_abs(), total % NANOS_PER_SECOND.unsigned_abs());
        let sign = if self.nanos < 0 { "-" } else { "" };
        write!(f, "{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match nanos {
            0 => Ok(()),
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000),
            n => write!(f, ".{n:09}"),
        }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date, self.time)
    }
}

impl fmt::Display for DateTimeTz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(local) = self.local().filter(|_| self.offset_seconds != 0) else {
            return write!(f, "{}", self.utc);
        };
        let sign = if self.offset_seconds < 0 { '-' } else { '+' };
        let offset = self.offset_seconds.unsigned_abs();
        write!(f, "{}T{}{sign}{:02}:{:02}", local.date, local.time, offset / 3600, offset / 60 % 60)?;
        match offset % 60 {
            0 => Ok(()),
            seconds => write!(f, ":{seconds:02}"),
        }
    }
}

impl FromStr for Date {
    type Err = Mismatch;

    /// Reads `2026-11-22`, also with a sign and more digits of the year.
    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let no = || Mismatch::new("the text is no date");
        let (signed, rest) = match text.strip_prefix(['+', '-']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (year, rest) = rest.split_once('-').ok_or_else(no)?;
        let (month, day) = rest.split_once('-').ok_or_else(no)?;
        let right = if signed { (4..=10).contains(&year.len()) } else { year.len() == 4 };
        if !right || month.len() != 2 || day.len() != 2 {
            return Err(no());
        }
        let year = i32::try_from(digits(year).ok_or_else(no)?).map_err(|_| no())?;
        let year = if text.starts_with('-') { -year } else { year };
        let (month, day) = (digits(month).ok_or_else(no)?, digits(day).ok_or_else(no)?);
        let small = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
        Self::new(year, small(month), small(day)).ok_or_else(no)
    }
}

impl FromStr for Time {
    type Err = Mismatch;

    /// Reads `13:30`, `13:30:00.250` and spans such as `-838:59:59`; up to nine digits of a second.
    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let no = || Mismatch::new("the text is no time");
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (clock, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
        let mut parts = clock.split(':');
        let hours =
            parts.next().filter(|part| (1..=6).contains(&part.len())).and_then(digits).ok_or_else(no)?;
        let sixty = |part: Option<&str>| {
            part.filter(|part| part.len() == 2).and_then(digits).filter(|n| *n < 60).ok_or_else(no)
        };
        let minutes = sixty(parts.next())?;
        let seconds = match parts.next() {
            Some(part) => sixty(Some(part))?,
            None => 0,
        };
        if parts.next().is_some() || fraction.is_empty() || fraction.len() > 9 {
            return Err(no());
        }
        let scale = 10_u64.pow(9 - u32::try_from(fraction.len()).unwrap_or(9));
        let nanos = digits(fraction).ok_or_else(no)? * scale;
        let total = (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000 + nanos;
        let total = i64::try_from(total).map_err(|_| no())?;
        Ok(Self::from_nanos(if negative { -total } else { total }))
    }
}

impl FromStr for DateTime {
    type Err = Mismatch;

    /// Reads a date and a time of day with a blank or a `T` between them.
    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let no = || Mismatch::new("the text is no date and time");
        let (date, time) = text.split_once([' ', 'T', 't']).ok_or_else(no)?;
        Self::new(date.parse().map_err(|_| no())?, time.parse().map_err(|_| no())?).ok_or_else(no)
    }
}

impl FromStr for DateTimeTz {
    type Err = Mismatch;

    /// Reads a date and time followed by `Z`, `+01`, `+01:00`, `+0100` or `+01:00:00`.
    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let no = || Mismatch::new("the text is no date and time with an offset");
        let at = text.rfind(['+', '-', 'Z', 'z']).ok_or_else(no)?;
        let (moment, offset) = (text.get(..at).ok_or_else(no)?, text.get(at..).ok_or_else(no)?);
        let moment: DateTime = moment.trim_end().parse().map_err(|_| no())?;
        moment.at_offset(offset_of(offset).ok_or_else(no)?).ok_or_else(no)
    }
}

fn offset_of(text: &str) -> Option<i32> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let negative = text.starts_with('-');
    let plain = text.get(1..)?.replace(':', "");
    if ![2, 4, 6].contains(&plain.len()) {
        return None;
    }
    let part = |at: usize| {
        plain.get(at..at + 2).map_or(Some(0), |part| digits(part).and_then(|n| i32::try_from(n).ok()))
    };
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    if minutes > 59 || seconds > 59 {
        return None;
    }
    let total = hours * 3600 + minutes * 60 + seconds;
    Some(if negative { -total } else { total })
}

fn digits(text: &str) -> Option<u64> {
    let right = !text.is_empty() && text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}
