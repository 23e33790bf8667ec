use super::{Form, encode};
use crate::decode::{Format, decode};
use crate::types::Kind;
use proptest::prelude::*;
use purlin_db::{Date, DateTime, Decimal, Time, Value};

fn back(kind: Kind, value: &Value) -> Value {
    let Form::Bytes(bytes) = encode(kind, 0, value) else { panic!("{value:?} is not sent as {kind:?}") };
    decode(kind, Format::Binary, "", &bytes).unwrap().to_value()
}

proptest! {
    #[test]
    fn numbers_come_back(number in any::<i64>(), short in any::<i16>(), float in -1e300_f64..1e300) {
        prop_assert_eq!(back(Kind::Int8, &Value::I64(number)), Value::I64(number));
        prop_assert_eq!(back(Kind::Int2, &Value::I64(short.into())), Value::I64(short.into()));
        prop_assert_eq!(back(Kind::Float8, &Value::F64(float)), Value::F64(float));
    }

    #[test]
    fn decimals_come_back(mantissa in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..=38) {
        let value = Value::Decimal(Decimal::new(mantissa, scale).unwrap());
        prop_assert_eq!(back(Kind::Numeric, &value), value);
    }

    #[test]
    fn moments_come_back(year in -4712..200_000_i32, month in 1_u8..=12, day in 1_u8..=28, micros in 0..86_400_000_000_i64) {
        let date = Date::new(year, month, day).unwrap();
        prop_assert_eq!(back(Kind::Date, &Value::Date(date)), Value::Date(date));
        let moment = Value::DateTime(DateTime::new(date, Time::from_nanos(micros * 1000)).unwrap());
        prop_assert_eq!(back(Kind::Timestamp, &moment), moment);
    }
}

#[test]
fn what_is_too_far_away_does_not_fit() {
    let date = Date::new(i32::MAX, 12, 31).unwrap();
    for kind in [Kind::Date, Kind::Timestamp, Kind::TimestampTz] {
        assert!(matches!(encode(kind, 0, &Value::Date(date)), Form::Mismatch(_)), "{kind:?}");
    }
}
