use super::super::{Date, DateTime, DateTimeTz, FromValue, Mismatch, Time, Value, ValueRef};
use ::jiff::civil;
use ::jiff::{SignedDuration, Timestamp};
use purlin_core::Timestamp as Moment;
use std::time::Duration;

fn out_of_range() -> Mismatch {
    Mismatch::new("this moment is out of the range of jiff's type")
}

fn civil_date(date: Date) -> Result<civil::Date, Mismatch> {
    let year = i16::try_from(date.year()).map_err(|_| out_of_range())?;
    let (month, day) = (date.month().cast_signed(), date.day().cast_signed());
    civil::Date::new(year, month, day).map_err(|_| out_of_range())
}

fn civil_time(time: Time) -> Result<civil::Time, Mismatch> {
    let midnight = civil::Time::midnight();
    if !time.is_time_of_day() {
        return Err(Mismatch::new("this time is a span, not a time of day"));
    }
    midnight.checked_add(SignedDuration::from_nanos(time.nanos())).map_err(|_| out_of_range())
}

#[cfg(feature = "jiff")]
impl FromValue for civil::Date {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        civil_date(Date::from_value(value)?)
    }
}

#[cfg(feature = "jiff")]
impl FromValue for civil::Time {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        civil_time(Time::from_value(value)?)
    }
}

#[cfg(feature = "jiff")]
impl FromValue for civil::DateTime {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let moment = DateTime::from_value(value)?;
        Ok(Self::from_parts(civil_date(moment.date())?, civil_time(moment.time())?))
    }
}

#[cfg(feature = "jiff")]
impl FromValue for Timestamp {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let moment = Moment::from_value(value)?;
        let nanos = i32::try_from(moment.subsec_nanos()).map_err(|_| out_of_range())?;
        Self::new(moment.unix_seconds(), nanos).map_err(|_| out_of_range())
    }
}

#[cfg(feature = "jiff")]
impl FromValue for SignedDuration {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Ok(Self::from_nanos(Time::from_value(value)?.nanos()))
    }
}

#[cfg(feature = "jiff")]
impl From<civil::Date> for Value {
    fn from(date: civil::Date) -> Self {
        let (month, day) = (date.month().cast_unsigned(), date.day().cast_unsigned());
        // jiff's days are days of the same calendar.
        Date::new(date.year().into(), month, day).map_or(Self::Null, Self::Date)
    }
}

#[cfg(feature = "jiff")]
impl From<civil::Time> for Value {
    fn from(time: civil::Time) -> Self {
        Self::Time(of_civil(time))
    }
}

fn of_civil(time: civil::Time) -> Time {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Time::from_nanos(seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond()))
}

#[cfg(feature = "jiff")]
impl From<civil::DateTime> for Value {
    fn from(moment: civil::DateTime) -> Self {
        let date = match Self::from(moment.date()) {
            Self::Date(date) => DateTime::new(date, of_civil(moment.time())),
            _ => None,
        };
        date.map_or(Self::Null, Self::DateTime)
    }
}

/// Moments before year 0 are beyond what RFC 3339 writes, and become text.
#[cfg(feature = "jiff")]
impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        let seconds = moment.as_second() - i64::from(moment.subsec_nanosecond() < 0);
        let nanos = moment.as_nanosecond() - i128::from(seconds) * 1_000_000_000;
        let whole = Moment::from_unix_seconds(seconds);
        match u64::try_from(nanos) {
            Ok(nanos) if whole.unix_seconds() == seconds => {
                Self::DateTimeTz(DateTimeTz::utc(whole.saturating_add(Duration::from_nanos(nanos))))
            }
            _ => Self::Text(moment.to_string()),
        }
    }
}
