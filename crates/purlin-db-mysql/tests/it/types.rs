use crate::stage::{cx, run, server, session};
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Protocol, Time, Value};
use purlin_testkit::MariaDbSettings;

const HOUR: i64 = 3_600_000_000_000;

fn day(year: i32, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}

fn at(date: Date, nanos: i64) -> DateTime {
    DateTime::new(date, Time::from_nanos(nanos)).unwrap()
}

fn utc(text: &str) -> Value {
    Value::DateTimeTz(DateTimeTz::utc(text.parse().unwrap()))
}

fn other(type_name: &'static str, text: &str) -> Value {
    Value::Other { type_name: type_name.into(), text: text.to_owned() }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A type, the server's name of it, a literal, and what comes back.
fn cases() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let nines = "9".repeat(65);
    vec![
        ("TINYINT", "tinyint", "-128", Value::I64(-128)),
        ("TINYINT UNSIGNED", "tinyint unsigned", "255", Value::I64(255)),
        ("BOOLEAN", "tinyint", "TRUE", Value::I64(1)),
        ("SMALLINT", "smallint", "-32768", Value::I64(-32768)),
        ("SMALLINT UNSIGNED", "smallint unsigned", "65535", Value::I64(65535)),
        ("MEDIUMINT", "mediumint", "-8388608", Value::I64(-8_388_608)),
        ("MEDIUMINT UNSIGNED", "mediumint unsigned", "16777215", Value::I64(16_777_215)),
        ("INT", "int", "-2147483648", Value::I64(-2_147_483_648)),
        ("INT UNSIGNED ZEROFILL", "int unsigned", "42", Value::I64(42)),
        ("BIGINT", "bigint", "-9223372036854775808", Value::I64(i64::MIN)),
        ("BIGINT UNSIGNED", "bigint unsigned", "18446744073709551615", Value::U64(u64::MAX)),
        ("FLOAT", "float", "1.5", Value::F32(1.5)),
        ("DOUBLE", "double", "-1.7976931348623157e308", Value::F64(f64::MIN)),
        ("DECIMAL(5,2)", "decimal", "-999.99", Value::Decimal(Decimal::new(-99_999, 2).unwrap())),
        ("DECIMAL(38,0)", "decimal", "1", Value::Decimal(Decimal::new(1, 0).unwrap())),
        ("DECIMAL(65,0)", "decimal", Box::leak(nines.clone().into_boxed_str()), Value::BigDecimal(nines)),
        ("BIT(1)", "bit", "b'1'", Value::I64(1)),
        ("BIT(64)", "bit", "18446744073709551615", Value::U64(u64::MAX)),
        ("YEAR", "year", "2155", Value::I64(2155)),
        ("DATE", "date", "'1000-01-01'", Value::Date(day(1000, 1, 1))),
        ("DATE", "date", "'9999-12-31'", Value::Date(day(9999, 12, 31))),
        ("DATE", "date", "'0000-00-00'", other("date", "0000-00-00")),
        ("DATE", "date", "'2024-02-00'", other("date", "2024-02-00")),
        ("TIME", "time", "'-838:59:59'", Value::Time(Time::from_nanos(-838 * HOUR - 3_599_000_000_000))),
        (
            "TIME(6)",
            "time",
            "'838:59:58.999999'",
            Value::Time(Time::from_nanos(838 * HOUR + 3_598_999_999_000)),
        ),
        ("TIME", "time", "'00:00:00'", Value::Time(Time::from_nanos(0))),
        ("DATETIME", "datetime", "'0000-00-00'", other("datetime", "0000-00-00 00:00:00")),
        ("DATETIME(3)", "datetime", "'0000-00-00'", other("datetime", "0000-00-00 00:00:00.000")),
        ("DATETIME", "datetime", "'2026-11-22'", Value::DateTime(at(day(2026, 11, 22), 0))),
        (
            "DATETIME(6)",
            "datetime",
            "'9999-12-31 23:59:59.999999'",
            Value::DateTime(at(day(9999, 12, 31), 24 * HOUR - 1_000)),
        ),
        ("TIMESTAMP NULL", "timestamp", "'1970-01-01 00:00:01'", utc("1970-01-01T00:00:01Z")),
        (
            "TIMESTAMP(6) NULL",
            "timestamp",
            "'2038-01-19 03:14:07.999999'",
            utc("2038-01-19T03:14:07.999999Z"),
        ),
        ("TIMESTAMP NULL", "timestamp", "'0000-00-00'", other("timestamp", "0000-00-00 00:00:00")),
        ("CHAR(3)", "char", "'ab'", text("ab")),
        ("VARCHAR(20)", "varchar", "'naïve 🦀'", text("naïve 🦀")),
        ("VARCHAR(20) CHARACTER SET latin1", "varchar", "'é'", text("é")),
        ("VARCHAR(1)", "varchar", "''", text("")),
        ("LONGTEXT", "text", "REPEAT('ä', 100000)", text(&"ä".repeat(100_000))),
        ("BINARY(2)", "binary", "x'00ff'", Value::Bytes(vec![0, 255])),
        ("VARBINARY(4)", "varbinary", "x''", Value::Bytes(Vec::new())),
        ("LONGBLOB", "blob", "REPEAT(x'ff', 20000000)", Value::Bytes(vec![255; 20_000_000])),
        ("ENUM('a','b')", "enum", "'b'", text("b")),
        ("SET('a','b','c')", "set", "'a,c'", text("a,c")),
        ("JSON", "text", "'{\"a\":1}'", text("{\"a\":1}")),
        (
            "UUID",
            "char",
            "'123e4567-e89b-12d3-a456-426655440000'",
            text("123e4567-e89b-12d3-a456-426655440000"),
        ),
        ("INET6", "char", "'::1'", text("::1")),
        ("POINT", "geometry", "ST_GeomFromText('POINT(1 2)')", Value::Bytes(point())),
    ]
}

