//! Days and times: PostgreSQL counts from 2000-01-01.

use purlin_core::Timestamp;
use purlin_db::{Date, DateTime, DateTimeTz, Time, ValueRef};
use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;

fn other<'r>(name: &'r str, text: impl Into<Cow<'r, str>>) -> ValueRef<'r> {
    ValueRef::Other { type_name: name.into(), text: text.into() }
}

pub(super) fn date(name: &str, days: i32) -> ValueRef<'_> {
    match days {
        i32::MAX => other(name, "infinity"),
        i32::MIN => other(name, "-infinity"),
        days => {
            let (year, month, day) = civil(i64::from(days) + EPOCH_DAYS);
            let date = i32::try_from(year).ok().and_then(|year| Date::new(year, month, day));
            date.map_or_else(|| other(name, date_text(year, month, day)), ValueRef::Date)
        }
    }
}

pub(super) fn timestamp(name: &str, micros: i64) -> ValueRef<'_> {
    match micros {
        i64::MAX => other(name, "infinity"),
        i64::MIN => other(name, "-infinity"),
        micros => {
            let (days, rest) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
            let (year, month, day) = civil(days + EPOCH_DAYS);
            let date = i32::try_from(year).ok().and_then(|year| Date::new(year, month, day));
            let value = date.and_then(|date| DateTime::new(date, Time::from_nanos(rest * 1000)));
            value.map_or_else(|| other(name, stamp_text(micros, "")), ValueRef::DateTime)
        }
    }
}

pub(super) fn timestamptz(name: &str, micros: i64) -> ValueRef<'_> {
    match micros {
        i64::MAX => other(name, "infinity"),
        i64::MIN => other(name, "-infinity"),
        micros => {
            let moment = moment(micros, 0);
            moment.map_or_else(|| other(name, stamp_text(micros, "+00")), ValueRef::DateTimeTz)
        }
    }
}

/// None beyond the years that a [`Timestamp`] holds.
pub(super) fn moment(micros: i64, offset_seconds: i32) -> Option<DateTimeTz> {
    let seconds = micros.div_euclid(1_000_000) + EPOCH_DAYS * 86_400;
    let base = Timestamp::from_unix_seconds(seconds);
    let nanos = u64::try_from(micros.rem_euclid(1_000_000)).unwrap_or_default() * 1000;
    let fits = base.unix_seconds() == seconds;
    fits.then(|| base.saturating_add(Duration::from_nanos(nanos)))
        .and_then(|utc| DateTimeTz::at_offset(utc, offset_seconds))
}

/// Microseconds from 2000-01-01 to that time.
pub(super) fn micros_of(date: Date, time: Time) -> i64 {
    days_from_civil(date).saturating_mul(DAY_MICROS).saturating_add(time.nanos().div_euclid(1000))
}

/// Days from 2000-01-01.
pub(crate) fn days_from_civil(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468 - EPOCH_DAYS
}

/// The day of the proleptic Gregorian calendar, from days since 1970-01-01.
fn civil(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

fn date_text(year: i64, month: u8, day: u8) -> String {
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    format!("{shown:04}-{month:02}-{day:02}{era}")
}

/// The same as text, infinities too.
pub(super) fn stamp(micros: i64, zone: &str) -> String {
    match micros {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        micros => stamp_text(micros, zone),
    }
}

/// A day as text, infinities too.
pub(super) fn day(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        days => {
            let (year, month, day) = civil(i64::from(days) + EPOCH_DAYS);
            date_text(year, month, day)
        }
    }
}

/// As the server writes it in the ISO style.
fn stamp_text(micros: i64, zone: &str) -> String {
    let (days, rest) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
    let (year, month, day) = civil(days + EPOCH_DAYS);
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    format!("{shown:04}-{month:02}-{day:02} {}{zone}{era}", clock_text(rest))
}

/// `HH:MM:SS`, with as many digits of a second as there are.
pub(super) fn clock_text(micros: i64) -> String {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text
}

/// `+HH`, `+HH:MM` or `+HH:MM:SS`, from seconds east of UTC.
pub(super) fn zone_text(east: i64) -> String {
    let (sign, size) = if east < 0 { ('-', -east) } else { ('+', east) };
    let mut text = format!("{sign}{:02}", size / 3600);
    for (part, rest) in [(size / 60 % 60, size % 3600), (size % 60, size % 60)] {
        if rest > 0 {
            let _ = write!(text, ":{part:02}");
        }
    }
    text
}

/// As the server writes it in the style `postgres`: `1 year 2 mons -3 days 04:05:06.7`.
pub(super) fn interval_text(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    let mut minus_before = false;
    let mut part = |value: i32, unit: &str| {
        if value != 0 {
            let plus = if minus_before && value > 0 { "+" } else { "" };
            parts.push(format!("{plus}{value} {unit}{}", if value == 1 { "" } else { "s" }));
            minus_before = value < 0;
        }
    };
    part(months / 12, "year");
    part(months % 12, "mon");
    part(days, "day");
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 {
            "-"
        } else if minus_before {
            "+"
        } else {
            ""
        };
        let size = i64::try_from(micros.unsigned_abs()).unwrap_or(i64::MAX);
        parts.push(format!("{sign}{}", clock_text(size)));
    }
    parts.join(" ")
}
