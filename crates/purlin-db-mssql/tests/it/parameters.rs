//! What leaves, byte for byte: no server is needed to see that nothing is lost.

use crate::server::{cx, number, session};
use crate::tds::tokens::{done, wide};
use crate::tds::{Fake, RPC};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Time, Value};

/// The declaration of the parameters and the bytes of the whole call.
async fn sent(value: Value) -> (String, Vec<u8>) {
    let fake = Fake::start().unwrap();
    fake.answer("PARAMETER", done(0, 0, 0));
    let mut session = session(&fake).await;
    session.execute(&cx(), "PARAMETER @P1").bind(value).await.unwrap();
    let call = fake.last(RPC);
    let text = crate::tds::utf16(&call[call.len() & 1..]) + &crate::tds::utf16(&call[1 - (call.len() & 1)..]);
    let at = text.rfind("@P1 ").map(|at| text[at + 4..].to_owned()).unwrap_or_default();
    (at, call)
}

fn contains(call: &[u8], bytes: &[u8]) -> bool {
    call.windows(bytes.len()).any(|window| window == bytes)
}

#[tokio::test]
async fn each_value_has_its_type_and_all_of_itself() {
    let text = "Grüße, 世界 🦀";
    let day = Date::new(2025, 1, 1).unwrap();
    let time = Time::of_day(10, 0, 0, 0).unwrap();
    let moment = DateTime::new(day, time).unwrap();
    let ticks = &(36_000_u64 * 10_000_000).to_le_bytes()[..5];
    let all = Decimal::new(99_999_999_999_999_999_999_999_999_999_999_999_999, 38).unwrap();
    let zoned = DateTimeTz::at_offset(moment.in_utc().unwrap().timestamp(), 7200).unwrap();
    for (value, name, bytes) in [
        (Value::Text(text.to_owned()), "nvarchar(4000)", wide(text)),
        (Value::Json("{\"a\":\"ü\"}".to_owned()), "nvarchar(4000)", wide("{\"a\":\"ü\"}")),
        (Value::Text("ü".repeat(5000)), "nvarchar(max)", wide(&"ü".repeat(5000))),
        (Value::I64(i64::MIN), "bigint", i64::MIN.to_le_bytes().to_vec()),
        (Value::U64(u64::MAX), "numeric(20,0)", u64::MAX.to_le_bytes().to_vec()),
        (Value::Bool(true), "bit", vec![0x68, 1, 1, 1]),
        (Value::F32(1.5), "float(24)", 1.5_f32.to_le_bytes().to_vec()),
        (Value::F64(0.1), "float(53)", 0.1_f64.to_le_bytes().to_vec()),
        (
            Value::Decimal(Decimal::new(-12_345, 2).unwrap()),
            "numeric(5,2)",
            12_345_u32.to_le_bytes().to_vec(),
        ),
        (Value::Decimal(all), "nvarchar(4000)", wide("0.99999999999999999999999999999999999999")),
        (Value::Bytes(vec![0, 255, 0]), "varbinary(8000)", vec![3, 0, 0, 255, 0]),
        (Value::Bytes(vec![7; 9000]), "varbinary(max)", vec![7; 9000]),
        (Value::Uuid([0xab; 16]), "uniqueidentifier", vec![0xab; 16]),
        (Value::Date(day), "date", vec![0xb3, 0x47, 0x0b]),
        (Value::Time(time), "time", ticks.to_vec()),
        (Value::DateTime(moment), "datetime2", [ticks, &[0xb3, 0x47, 0x0b]].concat()),
        (Value::DateTimeTz(zoned), "datetimeoffset", [ticks, &[0xb3, 0x47, 0x0b], &[120, 0]].concat()),
        (Value::Null, "nvarchar(4000)", vec![]),
    ] {
        let kind = value.as_ref().kind().to_owned();
        let (declared, call) = sent(value).await;
        assert!(declared.starts_with(name), "{kind}: {declared}");
        assert!(bytes.is_empty() || contains(&call, &bytes), "{kind}");
    }
}

#[tokio::test]
async fn what_the_server_has_not_is_not_sent() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    for value in [
        Value::F64(f64::NAN),
        Value::F32(f32::INFINITY),
        Value::Time(Time::from_nanos(-1)),
        Value::Date(Date::new(0, 12, 31).unwrap()),
        Value::Date(Date::new(10_000, 1, 1).unwrap()),
    ] {
        let told = session.execute(&cx(), "PARAMETER @P1, @P2").bind(1).bind(value).await.unwrap_err();
        assert_eq!((told.kind(), told.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{told}");
        assert!(told.message().starts_with("parameter 2: SQL Server has no "), "{told}");
    }
    assert_eq!((fake.count(RPC), number(&mut session, 7).await), (0, 7));
}

/// A parameter never becomes part of the text.
#[tokio::test]
async fn a_statement_is_the_same_whatever_its_parameters() {
    let fake = Fake::start().unwrap();
    fake.answer("INSERT", done(0, 0, 0));
    let mut session = session(&fake).await;
    let evil = "'; DROP TABLE hosts; --";
    session.execute(&cx(), "INSERT INTO hosts VALUES (@P1)").bind(evil).await.unwrap();
    assert_eq!(fake.texts().last().unwrap(), "INSERT INTO hosts VALUES (@P1)");
}

/// The server would take it and use it for nothing.
#[tokio::test]
async fn a_parameter_without_a_place_is_not_sent() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let told = session.query(&cx(), "SELECT @P1, '@P2'").bind(1).bind(2).all().await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{told}");
    assert!(told.message().contains("2 parameters; the statement has places for 1"), "{told}");
    assert_eq!((fake.count(RPC), number(&mut session, 7).await), (0, 7));
}
