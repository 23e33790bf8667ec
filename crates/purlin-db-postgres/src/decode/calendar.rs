//! Days and times: PostgreSQL counts from 2000-01-01.

use purlin_db::{Date, DateTime, Time, ValueRef};
use std::borrow::Cow;
use std::fmt::Write;

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
        days => civil(i64::from(days)).map_or_else(|| other(name, unshown()), ValueRef::Date),
    }
}

pub(super) fn timestamp(name: &str, micros: i64) -> ValueRef<'_> {
    match micros {
        i64::MAX => other(name, "infinity"),
        i64::MIN => other(name, "-infinity"),
        micros => local(micros).map_or_else(|| other(name, stamp_text(micros, "")), ValueRef::DateTime),
    }
}

pub(super) fn timestamptz(name: &str, micros: i64) -> ValueRef<'_> {
    match micros {
        i64::MAX => other(name, "infinity"),
        i64::MIN => other(name, "-infinity"),
        micros => {
            let moment = local(micros).and_then(DateTime::in_utc);
            moment.map_or_else(|| other(name, stamp_text(micros, "+00")), ValueRef::DateTimeTz)
        }
    }
}

/// What a clock shows so many microseconds after 2000-01-01.
fn local(micros: i64) -> Option<DateTime> {
    let time = Time::from_nanos(micros.rem_euclid(DAY_MICROS) * 1000);
    DateTime::new(civil(micros.div_euclid(DAY_MICROS))?, time)
}

/// The day so many days after 2000-01-01.
fn civil(days: i64) -> Option<Date> {
    Date::from_unix_days(days + EPOCH_DAYS)
}

/// Days from 2000-01-01.
pub(crate) fn days_from_civil(date: Date) -> i64 {
    date.unix_days() - EPOCH_DAYS
}

/// Both ends of the server's types lie within the years that a [`Date`] holds.
fn unshown() -> String {
    "a day that no calendar shows".to_owned()
}

fn day_text(date: Date) -> (String, &'static str) {
    let year = i64::from(date.year());
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    (format!("{shown:04}-{:02}-{:02}", date.month(), date.day()), era)
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
        days => civil(i64::from(days)).map(day_text).map_or_else(unshown, |(day, era)| day + era),
    }
}

/// As the server writes it in the ISO style.
fn stamp_text(micros: i64, zone: &str) -> String {
    let Some((day, era)) = civil(micros.div_euclid(DAY_MICROS)).map(day_text) else { return unshown() };
    format!("{day} {}{zone}{era}", clock_text(micros.rem_euclid(DAY_MICROS)))
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
