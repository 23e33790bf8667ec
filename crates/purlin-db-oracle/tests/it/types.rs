//! Values and answers over the mirror.

use crate::stage::{FIELD_VERSIONS, connect, cx, mirror, over_tls, session, settings, target};
use purlin_core::ErrorKind;
use purlin_db::{DbDetail, ErrorClass, Session, Value};
use purlin_db_oracle::{Native, OracleError};
use purlin_testkit::OracleMirror;
use std::process::Command;

const TABLE: &str = "CREATE TABLE kinds (n NUMBER(19), big NUMBER(38), d NUMBER(38,10), f BINARY_FLOAT, g BINARY_DOUBLE, \
     t VARCHAR2(200), c CLOB, r RAW(16), b BLOB, day DATE, ts TIMESTAMP(6), tz TIMESTAMP(6) WITH TIME ZONE, \
     span INTERVAL DAY TO SECOND)";

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

fn values() -> Vec<(Value, Value)> {
    let same = |value: Value| (value.clone(), value);
    vec![
        same(Value::I64(i64::MIN)),
        same(Value::Decimal(parsed("99999999999999999999999999999999999999"))),
        same(Value::Decimal(parsed("-1234567890123456789012345678.0123456789"))),
        same(Value::F32(-0.1)),
        same(Value::F64(f64::MIN_POSITIVE)),
        same(Value::Text("naïve 🦀 ':1'".to_owned())),
        same(Value::Text("long ".repeat(20_000))),
        (Value::Uuid([7; 16]), Value::Bytes(vec![7; 16])),
        same(Value::Bytes((0..=255).cycle().take(40_000).collect())),
        (Value::Date(parsed("2024-02-29")), Value::DateTime(parsed("2024-02-29 00:00:00"))),
        same(Value::DateTime(parsed("0001-01-01 00:00:00.000001"))),
        // The driver gives moments in UTC, whatever zone they were written with.
        same(Value::DateTimeTz(parsed("2024-02-29T14:34:56.000001+02:00"))),
        same(Value::Time(purlin_db::Time::from_nanos(-26 * 3_600_000_000_000 - 5_000))),
    ]
}

async fn round_trip(session: &mut Session) {
    session.execute(&cx(), TABLE).await.unwrap();
    let places: Vec<_> = (1..=13).map(|place| format!(":{place}")).collect();
    let insert = format!("INSERT INTO kinds VALUES ({})", places.join(", "));
    let all = values();
    let bound = all.iter().fold(session.execute(&cx(), &insert), |call, (sent, _)| call.bind(sent.clone()));
    assert_eq!(bound.await.unwrap().affected, 1);
    let nulls = (0..13).fold(session.execute(&cx(), &insert), |call, _| call.bind(Value::Null));
    nulls.await.unwrap();
    let rows = session.query(&cx(), "SELECT * FROM kinds ORDER BY n").all().await.unwrap();
    assert_eq!(rows[0].values(), vec![Value::Null; 13]);
    for (place, (_, wanted)) in all.iter().enumerate() {
        assert_eq!(&rows[1].values()[place], wanted, "column {place}");
    }
    let zoned = match &rows[1].values()[11] {
        Value::DateTimeTz(moment) => moment.offset_seconds(),
        other => panic!("{other:?}"),
    };
    assert_eq!(zoned, 0);
}

#[tokio::test]
async fn every_type_goes_there_and_back_in_every_version_of_the_fields() {
    for version in FIELD_VERSIONS {
        let Some(mirror) = settings().field_version(version).start().unwrap() else { return };
        let mut session = connect(&mirror).await;
        round_trip(&mut session).await;
        session.close(&cx()).await.unwrap();
    }
}

/// What the mirror's backend has no column for, as the mirror writes it.
#[tokio::test]
async fn types_that_no_table_here_has_are_read_and_so_is_their_null() {
    let Some(mirror) = mirror() else { return };
    let mut session = connect(&mirror).await;
    let text = |text: &str| Value::Text(text.to_owned());
    let other =
        |name: &'static str, text: &str| Value::Other { type_name: name.into(), text: text.to_owned() };
    for (from, name, wanted) in [
        ("a_rowid", "rowid", text("AABAomAAMAAAACLAEr")),
        ("a_urowid", "urowid", text("AABAomAAMAAAACLAEr")),
        ("a_boolean", "boolean", Value::Bool(true)),
        ("a_char", "char", text("ab    ")),
        ("a_long", "long", text("long text")),
        ("a_long_raw", "long raw", Value::Bytes(vec![0, 255])),
        (
            "a_local_moment",
            "timestamp with local time zone",
            Value::DateTimeTz(parsed("2024-02-29T12:34:56.789Z")),
        ),
        ("an_interval", "interval year to month", other("interval year to month", "+01-02")),
        ("a_past_interval", "interval year to month", other("interval year to month", "-01-02")),
        ("a_json", "json", Value::Json("{\"a\":\"ü\",\"b\":[1,2.5,null,true]}".to_owned())),
        ("a_vector", "vector", other("vector", "[1.5,-2]")),
        ("a_number", "number", Value::BigDecimal(format!("-0.{}1", "0".repeat(128)))),
    ] {
        let cx = cx();
        let mut rows = session.query(&cx, format!("SELECT value FROM {from}")).await.unwrap();
        let found = rows.columns()[0].type_name.clone();
        let rows = rows.collect().await.unwrap();
        let values: Vec<_> = rows.iter().map(|row| row.values()[0].clone()).collect();
        assert_eq!((found.as_str(), values), (name, vec![wanted.clone(), Value::Null, wanted]), "{from}");
    }
}

