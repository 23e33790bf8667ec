//! From a parameter to the server's form of it.

use mysql_async::Value as Raw;
use purlin_core::Result;
use purlin_db::{DateTime, DateTimeTz, Time, Value, refusal};

/// `838:59:59.999999`; the server makes that of any longer one, and says so in a warning only.
const LONGEST_SPAN: u64 = (839 * 3_600) * 1_000_000 - 1;

/// The values of a statement's placeholders.
pub(crate) fn parameters(values: &[Value]) -> Result<Vec<Raw>> {
    values.iter().enumerate().map(|(index, value)| one(index, value)).collect()
}

fn one(index: usize, value: &Value) -> Result<Raw> {
    let outside = || refusal::parameter(index, "is outside of the years 0 to 9999, which MySQL has");
    Ok(match value {
        Value::Null => Raw::NULL,
        Value::Bool(value) => Raw::Int(i64::from(*value)),
        Value::I64(number) => Raw::Int(*number),
        Value::U64(number) => Raw::UInt(*number),
        Value::F32(number) => Raw::Float(*number),
        Value::F64(number) => Raw::Double(*number),
        Value::Decimal(_) | Value::Uuid(_) => Raw::Bytes(value.to_string().into_bytes()),
        Value::BigDecimal(text) | Value::Text(text) | Value::Json(text) => Raw::Bytes(text.clone().into()),
        Value::Bytes(bytes) => Raw::Bytes(bytes.clone()),
        Value::Other { text, .. } => Raw::Bytes(text.clone().into()),
        Value::Date(date) => {
            let year = year(date.year()).ok_or_else(outside)?;
            Raw::Date(year, date.month(), date.day(), 0, 0, 0, 0)
        }
        Value::Time(time) => span(*time)
            .ok_or_else(|| refusal::parameter(index, "is longer than 838:59:59.999999, the longest TIME"))?,
        Value::DateTime(at) => moment(*at).ok_or_else(outside)?,
        Value::DateTimeTz(at) => {
            DateTimeTz::utc(at.timestamp()).local().and_then(moment).ok_or_else(outside)?
        }
        _ => return Err(refusal::parameter(index, "is of a kind that MySQL does not have")),
    })
}

fn year(year: i32) -> Option<u16> {
    u16::try_from(year).ok().filter(|year| *year <= 9999)
}

/// Microseconds are the finest that MySQL has; what is finer is cut off.
fn moment(at: DateTime) -> Option<Raw> {
    let (date, time) = (at.date(), parts(at.time())?);
    Some(Raw::Date(
        year(date.year())?,
        date.month(),
        date.day(),
        time.hours,
        time.minutes,
        time.seconds,
        time.micros,
    ))
}

fn span(time: Time) -> Option<Raw> {
    if time.nanos().unsigned_abs() / 1_000 > LONGEST_SPAN {
        return None;
    }
    let parts = parts(time)?;
    Some(Raw::Time(time.nanos() < 0, parts.days, parts.hours, parts.minutes, parts.seconds, parts.micros))
}

struct Parts {
    days: u32,
    hours: u8,
    minutes: u8,
    seconds: u8,
    micros: u32,
}

fn parts(time: Time) -> Option<Parts> {
    let micros = time.nanos().unsigned_abs() / 1_000;
    let seconds = micros / 1_000_000;
    let part = |value: u64| u8::try_from(value).ok();
    Some(Parts {
        days: u32::try_from(seconds / 86_400).ok()?,
        hours: part(seconds / 3_600 % 24)?,
        minutes: part(seconds / 60 % 60)?,
        seconds: part(seconds % 60)?,
        micros: u32::try_from(micros % 1_000_000).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin_core::{ErrorKind, Outcome};

    #[test]
    fn decimals_and_uuids_are_written_in_full() {
        for (value, text) in [
            (Value::Decimal(purlin_db::Decimal::new(-5, 2).unwrap()), "-0.05"),
            (Value::Uuid([0xab; 16]), "abababab-abab-abab-abab-abababababab"),
        ] {
            assert_eq!(parameters(&[value]).unwrap(), [Raw::Bytes(text.into())]);
        }
    }

    #[test]
    fn what_does_not_fit_is_not_sent() {
        let late = purlin_db::Date::new(10_000, 1, 1).unwrap();
        let error = parameters(&[Value::Null, Value::Date(late)]).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
        assert!(error.message().starts_with("parameter 2 "));
        let longest = 839 * 3_600 * 1_000_000_000 - 1;
        for (nanos, fits) in [(longest, true), (-longest, true), (longest + 1, false), (-longest - 1, false)]
        {
            let result = parameters(&[Value::Time(Time::from_nanos(nanos))]);
            assert_eq!(result.err().map(|error| error.outcome()), (!fits).then_some(Outcome::NotSent));
        }
    }
}
