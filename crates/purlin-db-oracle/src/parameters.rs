//! From our values to the driver's.

use oracledb::{OracleIntervalDS, OracleNumber, OracleTimestamp, ToDbValue};
use purlin_core::Result;
use purlin_db::{Date, DateTimeTz, Dialect, Time, Value, refusal};

/// What Oracle's NUMBER keeps exactly.
const DIGITS: usize = 38;
/// The largest power of ten of a NUMBER's first digit.
const EXPONENTS: std::ops::RangeInclusive<i32> = -129..=125;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

pub(crate) type Bound = Box<dyn ToDbValue>;

/// All of a statement's, or why they cannot be sent.
pub(crate) fn bound(values: &[Value]) -> Result<Vec<Bound>> {
    if values.len() > Dialect::ORACLE.max_parameters {
        return Err(refusal::too_many_parameters(Dialect::ORACLE, values.len()));
    }
    let values = values.iter().enumerate();
    values.map(|(place, value)| one(value).map_err(|why| refusal::parameter(place, &why))).collect()
}

fn one(value: &Value) -> Result<Bound, String> {
    Ok(match value {
        // It fits every type but LOBs, objects and XML.
        Value::Null => Box::new(oracledb::DB_TYPE_VARCHAR),
        // A number is taken for a BOOLEAN as well; before 23ai there is no other way.
        Value::Bool(value) => Box::new(i64::from(*value)),
        Value::I64(value) => Box::new(*value),
        Value::U64(value) => Box::new(*value),
        Value::F32(value) => Box::new(*value),
        Value::F64(value) => Box::new(*value),
        Value::Decimal(value) => Box::new(number(&value.to_string())?),
        Value::BigDecimal(text) => Box::new(number(text)?),
        Value::Text(text) | Value::Json(text) | Value::Other { text, .. } => Box::new(text.clone()),
        Value::Bytes(bytes) => Box::new(bytes.clone()),
        Value::Uuid(bytes) => Box::new(bytes.to_vec()),
        Value::Date(date) => Box::new(timestamp(*date, Time::from_nanos(0))?),
        Value::DateTime(moment) => Box::new(timestamp(moment.date(), moment.time())?),
        // The session's zone is UTC: what has none is taken for that.
        Value::DateTimeTz(moment) => {
            let utc = DateTimeTz::utc(moment.timestamp()).local();
            let utc = utc.ok_or_else(|| "is a moment beyond the calendar".to_owned())?;
            Box::new(timestamp(utc.date(), utc.time())?)
        }
        Value::Time(time) => Box::new(interval(*time)?),
        other => return Err(format!("is of a kind that Oracle has not: {}", other.as_ref().kind())),
    })
}

fn timestamp(date: Date, time: Time) -> Result<OracleTimestamp, String> {
    let year = i16::try_from(date.year()).ok().filter(|year| (1..=9999).contains(year));
    let year = year.ok_or_else(|| "has a year beyond 1 to 9999".to_owned())?;
    let (seconds, nanos) = (time.nanos() / NANOS_PER_SECOND, time.nanos() % NANOS_PER_SECOND);
    let small = |number: i64| u8::try_from(number).unwrap_or_default();
    Ok(OracleTimestamp::new_timestamp(
        year,
        date.month(),
        date.day(),
        small(seconds / 3600),
        small(seconds / 60 % 60),
        small(seconds % 60),
        u32::try_from(nanos).unwrap_or_default(),
    ))
}

/// A time of day is a span since midnight: Oracle has no type of its own for it.
fn interval(time: Time) -> Result<OracleIntervalDS, String> {
    let (seconds, nanos) = (time.nanos() / NANOS_PER_SECOND, time.nanos() % NANOS_PER_SECOND);
    let small = |number: i64| i8::try_from(number).unwrap_or_default();
    let days = i32::try_from(seconds / SECONDS_PER_DAY).map_err(|_| "is too long a span".to_owned())?;
    let of_day = seconds % SECONDS_PER_DAY;
    let nanos = i32::try_from(nanos).unwrap_or_default();
    Ok(OracleIntervalDS::new(days, small(of_day / 3600), small(of_day / 60 % 60), small(of_day % 60), nanos))
}

/// The driver would panic at a number that NUMBER cannot hold.
fn number(text: &str) -> Result<OracleNumber, String> {
    let unfit = || format!("is no number of up to {DIGITS} digits that Oracle's NUMBER holds");
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() == 0 || !all().all(|byte| byte.is_ascii_digit()) {
        return Err(unfit());
    }
    let Some(first) = all().position(|byte| byte != b'0') else {
        return "0".parse().map_err(|_| unfit());
    };
    let last = all().enumerate().filter(|(_, byte)| *byte != b'0').map(|(at, _)| at).last();
    let significant = last.unwrap_or(first) - first + 1;
    let exponent = i32::try_from(whole.len()).ok().zip(i32::try_from(first).ok());
    let exponent = exponent.map(|(whole, first)| whole - first - 1);
    if significant > DIGITS || !exponent.is_some_and(|exponent| EXPONENTS.contains(&exponent)) {
        return Err(unfit());
    }
    text.parse().map_err(|_| unfit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_they_are_or_refused() {
        for text in
            ["0", "-0.00", "1.50", "-12345678901234567890123456789012345678", "0.00000000000000000001"]
        {
            assert!(number(text).is_ok(), "{text}");
        }
        let most = format!("{}{}", "9".repeat(38), "0".repeat(87));
        assert_eq!(number(&most).unwrap().to_string(), most);
        let tiny = format!("0.{}1", "0".repeat(128));
        assert_eq!(number(&tiny).unwrap().to_string(), tiny);
        let long = "9".repeat(39);
        let large = format!("1{}", "0".repeat(126));
        let small = format!("0.{}1", "0".repeat(129));
        for text in ["", "-", ".", "NaN", "1e5", "Infinity", &long, &large, &small] {
            assert!(number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_oracle_has_not_is_named_by_its_place() {
        let year = Value::Date(Date::new(10_000, 1, 1).unwrap());
        let error = bound(&[Value::I64(1), year]).err().unwrap();
        assert!(error.message().starts_with("parameter 2 has a year"), "{error}");
    }
}
