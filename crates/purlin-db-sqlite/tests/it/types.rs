use crate::support::{cx, memory, run, value};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Protocol, Session, Time, Value};

async fn round_trip(session: &mut Session, sent: Value) -> Value {
    session.query(&cx(), "SELECT ?1").bind(sent).one().await.unwrap().into_values().remove(0)
}

fn at(text: &str) -> DateTime {
    let number = |from: usize, to: usize| text[from..to].parse().unwrap();
    let date = Date::new(text[..4].parse().unwrap(), number(5, 7), number(8, 10)).unwrap();
    let seconds =
        i64::from(number(11, 13)) * 3600 + i64::from(number(14, 16)) * 60 + i64::from(number(17, 19));
    DateTime::new(date, Time::from_nanos(seconds * 1_000_000_000)).unwrap()
}

#[tokio::test]
async fn each_storage_class_keeps_its_extremes() {
    let mut session = memory().await;
    let long = "ä".repeat(300_000);
    for sent in [
        Value::Null,
        Value::I64(i64::MIN),
        Value::I64(i64::MAX),
        Value::F64(f64::MAX),
        Value::F64(f64::MIN_POSITIVE),
        Value::F64(f64::NEG_INFINITY),
        Value::Text(String::new()),
        Value::Text("a\0b".to_owned()),
        Value::Text(long),
        Value::Bytes(Vec::new()),
        Value::Bytes((0..=255).cycle().take(300_000).collect()),
    ] {
        assert_eq!(round_trip(&mut session, sent.clone()).await, sent);
    }
}

