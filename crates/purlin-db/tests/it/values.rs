use proptest::prelude::*;
use purlin_core::Timestamp;
use purlin_db::{
    Column, Columns, Date, DateTime, DateTimeTz, Decimal, FromValue, OwnedRow, Row, Time, Value,
};

fn read<T: FromValue>(value: impl Into<Value>) -> Result<T, String> {
    T::from_value(value.into().as_ref()).map_err(|mismatch| mismatch.to_string())
}

#[test]
fn an_integer_fits_or_is_refused() {
    assert_eq!(read::<i8>(-128_i64), Ok(-128));
    assert_eq!(read::<u8>(255_i64), Ok(255));
    assert_eq!(
        read::<u8>(-1_i64),
        Err("this integer is out of the range of an 8-bit unsigned integer, or has a fraction".into())
    );
    assert_eq!(read::<u64>(u64::MAX), Ok(u64::MAX));
    assert!(read::<i64>(u64::MAX).is_err());
    assert_eq!(read::<i32>(Decimal::new(4200, 2).unwrap()), Ok(42));
    assert!(read::<i32>(Decimal::new(4201, 2).unwrap()).is_err());
    assert!(read::<i32>("42").is_err(), "text is no number");
    assert!(read::<i32>(1.0_f64).is_err(), "a double is not exact");
}

#[test]
fn null_needs_an_option() {
    assert_eq!(read::<i64>(Value::Null), Err("null does not fit a 64-bit signed integer".into()));
    assert_eq!(read::<Option<i64>>(Value::Null), Ok(None));
    assert_eq!(read::<Option<i64>>(7_i64), Ok(Some(7)));
    assert_eq!(Value::from(None::<&str>), Value::Null);
}

#[test]
fn engines_without_truth_values_send_numbers() {
    assert_eq!(read::<bool>(1_i64), Ok(true));
    assert_eq!(read::<bool>(0_i64), Ok(false));
    assert!(read::<bool>(2_i64).is_err());
}

