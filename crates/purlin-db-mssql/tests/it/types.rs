//! Every type that the driver reads, as [MS-TDS] writes it.

use crate::server::{cx, session};
use crate::tds::Fake;
use crate::tds::tokens::{COUNT, SELECT, columns, done, long, pieces, row, wide};
use purlin_db::{Date, DateTime, Decimal, Time, Value};

const COLLATION: [u8; 5] = [9, 4, 0xd0, 0, 0x34];

/// What a server sends of one value: the column, and the bytes.
async fn value(kind: &[u8], bytes: &[u8]) -> (String, Value) {
    let fake = Fake::start().unwrap();
    // Columns behind it and before it: a length that is read wrong shifts them.
    let (before, after) = (crate::tds::tokens::int(11), crate::tds::tokens::int(12));
    let int = crate::tds::tokens::INT;
    let tokens = [
        columns(&[("a", int), ("v", kind), ("b", int)]),
        row(&[&before, bytes, &after]),
        done(COUNT, SELECT, 1),
    ];
    fake.answer("VALUE", tokens.concat());
    let mut session = session(&fake).await;
    let cx = cx();
    let mut rows = session.query(&cx, "VALUE").await.unwrap();
    let name = rows.columns()[1].type_name.clone();
    let row = rows.next().await.unwrap().unwrap().to_owned().unwrap();
    assert_eq!((&row.values()[0], &row.values()[2]), (&Value::I64(11), &Value::I64(12)), "{name}");
    (name, row.values()[1].clone())
}

fn collated(token: u8, size: u16) -> Vec<u8> {
    [&[token][..], &size.to_le_bytes(), &COLLATION].concat()
}

fn sized(size: usize, bytes: &[u8]) -> Vec<u8> {
    match size {
        1 => [&[bytes.len() as u8][..], bytes].concat(),
        2 => [&(bytes.len() as u16).to_le_bytes()[..], bytes].concat(),
        _ => [&(bytes.len() as u32).to_le_bytes()[..], bytes].concat(),
    }
}

async fn is(kind: &[u8], bytes: &[u8], name: &str, wanted: Value) {
    assert_eq!(value(kind, bytes).await, (name.to_owned(), wanted), "{name}");
}

fn decimal(mantissa: i128, scale: u8) -> Value {
    Value::Decimal(Decimal::new(mantissa, scale).unwrap())
}

#[tokio::test]
async fn whole_numbers_truths_and_doubles() {
    is(&[0x26, 1], &[1, 255], "tinyint", Value::I64(255)).await;
    is(&[0x30], &[200], "tinyint", Value::I64(200)).await;
    is(&[0x26, 2], &sized(1, &(-2_i16).to_le_bytes()), "smallint", Value::I64(-2)).await;
    is(&[0x34], &300_i16.to_le_bytes(), "smallint", Value::I64(300)).await;
    is(&[0x38], &(-70_000_i32).to_le_bytes(), "int", Value::I64(-70_000)).await;
    is(&[0x26, 8], &sized(1, &i64::MIN.to_le_bytes()), "bigint", Value::I64(i64::MIN)).await;
    is(&[0x7f], &i64::MAX.to_le_bytes(), "bigint", Value::I64(i64::MAX)).await;
    is(&[0x26, 4], &[0], "int", Value::Null).await;
    is(&[0x68, 1], &[1, 1], "bit", Value::Bool(true)).await;
    is(&[0x32], &[0], "bit", Value::Bool(false)).await;
    is(&[0x6d, 4], &sized(1, &1.5_f32.to_le_bytes()), "real", Value::F32(1.5)).await;
    is(&[0x6d, 8], &sized(1, &(-2.25_f64).to_le_bytes()), "float", Value::F64(-2.25)).await;
    is(&[0x3e], &0.1_f64.to_le_bytes(), "float", Value::F64(0.1)).await;
}

#[tokio::test]
async fn exact_numbers_stay_exact() {
    let number = |sign: u8, digits: u128| sized(1, &[&[sign][..], &digits.to_le_bytes()].concat());
    let all = 99_999_999_999_999_999_999_999_999_999_999_999_999_u128;
    is(&[0x6a, 17, 38, 0], &number(1, all), "decimal", decimal(all as i128, 0)).await;
    is(&[0x6c, 17, 38, 38], &number(0, all), "numeric", decimal(-(all as i128), 38)).await;
    is(&[0x6a, 17, 38, 10], &[0], "decimal", Value::Null).await;
    let small = sized(1, &[&[1][..], &12_345_u32.to_le_bytes()].concat());
    is(&[0x6a, 5, 9, 2], &small, "decimal", decimal(12_345, 2)).await;
}