#[tokio::test]
async fn other_values_go_into_the_class_that_keeps_them_whole() {
    let mut session = memory().await;
    let moment = DateTimeTz::at_offset("2024-02-29T23:30:00.25Z".parse().unwrap(), -5400).unwrap();
    let date = Date::new(2024, 2, 29).unwrap();
    for (sent, stored) in [
        (Value::Bool(true), Value::I64(1)),
        (Value::U64(i64::MAX as u64), Value::I64(i64::MAX)),
        (Value::F32(1.5), Value::F64(1.5)),
        (
            Value::Decimal(Decimal::new(-1_234_567_890_123_456_789_012, 2).unwrap()),
            text("-12345678901234567890.12"),
        ),
        (Value::BigDecimal("1e400".to_owned()), text("1e400")),
        (Value::Date(date), text("2024-02-29")),
        (Value::Time(Time::from_nanos(-3_600_000_000_001)), text("-01:00:00.000000001")),
        (Value::DateTime(at("2024-02-29 13:30:00")), text("2024-02-29 13:30:00")),
        (Value::DateTimeTz(moment), text("2024-02-29 23:30:00.250+00:00")),
        (Value::Uuid([0xab; 16]), text("abababab-abab-abab-abab-abababababab")),
        (Value::Json("{}".to_owned()), text("{}")),
    ] {
        assert_eq!(round_trip(&mut session, sent).await, stored);
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[tokio::test]
async fn what_sqlite_would_change_is_refused_before_it_is_sent() {
    let mut session = memory().await;
    let late = Date::new(10_000, 1, 1).unwrap();
    for (sent, part) in [
        (Value::U64(1 << 63), "parameter 1 is an unsigned number beyond 63 bits"),
        (Value::F64(f64::NAN), "parameter 1 is not a number"),
        (Value::F32(f32::NAN), "parameter 1 is not a number"),
        (Value::Date(late), "parameter 1 is a date outside"),
    ] {
        let error = session.query(&cx(), "SELECT ?1").bind(sent).one().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
        assert!(error.message().starts_with(part), "{error}");
        assert_eq!(error.endpoint().map(ToString::to_string).as_deref(), Some(":memory:"));
    }
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
}

#[tokio::test]
async fn declared_types_speak_where_the_value_has_their_form() {
    let mut session = memory().await;
    let columns = "b BOOLEAN, d DATE, t TIME, dt DATETIME, ts TIMESTAMP(3), u UUID, j JSON, c VARCHAR(9), n DECIMAL(9,2)";
    run(&mut session, &format!("CREATE TABLE t ({columns})")).await;
    let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let values = format!(
        "1, '2024-02-29', '13:30:00.5', '2024-02-29 13:30:00', '2024-02-29T13:30:00+01:00', '{uuid}', '[]', '1', '1.50'"
    );
    run(&mut session, &format!("INSERT INTO t VALUES ({values})")).await;
    let utc = "2024-02-29T12:30:00Z".parse().unwrap();
    let expected = [
        Value::Bool(true),
        Value::Date(Date::new(2024, 2, 29).unwrap()),
        Value::Time(Time::from_nanos(48_600_500_000_000)),
        Value::DateTime(at("2024-02-29 13:30:00")),
        Value::DateTimeTz(DateTimeTz::utc(utc)),
        Value::Uuid(*b"\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"),
        Value::Json("[]".to_owned()),
        text("1"),
        Value::F64(1.5),
    ];
    for protocol in [Protocol::Text, Protocol::Prepared] {
        let row = session.query(&cx(), "SELECT * FROM t").protocol(protocol).one().await.unwrap();
        assert_eq!(row.values(), expected);
    }
}

#[tokio::test]
async fn what_is_stored_counts_more_than_what_was_declared() {
    let mut session = memory().await;
    run(&mut session, "CREATE TABLE t (b BOOLEAN, d DATE, u UUID, i INTEGER, s TEXT)").await;
    run(&mut session, "INSERT INTO t VALUES (7, 'soon', x'00', 'seven', CAST(x'ff41' AS TEXT))").await;
    run(&mut session, "INSERT INTO t VALUES ('yes', 20240229, 1.5, NULL, x'ff41')").await;
    let rows = crate::support::rows(&mut session, "SELECT * FROM t").await;
    let bytes = || Value::Bytes(vec![0xff, 0x41]);
    assert_eq!(
        rows[0].values(),
        [Value::I64(7), text("soon"), Value::Bytes(vec![0]), text("seven"), bytes()]
    );
    assert_eq!(
        rows[1].values(),
        [text("yes"), Value::I64(20_240_229), Value::F64(1.5), Value::Null, bytes()]
    );
}

#[tokio::test]
async fn columns_have_their_names_and_declared_types() {
    let mut session = memory().await;
    run(&mut session, "CREATE TABLE t (a VARCHAR(9), b)").await;
    let rows = session.query(&cx(), "SELECT a, b, 1 + 1 AS two, a AS a FROM t").await.unwrap();
    let columns: Vec<_> =
        rows.columns().iter().map(|column| (column.name.as_str(), column.type_name.as_str())).collect();
    assert_eq!(columns, [("a", "varchar(9)"), ("b", ""), ("two", ""), ("a", "varchar(9)")]);
}

#[tokio::test]
async fn a_kept_statement_sees_that_its_table_was_changed() {
    let mut session = memory().await;
    run(&mut session, "CREATE TABLE t (a)").await;
    run(&mut session, "INSERT INTO t VALUES (1)").await;
    for change in [
        "ALTER TABLE t ADD COLUMN b BOOLEAN DEFAULT 1",
        "DROP TABLE t",
        "CREATE TABLE t AS SELECT '2024-02-29' AS a",
    ] {
        let before = session.query(&cx(), "SELECT * FROM t").protocol(Protocol::Prepared).all().await;
        assert_eq!(before.is_ok(), !change.starts_with("CREATE"));
        run(&mut session, change).await;
        let after = session.query(&cx(), "SELECT * FROM t").protocol(Protocol::Prepared).all().await;
        match (change.split(' ').next(), after) {
            (Some("ALTER"), Ok(rows)) => assert_eq!(rows[0].values(), [Value::I64(1), Value::Bool(true)]),
            (Some("DROP"), Err(_)) => {}
            (Some("CREATE"), Ok(rows)) => assert_eq!(rows[0].values(), [text("2024-02-29")]),
            (_, other) => panic!("{change}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn halves_of_a_character_in_neighbouring_rows_stay_bytes() {
    let mut session = memory().await;
    let half = |bytes: &str| format!("SELECT CAST(x'{bytes}' AS TEXT)");
    for (first, second) in [("61c3", "a462"), ("61c3", "62"), ("ff", "61")] {
        let sql = format!("{} UNION ALL {} UNION ALL SELECT 'ä'", half(first), half(second));
        let rows = crate::support::rows(&mut session, &sql).await;
        let expected = [first, second].map(|hex| {
            let bytes: Vec<u8> = (0..hex.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            String::from_utf8(bytes).map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Text)
        });
        assert_eq!(rows[0].values(), [expected[0].clone()]);
        assert_eq!(rows[1].values(), [expected[1].clone()]);
        assert_eq!(rows[2].values(), [text("ä")]);
    }
}