/// The number of the reference system (0), then well-known binary.
fn point() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 1, 1, 0, 0, 0];
    bytes.extend(1_f64.to_le_bytes());
    bytes.extend(2_f64.to_le_bytes());
    bytes
}

#[tokio::test]
async fn every_type_comes_back_by_both_protocols() {
    let settings = MariaDbSettings::new().option("max_allowed_packet", "64M");
    let Some(server) = settings.start().unwrap() else { return };
    let mut session = session(&server).await;
    run(&mut session, "SET sql_mode = ''").await;
    for (sql_type, name, literal, expected) in cases() {
        run(&mut session, "DROP TABLE IF EXISTS t").await;
        run(&mut session, &format!("CREATE TABLE t (id INT PRIMARY KEY, v {sql_type})")).await;
        run(&mut session, &format!("INSERT INTO t VALUES (1, {literal}), (2, NULL)")).await;
        for protocol in [Protocol::Text, Protocol::Prepared] {
            let cx = cx();
            let query = session.query(&cx, "SELECT v FROM t ORDER BY id").protocol(protocol);
            let mut rows = query.await.unwrap();
            assert_eq!(rows.columns()[0].type_name, name, "{sql_type}");
            let all = rows.collect().await.unwrap();
            let first = &all[0].values()[0];
            assert!(*first == expected, "{sql_type} {protocol:?}: {:.200}", format!("{first:?}"));
            assert_eq!(all[1].values(), [Value::Null], "{sql_type} {protocol:?}");
        }
    }
}

#[tokio::test]
async fn parameters_arrive_as_they_were_bound() {
    let Some(server) = server() else { return };
    let mut session = session(&server).await;
    let uuid = *b"\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\x00\x00";
    let written = "123e4567-e89b-12d3-a456-426655440000";
    let moment = utc("2024-02-29T12:00:00.000001Z");
    for (sql_type, bound, expected) in [
        ("INT", Value::Null, Value::Null),
        ("TINYINT", Value::Bool(true), Value::I64(1)),
        ("BIGINT", Value::I64(i64::MIN), Value::I64(i64::MIN)),
        ("BIGINT UNSIGNED", Value::U64(u64::MAX), Value::U64(u64::MAX)),
        ("FLOAT", Value::F32(0.1), Value::F32(0.1)),
        ("DOUBLE", Value::F64(0.1), Value::F64(0.1)),
        (
            "DECIMAL(38,4)",
            Value::Decimal(Decimal::new(-5, 4).unwrap()),
            Value::Decimal(Decimal::new(-5, 4).unwrap()),
        ),
        ("DECIMAL(65,0)", Value::BigDecimal("9".repeat(65)), Value::BigDecimal("9".repeat(65))),
        ("VARCHAR(20)", text("naïve 🦀 '\\"), text("naïve 🦀 '\\")),
        ("BLOB", Value::Bytes(vec![0, 255, 39, 92]), Value::Bytes(vec![0, 255, 39, 92])),
        ("DATE", Value::Date(day(9999, 12, 31)), Value::Date(day(9999, 12, 31))),
        ("TIME(6)", Value::Time(Time::from_nanos(-838 * HOUR)), Value::Time(Time::from_nanos(-838 * HOUR))),
        (
            "DATETIME(6)",
            Value::DateTime(at(day(2024, 2, 29), 1_000)),
            Value::DateTime(at(day(2024, 2, 29), 1_000)),
        ),
        ("TIMESTAMP(6)", moment.clone(), moment),
        ("UUID", Value::Uuid(uuid), text(written)),
        ("JSON", Value::Json("{}".to_owned()), text("{}")),
        ("POINT", Value::Null, Value::Null),
        ("INET6", other("inet6", "::1"), text("::1")),
    ] {
        run(&mut session, "DROP TABLE IF EXISTS t").await;
        run(&mut session, &format!("CREATE TABLE t (v {sql_type} NULL)")).await;
        let done = session.execute(&cx(), "INSERT INTO t VALUES (?)").bind(bound.clone()).await.unwrap();
        assert_eq!(done.affected, 1);
        let row = session.query(&cx(), "SELECT v FROM t").one().await.unwrap();
        assert_eq!(row.values(), [expected], "{sql_type}");
    }
}

#[tokio::test]
async fn the_session_speaks_utf8_and_utc_and_is_strict() {
    let Some(server) = MariaDbSettings::new()
        .option("sql_mode", "ANSI_QUOTES")
        .option("default_time_zone", "+05:00")
        .option("character_set_server", "latin1")
        .option("autocommit", "OFF")
        .start()
        .unwrap()
    else {
        return;
    };
    let mut session = session(&server).await;
    let row = session
        .query(&cx(), "SELECT @@time_zone, @@character_set_connection, @@sql_mode, @@autocommit, 'ß🦀'")
        .one()
        .await
        .unwrap();
    assert_eq!(
        row.values(),
        [text("+00:00"), text("utf8mb4"), text("ANSI_QUOTES,STRICT_ALL_TABLES"), Value::I64(1), text("ß🦀")]
    );
    // Text in other clothes is no error.
    run(&mut session, "SET NAMES latin1").await;
    let row = session.query(&cx(), "SELECT _latin1 x'e9'").one().await.unwrap();
    assert_eq!(row.values(), [Value::Bytes(vec![0xe9])]);
}
