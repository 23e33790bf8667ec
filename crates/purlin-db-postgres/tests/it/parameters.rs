use crate::server::{cx, session, start};
use purlin_core::{ErrorKind, Outcome, Timestamp};
use purlin_db::{
    Date, DateTime, DateTimeTz, DbDetail, Decimal, ErrorClass, Session, SessionState, Time, Value,
};

async fn echo(session: &mut Session, type_name: &str, value: Value) -> purlin_core::Result<Option<String>> {
    // By text: what the server has understood.
    let sql = format!("SELECT ($1::{type_name})::text");
    let row = session.query(&cx(), sql).bind(value).one().await?;
    Ok(match row.into_values().remove(0) {
        Value::Text(text) => Some(text),
        Value::Null => None,
        other => panic!("{other:?}"),
    })
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn decimal(mantissa: i128, scale: u8) -> Value {
    Value::Decimal(Decimal::new(mantissa, scale).unwrap())
}

#[tokio::test]
async fn values_arrive_in_the_type_that_the_server_asks_for() {
    let Some(postgres) = start() else { return };
    let types = "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN flags AS bit(5)";
    postgres.sql(types).unwrap();
    postgres.sql("CREATE DOMAIN positive AS int CHECK (VALUE > 0)").unwrap();
    let mut session = session(&postgres).await;
    let date = Date::new(2024, 2, 29).unwrap();
    let noon = Time::from_nanos(43_200_000_001_999);
    let local = DateTime::new(date, noon).unwrap();
    let utc = DateTimeTz::at_offset(Timestamp::from_unix_seconds(-1), 19_800).unwrap();
    let cases = [
        ("int2", Value::I64(-32_768), "-32768"),
        ("int4", Value::I64(2_147_483_647), "2147483647"),
        ("int8", Value::U64(7), "7"),
        ("int4", decimal(12, 0), "12"),
        ("int4", text(" 12 "), "12"),
        ("numeric", Value::U64(u64::MAX), "18446744073709551615"),
        ("float8", Value::I64(3), "3"),
        ("float4", Value::F64(0.1), "0.1"),
        ("float8", Value::F32(0.5), "0.5"),
        ("float8", decimal(15, 1), "1.5"),
        ("numeric", Value::F64(0.1), "0.1"),
        ("text", Value::I64(12), "12"),
        ("text", Value::Bool(true), "true"),
        ("varchar(2)", text("abc"), "ab"),
        ("bool", Value::Bool(false), "false"),
        ("bool", text("yes"), "true"),
        ("numeric", decimal(0, 0), "0"),
        ("numeric", decimal(0, 3), "0.000"),
        ("numeric", decimal(-1, 5), "-0.00001"),
        ("numeric", decimal(120_000_000, 0), "120000000"),
        ("numeric", decimal(123_456_789, 4), "12345.6789"),
        ("numeric", decimal(10_i128.pow(38) - 1, 38), "0.99999999999999999999999999999999999999"),
        ("numeric", Value::BigDecimal(format!("{}.5", "9".repeat(50))), &format!("{}.5", "9".repeat(50))),
        ("numeric", Value::BigDecimal("NaN".to_owned()), "NaN"),
        ("bytea", Value::Bytes(vec![0, 255]), "\\x00ff"),
        ("bytea", text("\\x00ff"), "\\x00ff"),
        ("date", Value::Date(date), "2024-02-29"),
        ("date", text("infinity"), "infinity"),
        ("date", text("2024-02-29"), "2024-02-29"),
        ("timestamp", Value::Date(date), "2024-02-29 00:00:00"),
        ("timestamp", Value::DateTime(local), "2024-02-29 12:00:00.000001"),
        ("timestamptz", Value::DateTime(local), "2024-02-29 12:00:00.000001+00"),
        ("timestamptz", Value::DateTimeTz(utc), "1969-12-31 23:59:59+00"),
        ("timestamp", Value::DateTimeTz(utc), "1969-12-31 23:59:59"),
        ("timestamptz", text("2024-01-01 00:00+05:30"), "2023-12-31 18:30:00+00"),
        ("time", Value::Time(noon), "12:00:00.000001"),
        ("interval", Value::Time(Time::from_nanos(-1_000_000_000)), "-00:00:01"),
        ("interval", text("1 year 2 days"), "1 year 2 days"),
        ("uuid", Value::Uuid([0x11; 16]), "11111111-1111-1111-1111-111111111111"),
        ("uuid", text("11111111111111111111111111111111"), "11111111-1111-1111-1111-111111111111"),
        ("json", Value::Json("{\"a\":  1}".to_owned()), "{\"a\":  1}"),
        ("jsonb", Value::Json("{\"a\":  1}".to_owned()), "{\"a\": 1}"),
        ("jsonb", text("[]"), "[]"),
        ("inet", text("10.0.0.1/8"), "10.0.0.1/8"),
        ("int4[]", text("{1,NULL,3}"), "{1,NULL,3}"),
        ("bit(5)", text("10110"), "10110"),
        ("\"bit\"", text("10110"), "10110"),
        ("varbit", text("10110"), "10110"),
        ("\"bit\"[]", text("{10110,NULL,011}"), "{10110,NULL,011}"),
        ("bit(5)[]", text("{10110}"), "{10110}"),
        ("flags", text("10110"), "10110"),
        ("bpchar[]", text("{abc}"), "{abc}"),
        ("text", Value::Uuid([0x11; 16]), "11111111-1111-1111-1111-111111111111"),
        ("float4", Value::F64(f64::INFINITY), "Infinity"),
        ("float4", Value::F64(f64::from(f32::MAX)), "3.4028235e+38"),
        ("money", decimal(1234, 2), "$12.34"),
        ("mood", text("happy"), "happy"),
        ("positive", Value::I64(5), "5"),
        ("point", text("(1,2)"), "(1,2)"),
        ("int4", Value::Other { type_name: "int4".into(), text: "9".to_owned() }, "9"),
    ];
    for (type_name, value, expected) in cases {
        let said = echo(&mut session, type_name, value.clone()).await;
        let said = said.unwrap_or_else(|error| panic!("{value:?} as {type_name}: {error}"));
        assert_eq!(said.as_deref(), Some(expected), "{value:?} as {type_name}");
        assert_eq!(echo(&mut session, type_name, Value::Null).await.unwrap(), None, "{type_name}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let date = Value::Date(Date::new(2024, 2, 29).unwrap());
    let cases = [
        ("int2", Value::I64(32_768)),
        ("int4", Value::I64(i64::MAX)),
        ("int8", Value::U64(u64::MAX)),
        ("int4", Value::F64(1.0)),
        ("int4", decimal(15, 1)),
        ("int4", Value::Bool(true)),
        ("bool", Value::I64(1)),
        ("float8", Value::I64(i64::MAX)),
        ("float4", Value::F64(1e300)),
        ("float4", Value::F64(-1e300)),
        ("text", Value::Bytes(vec![65])),
        ("bytea", Value::I64(1)),
        ("time", date),
        ("time", Value::Time(Time::from_nanos(-1))),
        ("uuid", Value::Bytes(vec![0; 16])),
    ];
    for (type_name, value) in cases {
        let error = echo(&mut session, type_name, value.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{value:?}");
        assert!(error.message().starts_with("parameter 1 is "), "{error}");
        assert_eq!(session.state(), SessionState::Idle);
    }
    for count in [0, 1, 3] {
        let query = session.query(&cx(), "SELECT $1::int, $2::int").protocol(purlin_db::Protocol::Prepared);
        let error = (0..count).fold(query, |query, _| query.bind(1)).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{error}");
    }
    // The server reads texts, and says what it does not understand.
    let error = echo(&mut session, "date", text("no day")).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Data));
    assert_eq!(session.query(&cx(), "SELECT 42").value::<i64>().await.unwrap(), 42);
}

#[tokio::test]
async fn types_are_inferred_from_the_columns() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    session
        .execute(&cx(), "CREATE TABLE map (id int2, name text, day date, at timestamptz, ip inet)")
        .await
        .unwrap();
    let insert = session.execute(&cx(), "INSERT INTO map VALUES ($1, $2, $3, $4, $5)");
    let insert =
        insert.bind(7).bind("x").bind("2024-02-29").bind(Value::Null).bind("10.0.0.1").await.unwrap();
    assert_eq!(insert.affected, 1);
    let found = session.query(&cx(), "SELECT name FROM map WHERE id = $1 AND day < $2 AND ip << $3");
    let found = found.bind(7).bind("2024-03-01").bind("10.0.0.0/8").one().await.unwrap();
    assert_eq!(found.into_values(), [text("x")]);
}