#[tokio::test]
async fn tls_ends_in_the_relay() {
    let Some((_mirror, target, _ca, _leaf)) = over_tls() else { return };
    let mut verified = session(&target).await.unwrap();
    round_trip(&mut verified).await;
    // Nothing less than verified.
    let error = session(&target.tls(purlin_core::TlsSettings::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:#}");
}

#[tokio::test]
async fn a_refusal_keeps_code_place_and_message() {
    let Some(mirror) = mirror() else { return };
    let mut session = connect(&mirror).await;
    let error = session.query(&cx(), "SELECT 1 FROM nowhere").all().await.unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::Syntax), "{error:#}");
    let detail = error.detail::<OracleError>().unwrap();
    assert_eq!(detail.code, 942);
    assert!(detail.message.contains("nowhere"));
    let error = session.query(&cx(), "SELECT divided(1, 0) FROM dual").all().await.unwrap_err();
    assert_eq!(error.detail::<OracleError>().map(|detail| (detail.code, detail.offset)), Some((1476, 7)));
    assert_eq!(error.note(), Some("at character 8 of the statement"));
    let own = "BEGIN RAISE_APPLICATION_ERROR(-20001, 'taken'); END;";
    let error = session.execute(&cx(), own).await.unwrap_err();
    assert_eq!(error.detail::<OracleError>().map(|detail| detail.code), Some(20_001));
    let one: i64 = session.query(&cx(), "SELECT 1 FROM dual").value().await.unwrap();
    assert_eq!(one, 1);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused_and_not_cut() {
    let Some(mirror) = mirror() else { return };
    let mut session = session(&target(mirror.address()).option("max_answer", "64KiB")).await.unwrap();
    session.execute(&cx(), "CREATE TABLE large (c CLOB)").await.unwrap();
    let text = "x".repeat(200_000);
    session.execute(&cx(), "INSERT INTO large VALUES (:1)").bind(text).await.unwrap();
    let error = session.query(&cx(), "SELECT c FROM large").all().await.unwrap_err();
    assert!(error.message().contains("max_answer"), "{error:#}");
}

#[tokio::test]
async fn the_drivers_own_connection_is_lent_and_its_panics_are_errors() {
    let Some(mirror) = mirror() else { return };
    let mut session = connect(&mirror).await;
    let native = session.native().downcast_mut::<Native>().unwrap();
    let service = native.call(|oracle| oracle.service_name().map(str::to_owned)).await.unwrap().unwrap();
    assert_eq!(service, "map");
    let error = native.call(|_| -> () { panic!("in the midst of it") }).await.unwrap_err();
    assert!(error.message().contains("in the midst of it"), "{error:#}");
    let error = session.query(&cx(), "SELECT 1 FROM dual").all().await.unwrap_err();
    assert!(error.kind() != ErrorKind::Internal, "{error:#}");
}

/// Oracle's own driver for Python says the same of the same server, so that a failure tells which side is wrong.
fn by_python(mirror: &OracleMirror, sql: &str) -> String {
    const SCRIPT: &str = "import os, sys, oracledb\n\
        oracledb.defaults.fetch_lobs = False\n\
        c = oracledb.connect(user='app', password=os.environ['MIRROR_PASSWORD'], dsn=sys.argv[1])\n\
        print([str(v) for v in c.cursor().execute(sys.argv[2]).fetchone()])";
    let output = Command::new(OracleMirror::python().unwrap())
        .args(["-c", SCRIPT, &format!("{}/map", mirror.address()), sql])
        .env("MIRROR_PASSWORD", mirror.password())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn oracles_driver_for_python_reads_the_same() {
    for version in FIELD_VERSIONS {
        let Some(mirror) = settings().field_version(version).start().unwrap() else { return };
        let mut session = connect(&mirror).await;
        session.execute(&cx(), TABLE).await.unwrap();
        let insert = "INSERT INTO kinds (n, t, day) VALUES (:1, :2, :3)";
        let day = Value::DateTime(parsed("2024-02-29 12:34:56"));
        session.execute(&cx(), insert).bind(-42).bind("naïve").bind(day).await.unwrap();
        let read = by_python(&mirror, "SELECT n, t, day FROM kinds");
        assert_eq!(read, "['-42', 'naïve', '2024-02-29 12:34:56']", "{version}");
    }
}
