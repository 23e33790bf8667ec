//! Days and times, from the driver's and to them.

use purlin_db::{Date, DateTime, DateTimeTz, Time, ValueRef};
use tiberius::ColumnData;
use tiberius::time as raw;

/// From 1 January of the year 1 to that of 1970.
const DAYS_FROM_YEAR_1: i64 = 719_162;
/// From 1 January 1900 to that of 1970.
const DAYS_FROM_1900: i64 = 25_567;
const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_MINUTE: i64 = 60_000_000_000;
/// 31 December 9999.
const LAST_DAY: i64 = 3_652_058;
/// The finest that the server keeps: a hundred nanoseconds.
const SCALE: u8 = 7;
/// The server's zones end at fourteen hours.
const FARTHEST: i32 = 14 * 60;

/// The outer none: no such day or time. The inner: NULL.
pub(super) fn decode(data: &ColumnData<'static>) -> Option<Option<ValueRef<'static>>> {
    Some(match data {
        ColumnData::Date(value) => match value {
            Some(value) => Some(ValueRef::Date(date(*value)?)),
            None => None,
        },
        ColumnData::Time(value) => match value {
            Some(value) => Some(ValueRef::Time(time(*value)?)),
            None => None,
        },
        ColumnData::DateTime2(value) => match value {
            Some(value) => Some(ValueRef::DateTime(datetime2(*value)?)),
            None => None,
        },
        ColumnData::DateTimeOffset(value) => match value {
            Some(value) => {
                // The parts are those of UTC.
                let utc = datetime2(value.datetime2())?.in_utc()?.timestamp();
                let offset = i32::from(value.offset()) * 60;
                Some(ValueRef::DateTimeTz(DateTimeTz::at_offset(utc, offset)?))
            }
            None => None,
        },
        ColumnData::DateTime(value) => match value {
            // Three hundredths of a second, as the server rounds them when it writes them.
            Some(value) => {
                let millis = (i64::from(value.seconds_fragments()) * 10 + 1) / 3;
                Some(since_1900(value.days().into(), millis * NANOS_PER_MILLI)?)
            }
            None => None,
        },
        ColumnData::SmallDateTime(value) => match value {
            Some(value) => {
                let nanos = i64::from(value.seconds_fragments()) * NANOS_PER_MINUTE;
                Some(since_1900(value.days().into(), nanos)?)
            }
            None => None,
        },
        _ => return None,
    })
}

fn since_1900(days: i64, nanos: i64) -> Option<ValueRef<'static>> {
    let date = Date::from_unix_days(days - DAYS_FROM_1900)?;
    DateTime::new(date, Time::from_nanos(nanos)).map(ValueRef::DateTime)
}

fn date(raw: raw::Date) -> Option<Date> {
    let days = i64::from(raw.days());
    if days > LAST_DAY { None } else { Date::from_unix_days(days - DAYS_FROM_YEAR_1) }
}

fn time(raw: raw::Time) -> Option<Time> {
    let unit = 10_i64.checked_pow(u32::from(9_u8.checked_sub(raw.scale())?))?;
    let nanos = i64::try_from(raw.increments()).ok()?.checked_mul(unit)?;
    Some(Time::from_nanos(nanos)).filter(|time| time.is_time_of_day())
}

fn datetime2(raw: raw::DateTime2) -> Option<DateTime> {
    DateTime::new(date(raw.date())?, time(raw.time())?)
}

/// None for a day that the server has not.
pub(crate) fn raw_date(date: Date) -> Option<raw::Date> {
    let days = u32::try_from(date.unix_days() + DAYS_FROM_YEAR_1).ok()?;
    (i64::from(days) <= LAST_DAY).then(|| raw::Date::new(days))
}

/// None for what is no time of day. Finer parts than the server's are cut.
pub(crate) fn raw_time(time: Time) -> Option<raw::Time> {
    let units = u64::try_from(time.nanos() / 100).ok()?;
    time.is_time_of_day().then(|| raw::Time::new(units, SCALE))
}

pub(crate) fn raw_datetime(moment: DateTime) -> Option<raw::DateTime2> {
    Some(raw::DateTime2::new(raw_date(moment.date())?, raw_time(moment.time())?))
}

/// A zone that the server has not, with seconds or farther than fourteen hours, becomes UTC: the moment stays.
pub(crate) fn raw_moment(moment: DateTimeTz) -> Option<raw::DateTimeOffset> {
    let seconds = moment.offset_seconds();
    let minutes = if seconds % 60 == 0 && (seconds / 60).abs() <= FARTHEST { seconds / 60 } else { 0 };
    let utc = DateTimeTz::utc(moment.timestamp()).local()?;
    Some(raw::DateTimeOffset::new(raw_datetime(utc)?, i16::try_from(minutes).ok()?))
}
