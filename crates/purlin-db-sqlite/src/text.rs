//! Days, times and UUIDs as text: SQLite has no types for them.
//!
//! Only one form is written: that of SQLite's own date functions, which sorts as the values do.

use purlin_core::Timestamp;
use purlin_db::{Date, DateTime, DateTimeTz, Time, ValueRef};

/// Whether SQLite's functions know the year.
pub(crate) fn is_known(date: Date) -> bool {
    (0..=9999).contains(&date.year())
}

/// `2026-11-22 13:30:00.250+00:00`: always in UTC, so that text sorts as time does (`Z` would sort after a fraction).
pub(crate) fn of_date_time_tz(moment: DateTimeTz) -> Option<String> {
    let text = moment.timestamp().to_string().replacen('T', " ", 1);
    let text = text.strip_suffix('Z')?;
    (text.find('-') == Some(4)).then(|| format!("{text}+00:00"))
}

/// A day as it is written: other forms stay text.
pub(crate) fn date(text: &str) -> Option<Date> {
    let text = text.as_bytes();
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = digits(&text[..4])?;
    Date::new(i32::try_from(year).ok()?, two(&text[5..7])?, two(&text[8..])?)
}

pub(crate) fn time(text: &str) -> Option<Time> {
    let raw = text.as_bytes();
    if raw.len() < 8 || raw[2] != b':' || raw[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(&raw[..2])?, two(&raw[3..5])?, two(&raw[6..8])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanos = match &raw[8..] {
        [] => 0,
        [b'.', rest @ ..] if (1..=9).contains(&rest.len()) => {
            digits(rest)? * 10_i64.pow(9 - u32::try_from(rest.len()).ok()?)
        }
        _ => return None,
    };
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(Time::from_nanos(seconds * 1_000_000_000 + nanos))
}

/// A day with a time, with or without an offset.
pub(crate) fn moment(text: &str) -> Option<ValueRef<'static>> {
    let (day, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10), Some(b' ' | b'T')) {
        return None;
    }
    let zone = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let local = DateTime::new(date(day)?, time(clock)?)?;
    if zone.is_empty() {
        return Some(ValueRef::DateTime(local));
    }
    let utc: Timestamp = format!("{day}T{clock}{zone}").parse().ok()?;
    DateTimeTz::at_offset(utc, offset(zone)?).map(ValueRef::DateTimeTz)
}

fn offset(zone: &str) -> Option<i32> {
    let raw = zone.as_bytes();
    match raw {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let seconds = i32::from(two(&raw[1..3])?) * 3600 + i32::from(two(&raw[4..])?) * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

pub(crate) fn uuid(text: &str) -> Option<[u8; 16]> {
    let raw = text.as_bytes();
    if raw.len() != 36 || [8, 13, 18, 23].iter().any(|place| raw[*place] != b'-') {
        return None;
    }
    let mut digits = raw.iter().filter(|byte| **byte != b'-').map(|byte| char::from(*byte).to_digit(16));
    let mut uuid = [0; 16];
    for byte in &mut uuid {
        *byte = u8::try_from(digits.next()?? * 16 + digits.next()??).ok()?;
    }
    digits.next().is_none().then_some(uuid)
}

fn two(text: &[u8]) -> Option<u8> {
    u8::try_from(digits(text)?).ok()
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin_db::Value;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["0000-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        for text in ["00:00:00", "23:59:59.999999999", "12:00:00.250"] {
            assert_eq!(time(text).map(|time| time.to_string()).as_deref(), Some(text));
        }
        let written = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        assert_eq!(uuid(written).map(|uuid| Value::Uuid(uuid).to_string()).as_deref(), Some(written));
    }

    #[test]
    fn other_forms_stay_text() {
        for text in ["", "2024-02-30", "2024-2-3", "20240203", "2024-02-03 ", "２024-02-03", "abcd-ef-gh"] {
            assert_eq!(date(text), None, "{text}");
        }
        for text in
            ["", "1:00:00", "24:00:00", "12:60:00", "12:00:60", "12:00:00.", "12:00:00.1234567890", "12:00"]
        {
            assert_eq!(time(text), None, "{text}");
        }
        for text in [
            "2024-02-03",
            "2024-02-03_10:00:00",
            "2024-02-03 10:00:00 UTC",
            "2024-02-03 10:00:00+0200",
            "ä",
            "ääääääää",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
        for text in [
            "6ba7b810-9dad-11d1-80b4-00c04fd430c",
            "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
            "--------8----4----4----4------------",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_kept_when_it_is_read_and_utc_is_written() {
        let Some(ValueRef::DateTimeTz(moment)) = moment("2024-02-03 10:00:00.250+02:00") else {
            panic!("a moment");
        };
        assert_eq!(moment.offset_seconds(), 7200);
        assert_eq!(of_date_time_tz(moment).as_deref(), Some("2024-02-03 08:00:00.250+00:00"));
    }
}
