//! Days of the calendar as a count, for moments.

use purlin_core::Timestamp;
use purlin_db::{Date, DateTime, Time};
use std::time::Duration;

const DAY: i64 = 86_400;
const NANOS: i64 = 1_000_000_000;

/// That time of UTC as a moment; none outside the years 0 to 9999.
pub(crate) fn moment(at: DateTime) -> Option<Timestamp> {
    if !(0..=9999).contains(&at.date().year()) {
        return None;
    }
    let seconds = days(at.date()) * DAY + at.time().nanos() / NANOS;
    let nanos = u64::try_from(at.time().nanos() % NANOS).ok()?;
    Some(Timestamp::from_unix_seconds(seconds).saturating_add(Duration::from_nanos(nanos)))
}

/// That moment as a time of UTC.
pub(crate) fn utc(moment: Timestamp) -> Option<DateTime> {
    let seconds = moment.unix_seconds();
    let date = date(seconds.div_euclid(DAY))?;
    let nanos = seconds.rem_euclid(DAY) * NANOS + i64::from(moment.subsec_nanos());
    DateTime::new(date, Time::from_nanos(nanos))
}

/// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`.
fn days(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The way back, `civil_from_days`.
fn date(days: i64) -> Option<Date> {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, year, month, day) in [
            ("1970-01-01T00:00:00Z", 1970, 1, 1),
            ("2000-02-29T00:00:00Z", 2000, 2, 29),
            ("0000-03-01T00:00:00Z", 0, 3, 1),
            ("9999-12-31T00:00:00Z", 9999, 12, 31),
        ] {
            let moment_of: Timestamp = text.parse().unwrap();
            let at = DateTime::new(Date::new(year, month, day).unwrap(), Time::from_nanos(0)).unwrap();
            assert_eq!(moment(at), Some(moment_of));
            assert_eq!(utc(moment_of), Some(at));
        }
        let early: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        assert_eq!(utc(early).and_then(moment), Some(early));
    }
}
