//! What can stand in a column, and the values that are tried.

use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Time, Value};

/// What a column can hold, as [`Value`] tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DbKind {
    /// Truth values.
    Bool,
    /// Signed whole numbers of 64 bits.
    I64,
    /// Unsigned whole numbers of 64 bits.
    U64,
    /// Single-precision numbers.
    F32,
    /// Double-precision numbers.
    F64,
    /// Exact numbers with 28 digits before the point and 10 behind it.
    Decimal,
    /// Whole numbers of 65 digits.
    BigDecimal,
    /// Text of 10,000 characters of any script.
    Text,
    /// Bytes, 10,000 of them.
    Bytes,
    /// Days from the year 1000 to 9999.
    Date,
    /// Times of day to the microsecond.
    Time,
    /// Signed spans up to 838 hours, as MySQL's TIME.
    Span,
    /// Days with times, without a zone, to the microsecond.
    DateTime,
    /// Moments from 1970 to 2038, to the microsecond.
    DateTimeTz,
    /// UUIDs.
    Uuid,
    /// JSON, kept as it was written.
    Json,
}

const HOUR: i64 = 3_600_000_000_000;

impl DbKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Bool,
        Self::I64,
        Self::U64,
        Self::F32,
        Self::F64,
        Self::Decimal,
        Self::BigDecimal,
        Self::Text,
        Self::Bytes,
        Self::Date,
        Self::Time,
        Self::Span,
        Self::DateTime,
        Self::DateTimeTz,
        Self::Uuid,
        Self::Json,
    ];

    /// As the names of cases have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Decimal => "decimal",
            Self::BigDecimal => "big_decimal",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::Span => "span",
            Self::DateTime => "date_time",
            Self::DateTimeTz => "date_time_tz",
            Self::Uuid => "uuid",
            Self::Json => "json",
        }
    }

    /// The values that are tried: plain ones and extremes.
    pub(super) fn samples(self) -> Vec<Value> {
        match self {
            Self::Bool => vec![Value::Bool(true), Value::Bool(false)],
            Self::I64 => [0, -1, 1, i64::MIN, i64::MAX].map(Value::I64).to_vec(),
            Self::U64 => vec![Value::U64(1 << 63), Value::U64(u64::MAX)],
            Self::F32 => [0.0, 1.5, -0.1].map(Value::F32).to_vec(),
            Self::F64 => [0.0, -1.5, 0.1, f64::MAX, f64::MIN, f64::MIN_POSITIVE].map(Value::F64).to_vec(),
            Self::Decimal => decimals(),
            Self::BigDecimal => vec![big("9"), Value::BigDecimal(format!("-{}", "9".repeat(65)))],
            Self::Text => texts(),
            Self::Bytes => vec![
                Value::Bytes(Vec::new()),
                Value::Bytes((0..=255).collect()),
                Value::Bytes(vec![0xff; 10_000]),
            ],
            Self::Date => parsed::<Date, 3>(["1000-01-01", "2024-02-29", "9999-12-31"], Value::Date),
            Self::Time => [0, 12 * HOUR, 24 * HOUR - 1_000].map(time).to_vec(),
            Self::Span => [-1_000_000_000, -838 * HOUR, 838 * HOUR].map(time).to_vec(),
            Self::DateTime => {
                let texts =
                    ["1000-01-01T00:00:00", "2024-02-29T12:34:56.000001", "9999-12-31T23:59:59.999999"];
                parsed::<DateTime, 3>(texts, Value::DateTime)
            }
            Self::DateTimeTz => {
                let texts =
                    ["1970-01-01T00:00:01Z", "2024-02-29T12:34:56.000001Z", "2038-01-19T03:14:07.999999Z"];
                parsed::<DateTimeTz, 3>(texts, Value::DateTimeTz)
            }
            Self::Uuid => vec![
                Value::Uuid([0; 16]),
                Value::Uuid([0xff; 16]),
                Value::Uuid(*b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\x00\x00"),
            ],
            Self::Json => ["{}", "[1, null, \"naïve\"]", "{\"a\": {\"b\": [true]}}"]
                .map(|text| Value::Json(text.to_owned()))
                .to_vec(),
        }
    }
}

fn decimals() -> Vec<Value> {
    let most = 10_i128.pow(38) - 1;
    let numbers = [(0, 0), (1, 10), (-15, 1), (most, 10), (-most, 10)];
    numbers
        .iter()
        .filter_map(|(mantissa, scale)| Decimal::new(*mantissa, *scale))
        .map(Value::Decimal)
        .collect()
}

fn big(digit: &str) -> Value {
    Value::BigDecimal(digit.repeat(65))
}

fn texts() -> Vec<Value> {
    let long = "ä".repeat(10_000);
    ["", "naïve 🦀 中文", "it's \"so\" \\ %_`$1 :a ? --", " kept \t as\r\nit is ", &long]
        .map(|text| Value::Text(text.to_owned()))
        .to_vec()
}

fn time(nanos: i64) -> Value {
    Value::Time(Time::from_nanos(nanos))
}

fn parsed<T: std::str::FromStr, const N: usize>(texts: [&str; N], value: fn(T) -> Value) -> Vec<Value> {
    texts.iter().filter_map(|text| text.parse().ok()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::DbKind;

    #[test]
    fn every_kind_has_all_its_samples() {
        for kind in DbKind::ALL {
            let least = if matches!(kind, DbKind::Bool | DbKind::U64 | DbKind::BigDecimal) { 2 } else { 3 };
            assert!(kind.samples().len() >= least, "{kind:?}");
        }
    }
}