#[test]
fn a_mismatch_never_repeats_the_value() {
    let told = read::<i64>("hunter2").unwrap_err();
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn decimals_keep_38_digits() {
    let most = "9".repeat(38);
    let number: Decimal = most.parse().unwrap();
    assert_eq!(number.to_string(), most);
    assert!("9".repeat(39).parse::<Decimal>().is_err());
    assert_eq!("-0.05".parse::<Decimal>().unwrap().to_string(), "-0.05");
    assert_eq!("1E3".parse::<Decimal>().unwrap().to_string(), "1000");
    assert_eq!("15E-1".parse::<Decimal>().unwrap().to_string(), "1.5");
    for wrong in
        ["", ".", "-", "1.2.3", "abc", "NaN", "Infinity", "1e", "1e999999999999", "٣", "1_000", "--1"]
    {
        assert!(wrong.parse::<Decimal>().is_err(), "{wrong:?}");
    }
    assert_eq!(Decimal::new(i128::MAX, 0), None);
    assert_eq!(Decimal::new(1, 39), None);
}

#[test]
fn decimals_compare_by_value() {
    let of = |text: &str| text.parse::<Decimal>().unwrap();
    assert_eq!(of("1.50"), of("1.5"));
    assert!(of("-1.5") < of("-1.49") && of("-0.1") < of("0") && of("0.1") > of("0.09"));
    assert_eq!(of("0.1").to_f64(), 0.1);
    assert_eq!(of("100").to_integer(), Some(100));
}

#[test]
fn days_know_their_calendar() {
    assert_eq!(Date::new(2026, 2, 29), None);
    assert_eq!(Date::new(1900, 2, 29), None);
    assert!(Date::new(2000, 2, 29).is_some());
    assert_eq!(Date::new(0, 0, 0), None, "MySQL's zero date is no date");
    assert_eq!(Date::from_unix_days(0), Date::new(1970, 1, 1));
    assert_eq!(Date::from_unix_days(-719_528), Date::new(0, 1, 1));
    assert_eq!(Date::new(-4712, 1, 1).unwrap().to_string(), "-004712-01-01");
    assert_eq!(Date::from_unix_days(i64::MAX), None);
}

#[test]
fn times_may_be_spans() {
    let span: Time = "-838:59:59".parse().unwrap();
    assert_eq!(span.nanos(), -3_020_399_000_000_000);
    assert_eq!(span.to_string(), "-838:59:59");
    assert_eq!("13:30".parse::<Time>().unwrap(), Time::of_day(13, 30, 0, 0).unwrap());
    assert_eq!("00:00:00.250".parse::<Time>().unwrap().to_string(), "00:00:00.250");
    for wrong in [
        "",
        "1",
        "25",
        "12:60",
        "12:00:60",
        "12:0:00",
        "12:00:00.",
        "12:00:00.1234567890",
        "a:b:c",
        "1:2:3:4",
    ] {
        assert!(wrong.parse::<Time>().is_err(), "{wrong:?}");
    }
    let day = Date::new(2026, 1, 1).unwrap();
    assert_eq!(DateTime::new(day, span), None);
}

#[test]
fn moments_keep_the_offset_they_came_with() {
    let moment: DateTimeTz = "2026-11-22 12:30:00.5+01:00".parse().unwrap();
    assert_eq!(moment.to_string(), "2026-11-22T12:30:00.500+01:00");
    assert_eq!(moment.timestamp(), "2026-11-22T11:30:00.500Z".parse::<Timestamp>().unwrap());
    assert_eq!(moment, DateTimeTz::utc(moment.timestamp()), "the same moment");
    assert_eq!("2026-11-22 12:30:00-05".parse::<DateTimeTz>().unwrap().offset_seconds(), -18_000);
    for wrong in
        ["", "2026-11-22", "2026-11-22 12:30:00", "2026-11-22 12:30:00+1", "2026-11-22 12:30:00+25:00", "Z"]
    {
        assert!(wrong.parse::<DateTimeTz>().is_err(), "{wrong:?}");
    }
    assert_eq!(read::<Timestamp>(moment).as_ref(), Ok(&moment.timestamp()));
    assert!(read::<Timestamp>(moment.local().unwrap()).is_err(), "a wall clock without a zone is no moment");
}

#[test]
fn values_print_for_people() {
    let other = Value::Other { type_name: "point".into(), text: "(1,2)".into() };
    let uuid = *b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00";
    let printed =
        [Value::Null, Value::Bytes(vec![0, 255]), Value::Uuid(uuid), other].map(|value| value.to_string());
    assert_eq!(printed, ["NULL", "0x00ff", "123e4567-e89b-12d3-a456-426614174000", "(1,2)"]);
}

#[test]
fn a_row_is_read_by_name_and_by_place() {
    let columns =
        Columns::new([Column::new("id", "int"), Column::new("Name", "varchar"), Column::new("name", "text")]);
    let row = OwnedRow::new(columns, [Value::from(7_i64), "a".into(), "b".into()]);
    assert_eq!(row.get::<i64>("id").unwrap(), 7);
    assert_eq!(row.get::<String>("name").unwrap(), "b", "the exact name counts before another case");
    assert_eq!(row.get::<String>("NAME").unwrap(), "a");
    assert_eq!(row.get::<String>(1).unwrap(), "a");
    let missing = row.get::<i64>("nmae").unwrap_err().to_string();
    assert_eq!(missing, r#"db.row: no column "nmae"; there are id, Name, name"#);
    let wrong = row.get::<i64>("Name").unwrap_err().to_string();
    assert_eq!(wrong, r#"db.row: column "Name": text does not fit a 64-bit signed integer"#);
    let lent: &dyn Row = &row;
    assert_eq!(lent.to_owned().unwrap(), row);
}

#[cfg(feature = "uuid")]
#[test]
fn uuids_of_the_uuid_crate() {
    let uuid = uuid::Uuid::from_u128(0x1234);
    assert_eq!(read::<uuid::Uuid>(uuid), Ok(uuid));
    assert_eq!(read::<uuid::Uuid>(uuid.to_string()), Ok(uuid));
    assert!(read::<uuid::Uuid>("no").is_err());
}

#[cfg(feature = "rust_decimal")]
#[test]
fn decimals_of_the_rust_decimal_crate() {
    let number = rust_decimal::Decimal::new(-12345, 3);
    assert_eq!(read::<rust_decimal::Decimal>(number), Ok(number));
    assert!(read::<rust_decimal::Decimal>("9".repeat(38).parse::<Decimal>().unwrap()).is_err());
    let trailing = Decimal::new(5 * 10_i128.pow(37), 37).unwrap();
    assert_eq!(read::<rust_decimal::Decimal>(trailing), Ok(5.into()));
}

#[cfg(feature = "jiff")]
#[test]
fn moments_of_the_jiff_crate() {
    let day = jiff::civil::date(2026, 11, 22);
    assert_eq!(read::<jiff::civil::Date>(day), Ok(day));
    assert_eq!(read::<jiff::civil::DateTime>(day.at(12, 30, 0, 5)), Ok(day.at(12, 30, 0, 5)));
    let early = jiff::Timestamp::new(-1, -500_000_000).unwrap();
    assert_eq!(read::<jiff::Timestamp>(early), Ok(early));
    let span = jiff::SignedDuration::from_hours(-30);
    assert_eq!(read::<jiff::SignedDuration>(Time::from_nanos(-108_000_000_000_000)), Ok(span));
    assert!(read::<jiff::civil::Time>(Time::from_nanos(-1)).is_err(), "a span is no time of day");
}

proptest! {
    #[test]
    fn every_decimal_prints_as_it_is_read(mantissa in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..=38) {
        let number = Decimal::new(mantissa, scale).unwrap();
        let again: Decimal = number.to_string().parse().unwrap();
        prop_assert_eq!((again.mantissa(), again.scale()), (mantissa, scale));
        prop_assert_eq!(number.normalized(), number);
    }

    #[test]
    fn every_day_has_its_number(days in -800_000_000_000_i64..800_000_000_000) {
        if let Some(date) = Date::from_unix_days(days) {
            prop_assert_eq!(date.unix_days(), days);
            prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        }
    }

    #[test]
    fn every_time_prints_as_it_is_read(nanos in -3_020_399_999_999_999_i64..3_020_399_999_999_999) {
        let time = Time::from_nanos(nanos);
        prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
    }

    #[test]
    fn every_moment_prints_as_it_is_read(seconds in -62_000_000_000_i64..253_000_000_000, quarter in -56_i32..=56) {
        let moment = DateTimeTz::at_offset(Timestamp::from_unix_seconds(seconds), quarter * 900).unwrap();
        let again: DateTimeTz = moment.to_string().parse().unwrap();
        prop_assert_eq!((again, again.offset_seconds()), (moment, moment.offset_seconds()));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,40}") {
        let _ = (text.parse::<Decimal>(), text.parse::<Date>(), text.parse::<Time>());
        let _ = (text.parse::<DateTime>(), text.parse::<DateTimeTz>());
    }
}