/// The driver makes doubles of it, which hold no more than 15 digits.
#[tokio::test]
async fn money_is_exact_to_its_last_digit() {
    let money = |value: i64| {
        let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
        [e, f, g, h, a, b, c, d]
    };
    for value in [i64::MAX, i64::MIN, 0, -1, 1, 9_007_199_254_740_993, 12_345] {
        is(&[0x6e, 8], &sized(1, &money(value)), "money", decimal(value.into(), 4)).await;
        is(&[0x3c], &money(value), "money", decimal(value.into(), 4)).await;
    }
    is(&[0x6e, 4], &sized(1, &(-12_345_i32).to_le_bytes()), "smallmoney", decimal(-12_345, 4)).await;
    is(&[0x7a], &i32::MAX.to_le_bytes(), "smallmoney", decimal(i32::MAX.into(), 4)).await;
    is(&[0x6e, 8], &[0], "money", Value::Null).await;
}

#[tokio::test]
async fn money_of_many_rows_stays_with_its_row() {
    let fake = Fake::start().unwrap();
    let mut tokens = columns(&[("a", &[0x6e, 8]), ("b", &[0x6e, 4]), ("c", &[0x6e, 8])]);
    let big = |value: i64| {
        let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
        [8, e, f, g, h, a, b, c, d]
    };
    for n in 0..3000_i32 {
        let first = if n % 3 == 0 { vec![0] } else { big(i64::from(n) << 40).to_vec() };
        tokens.extend_from_slice(&row(&[&first, &sized(1, &n.to_le_bytes()), &big(-i64::from(n))]));
    }
    fake.answer("MONEY", [tokens, done(COUNT, SELECT, 3000)].concat());
    let mut session = session(&fake).await;
    let rows = session.query(&cx(), "MONEY").all().await.unwrap();
    assert_eq!(rows.len(), 3000);
    for (n, row) in (0_i128..).zip(&rows) {
        let first = if n % 3 == 0 { Value::Null } else { decimal(n << 40, 4) };
        assert_eq!(row.values(), [first, decimal(n, 4), decimal(-n, 4)]);
    }
}

#[tokio::test]
async fn days_and_times() {
    let date = |year, month, day| Date::new(year, month, day).unwrap();
    let moment = |date, nanos| Value::DateTime(DateTime::new(date, Time::from_nanos(nanos)).unwrap());
    is(&[0x28], &[3, 0, 0, 0], "date", Value::Date(date(1, 1, 1))).await;
    is(&[0x28], &[3, 0xda, 0xb9, 0x37], "date", Value::Date(date(9999, 12, 31))).await;
    is(&[0x28], &[0], "date", Value::Null).await;
    let last = (86_400_u64 * 10_000_000 - 1).to_le_bytes();
    is(&[0x29, 7], &sized(1, &last[..5]), "time", Value::Time(Time::from_nanos(86_399_999_999_900))).await;
    is(&[0x29, 0], &[3, 61, 0, 0], "time", Value::Time(Time::from_nanos(61_000_000_000))).await;
    let of_2025 = date(2025, 1, 1);
    let bytes = [&last[..5], &[0xb3, 0x47, 0x0b]].concat();
    is(&[0x2a, 7], &sized(1, &bytes), "datetime2", moment(of_2025, 86_399_999_999_900)).await;
    // 1 January 1900 and one three-hundredth; the earliest that there is.
    is(&[0x6f, 8], &[8, 0, 0, 0, 0, 1, 0, 0, 0], "datetime", moment(date(1900, 1, 1), 3_000_000)).await;
    let first = [&(-53_690_i32).to_le_bytes()[..], &[0; 4]].concat();
    is(&[0x3d], &first, "datetime", moment(date(1753, 1, 1), 0)).await;
    is(&[0x6f, 4], &[4, 1, 0, 61, 0], "smalldatetime", moment(date(1900, 1, 2), 3_660_000_000_000)).await;
    is(&[0x3a], &[0, 0, 0, 0], "smalldatetime", moment(date(1900, 1, 1), 0)).await;
}

#[tokio::test]
async fn a_moment_keeps_its_zone() {
    // 2025-01-01 10:00:00 UTC, told at two hours east.
    let bytes = [&(36_000_u64 * 10_000_000).to_le_bytes()[..5], &[0xb3, 0x47, 0x0b], &120_i16.to_le_bytes()];
    let (name, value) = value(&[0x2b, 7], &sized(1, &bytes.concat())).await;
    let Value::DateTimeTz(moment) = value else { panic!("{value:?}") };
    assert_eq!((name.as_str(), moment.offset_seconds()), ("datetimeoffset", 7200));
    assert_eq!(moment.timestamp().unix_seconds(), 1_735_725_600);
    assert_eq!(moment.to_string(), "2025-01-01T12:00:00+02:00");
}

