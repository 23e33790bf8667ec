//! Days and times.

use crate::column::Kind;
use purlin_db::{Date, DateTime, Time, ValueRef};

const SECOND: i64 = 1_000_000_000;

/// `2026-11-22`, `2026-11-22 15:11:06.250`; no day of the calendar (as `0000-00-00`) comes as text.
pub(super) fn moment(kind: Kind, text: &str) -> Option<ValueRef<'_>> {
    let (day, clock) = text.split_once(' ').map_or((text, None), |(day, clock)| (day, Some(clock)));
    let mut parts = day.splitn(3, '-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let nanos = clock.map_or(Some(0), nanos_of_clock)?;
    let date = Date::new(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let value = date.and_then(|date| of_date(kind, date, nanos));
    Some(value.unwrap_or_else(|| other(kind, text.to_owned())))
}

/// The same in the binary protocol.
#[inline]
pub(super) fn of_parts(kind: Kind, day: (u16, u8, u8), clock: [u8; 3], micros: u32) -> ValueRef<'static> {
    let [hour, minute, second] = clock.map(i64::from);
    let nanos = ((hour * 60 + minute) * 60 + second) * SECOND + i64::from(micros) * 1_000;
    let date = Date::new(i32::from(day.0), day.1, day.2);
    let value = date.and_then(|date| of_date(kind, date, nanos));
    value.unwrap_or_else(|| no_day(kind, day, clock, micros))
}

#[cold]
fn no_day(kind: Kind, day: (u16, u8, u8), [hour, minute, second]: [u8; 3], micros: u32) -> ValueRef<'static> {
    let mut text = format!("{:04}-{:02}-{:02}", day.0, day.1, day.2);
    if let Kind::DateTime(decimals) | Kind::Timestamp(decimals) = kind {
        text += &format!(" {hour:02}:{minute:02}:{second:02}");
        if (1..=6).contains(&decimals) {
            text += &format!(".{micros:06}")[..=usize::from(decimals)];
        }
    }
    other(kind, text)
}

#[inline]
fn of_date(kind: Kind, date: Date, nanos: i64) -> Option<ValueRef<'static>> {
    match kind {
        Kind::DateTime(_) => DateTime::new(date, Time::from_nanos(nanos)).map(ValueRef::DateTime),
        Kind::Timestamp(_) => {
            let at = DateTime::new(date, Time::from_nanos(nanos))?;
            at.in_utc().map(ValueRef::DateTimeTz)
        }
        _ => Some(ValueRef::Date(date)),
    }
}

fn other(kind: Kind, text: String) -> ValueRef<'static> {
    let type_name = match kind {
        Kind::DateTime(_) => "datetime",
        Kind::Timestamp(_) => "timestamp",
        _ => "date",
    };
    ValueRef::Other { type_name: type_name.into(), text: text.into() }
}

/// `-838:59:59.000000`
pub(super) fn span(text: &str) -> Option<ValueRef<'static>> {
    let (sign, clock) = text.strip_prefix('-').map_or((1, text), |clock| (-1, clock));
    Some(ValueRef::Time(Time::from_nanos(sign * nanos_of_clock(clock)?)))
}

/// The same in the binary protocol.
pub(super) fn of_span(negative: bool, days: u32, clock: [u8; 3], micros: u32) -> Option<ValueRef<'static>> {
    let [hours, minutes, seconds] = clock.map(i64::from);
    let hours = i64::from(days).checked_mul(24)?.checked_add(hours)?;
    let seconds = (hours * 60 + minutes) * 60 + seconds;
    let nanos = seconds.checked_mul(SECOND)?.checked_add(i64::from(micros) * 1_000)?;
    Some(ValueRef::Time(Time::from_nanos(if negative { -nanos } else { nanos })))
}

fn nanos_of_clock(clock: &str) -> Option<i64> {
    let (whole, part) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = whole.splitn(3, ':');
    let hours = i64::from(number(parts.next()?)?);
    let minutes = i64::from(number(parts.next()?)?);
    let seconds = i64::from(number(parts.next()?)?);
    if part.len() > 9 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{part:0<9}").parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * SECOND + nanos)
}

fn number(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
