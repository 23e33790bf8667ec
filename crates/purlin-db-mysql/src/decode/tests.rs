use super::*;
use purlin_db::{Date, DateTime, Decimal, Time};

fn text(kind: Kind, text: &str) -> Option<ValueRef<'_>> {
    of_bytes(kind, text.as_bytes())
}

#[test]
fn numbers_are_exact_or_text() {
    assert_eq!(text(Kind::Integer, "-42"), Some(ValueRef::I64(-42)));
    assert_eq!(text(Kind::Integer, "18446744073709551615"), Some(ValueRef::U64(u64::MAX)));
    assert_eq!(text(Kind::Integer, "4x"), None);
    assert_eq!(text(Kind::Decimal, "-1.50"), Decimal::new(-150, 2).map(ValueRef::Decimal));
    let long = "9".repeat(65);
    assert_eq!(text(Kind::Decimal, &long), Some(ValueRef::BigDecimal(long.as_str().into())));
    assert_eq!(text(Kind::Decimal, "1.2.3"), None);
    assert_eq!(text(Kind::Decimal, ""), None);
    assert_eq!(of_bytes(Kind::Bits, &[1, 0]), Some(ValueRef::I64(256)));
    assert_eq!(of_bytes(Kind::Bits, &[0; 9]), None);
}

#[test]
fn spans_may_be_negative_and_long() {
    let nanos = -((838 * 60 + 59) * 60 + 59) * 1_000_000_000_i64;
    assert_eq!(text(Kind::Time, "-838:59:59"), Some(ValueRef::Time(Time::from_nanos(nanos))));
    assert_eq!(text(Kind::Time, "00:00:00.5"), Some(ValueRef::Time(Time::from_nanos(500_000_000))));
    assert_eq!(text(Kind::Time, "00:00"), None);
    assert_eq!(text(Kind::Time, "00:00:00.1234567890"), None);
}

#[test]
fn both_protocols_tell_zero_dates_in_the_same_words() {
    for (kind, written, micros) in [
        (Kind::Date, "0000-00-00", 0),
        (Kind::DateTime(0), "0000-00-00 00:00:00", 0),
        (Kind::Timestamp(3), "0000-00-00 00:00:00.000", 0),
    ] {
        let binary = temporal::of_parts(kind, (0, 0, 0), [0; 3], micros);
        assert!(matches!(&binary, ValueRef::Other { text, .. } if text == written), "{binary:?}");
        assert_eq!(text(kind, written), Some(binary));
    }
    let day = Date::new(2024, 2, 29).unwrap();
    let at = DateTime::new(day, Time::from_nanos(1_000_000)).unwrap();
    assert_eq!(text(Kind::DateTime(3), "2024-02-29 00:00:00.001"), Some(ValueRef::DateTime(at)));
    assert_eq!(temporal::of_parts(Kind::DateTime(3), (2024, 2, 29), [0; 3], 1_000), ValueRef::DateTime(at));
}

#[test]
fn text_that_is_not_utf8_comes_as_bytes() {
    assert_eq!(of_bytes(Kind::Text, b"\xff"), Some(ValueRef::Bytes(b"\xff")));
    assert_eq!(of_bytes(Kind::Integer, b"\xff"), None);
    assert!(value(Kind::Integer, &Value::Bytes(b"x".to_vec())).is_err());
}