#[tokio::test]
async fn text_and_bytes_short_and_in_pieces() {
    let text = "Grüße, 世界 🦀";
    is(&collated(0xe7, 8000), &sized(2, &wide(text)), "nvarchar", Value::Text(text.to_owned())).await;
    is(&collated(0xef, 40), &sized(2, &wide("ab  ")), "nchar", Value::Text("ab  ".to_owned())).await;
    is(&collated(0xa7, 8000), &sized(2, b"caf\xe9"), "varchar", Value::Text("café".to_owned())).await;
    is(&collated(0xaf, 4), &sized(2, b"ab  "), "char", Value::Text("ab  ".to_owned())).await;
    is(&collated(0xe7, 8000), &[0xff, 0xff], "nvarchar", Value::Null).await;
    let many = text.repeat(3000);
    is(&collated(0xe7, 0xffff), &pieces(&wide(&many), 5000), "nvarchar", Value::Text(many.clone())).await;
    is(&collated(0xa7, 0xffff), &pieces(&[b'x'; 20_000], 7), "varchar", Value::Text("x".repeat(20_000)))
        .await;
    is(&collated(0xe7, 0xffff), &[0xff; 8], "nvarchar", Value::Null).await;
    is(&[0xa5, 0x40, 0x1f], &sized(2, &[0, 255]), "varbinary", Value::Bytes(vec![0, 255])).await;
    is(&[0xad, 8, 0], &sized(2, &[7; 8]), "binary", Value::Bytes(vec![7; 8])).await;
    is(&[0xa5, 0xff, 0xff], &pieces(&[9; 9000], 4000), "varbinary", Value::Bytes(vec![9; 9000])).await;
    is(&[0xa5, 0xff, 0xff], &pieces(&[], 1), "varbinary", Value::Bytes(vec![])).await;
}

/// A lone surrogate, which `nvarchar` may hold, does not cost the row.
#[tokio::test]
async fn half_a_pair_is_marked() {
    let bytes = sized(2, &[b'a', 0, 0x00, 0xd8]);
    is(&collated(0xe7, 8000), &bytes, "nvarchar", Value::Text("a\u{fffd}".to_owned())).await;
}

#[tokio::test]
async fn the_old_large_types() {
    let pointer = |value: &[u8]| [&[16][..], &[1; 24], &sized(4, value)].concat();
    let table = [&[1][..], &long("hosts")].concat();
    let text = [&[0x23, 0xff, 0xff, 0xff, 0x7f][..], &COLLATION, &table].concat();
    is(&text, &pointer(b"old"), "text", Value::Text("old".to_owned())).await;
    is(&text, &[0], "text", Value::Null).await;
    let ntext = [&[0x63, 0xff, 0xff, 0xff, 0x7f][..], &COLLATION, &table].concat();
    is(&ntext, &pointer(&wide("ölt")), "ntext", Value::Text("ölt".to_owned())).await;
    let image = [&[0x22, 0xff, 0xff, 0xff, 0x7f][..], &table].concat();
    is(&image, &pointer(&[1, 2, 3]), "image", Value::Bytes(vec![1, 2, 3])).await;
}

#[tokio::test]
async fn what_has_no_variant_comes_by_its_name() {
    // Written with the first three parts turned round.
    let uuid = [0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8];
    let wanted = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8];
    is(&[0x24, 16], &sized(1, &uuid), "uniqueidentifier", Value::Uuid(wanted)).await;
    is(&[0x24, 16], &[0], "uniqueidentifier", Value::Null).await;
    let other =
        |name: &'static str, text: &str| Value::Other { type_name: name.into(), text: text.to_owned() };
    is(&[0xf1, 0], &pieces(&wide("<a/>"), 4), "xml", other("xml", "<a/>")).await;
    let short = |text: &str| [vec![text.len() as u8], wide(text)].concat();
    let place = [
        &[0xf0, 0xff, 0xff][..],
        &short("map"),
        &short("sys"),
        &short("geography"),
        &long("Microsoft.SqlServer.Types"),
    ];
    is(&place.concat(), &pieces(&[0xe6, 0x10], 9), "geography", other("geography", "0xe610")).await;
    is(&place.concat(), &[0xff; 8], "geography", Value::Null).await;
    let variant = [0x62, 0x49, 0x1f, 0, 0];
    let int = sized(4, &[&[0x38, 0][..], &7_i32.to_le_bytes()].concat());
    is(&variant, &int, "sql_variant", Value::I64(7)).await;
    is(&variant, &[0; 4], "sql_variant", Value::Null).await;
}
