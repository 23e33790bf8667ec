use crate::server::{cx, session, start};
use purlin_core::{ErrorKind, Outcome, Timestamp};
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Protocol, Session, SessionState, Time, Value};

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn other(name: &str, value: &str) -> Value {
    Value::Other { type_name: name.to_owned().into(), text: value.to_owned() }
}

fn decimal(mantissa: i128, scale: u8) -> Value {
    Value::Decimal(Decimal::new(mantissa, scale).unwrap())
}

fn big(value: &str) -> Value {
    Value::BigDecimal(value.to_owned())
}

fn stamp(date: (i32, u8, u8), nanos: i64) -> Value {
    let date = Date::new(date.0, date.1, date.2).unwrap();
    Value::DateTime(DateTime::new(date, Time::from_nanos(nanos)).unwrap())
}

fn moment(seconds: i64, nanos: u64) -> Value {
    let utc = Timestamp::from_unix_seconds(seconds).saturating_add(std::time::Duration::from_nanos(nanos));
    Value::DateTimeTz(DateTimeTz::utc(utc))
}

const HOUR: i64 = 3_600_000_000_000;

/// What both protocols give alike.
fn cases() -> impl Iterator<Item = (&'static str, Value)> {
    plain_cases().into_iter().chain(more_cases())
}

fn plain_cases() -> Vec<(&'static str, Value)> {
    let day = |year, month, day| Value::Date(Date::new(year, month, day).unwrap());
    vec![
        ("NULL::int4", Value::Null),
        ("NULL", Value::Null),
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("(-32768)::int2", Value::I64(-32_768)),
        ("2147483647::int4", Value::I64(2_147_483_647)),
        ("(-9223372036854775808)::int8", Value::I64(i64::MIN)),
        ("9223372036854775807::int8", Value::I64(i64::MAX)),
        ("4294967295::oid", Value::I64(4_294_967_295)),
        ("1.5::float4", Value::F32(1.5)),
        ("0.1::float4", Value::F32(0.1)),
        ("0.1::float8", Value::F64(0.1)),
        ("'-infinity'::float8", Value::F64(f64::NEG_INFINITY)),
        ("1e-300::float8", Value::F64(1e-300)),
        ("0::numeric", decimal(0, 0)),
        ("0.00::numeric", decimal(0, 2)),
        ("1.50::numeric", decimal(150, 2)),
        ("(-12345.6789)::numeric", decimal(-123_456_789, 4)),
        ("0.00001::numeric", decimal(1, 5)),
        ("120000000::numeric", decimal(120_000_000, 0)),
        ("repeat('9', 38)::numeric", decimal(10_i128.pow(38) - 1, 0)),
        ("(repeat('9', 39) || '.5')::numeric", big(&format!("{}.5", "9".repeat(39)))),
        ("('-0.' || repeat('0', 39) || '1')::numeric", big(&format!("-0.{}1", "0".repeat(39)))),
        ("'NaN'::numeric", big("NaN")),
        ("'-Infinity'::numeric", big("-Infinity")),
        ("'é ''quoted'' \\'", text("é 'quoted' \\")),
        ("''::text", text("")),
        ("'ab'::char(4)", text("ab  ")),
        ("'ab'::varchar(4)", text("ab")),
        ("'ab'::name", text("ab")),
        ("'a'::\"char\"", text("a")),
        ("'\\x00ff10'::bytea", Value::Bytes(vec![0, 255, 16])),
        ("''::bytea", Value::Bytes(vec![])),
        ("'2024-02-29'::date", day(2024, 2, 29)),
        ("'0001-12-31 BC'::date", day(0, 12, 31)),
        ("'5874897-12-31'::date", day(5_874_897, 12, 31)),
    ]
}

/// Days, times and what comes as text.
fn more_cases() -> Vec<(&'static str, Value)> {
    vec![
        ("'infinity'::date", other("date", "infinity")),
        ("'-infinity'::timestamp", other("timestamp", "-infinity")),
        ("'infinity'::timestamptz", other("timestamptz", "infinity")),
        ("'23:59:59.999999'::time", Value::Time(Time::from_nanos(24 * HOUR - 1000))),
        ("'24:00'::time", Value::Time(Time::from_nanos(24 * HOUR))),
        ("'04:05:06.7+05:30'::timetz", other("timetz", "04:05:06.7+05:30")),
        ("'2024-02-29 12:00:00.000001'::timestamp", stamp((2024, 2, 29), 12 * HOUR + 1000)),
        ("'0044-03-15 12:00 BC'::timestamp", stamp((-43, 3, 15), 12 * HOUR)),
        ("'294276-12-31 23:59:59.999999'::timestamp", stamp((294_276, 12, 31), 24 * HOUR - 1000)),
        ("'2024-01-01 00:00:00.5+05:30'::timestamptz", moment(1_704_047_400, 500_000_000)),
        ("'1969-12-31 23:59:59.999999+00'::timestamptz", moment(-1, 999_999_000)),
        ("'294276-12-31 23:59:59+00'::timestamptz", other("timestamptz", "294276-12-31 23:59:59+00")),
        ("'0044-03-15 12:00+00 BC'::timestamptz", other("timestamptz", "0044-03-15 12:00:00+00 BC")),
        (
            "'1 year 2 mons -3 days 04:05:06.7'::interval",
            other("interval", "1 year 2 mons -3 days +04:05:06.7"),
        ),
        ("'0'::interval", other("interval", "00:00:00")),
        ("'-1 mon 1 day -00:00:01'::interval", other("interval", "-1 mons +1 day -00:00:01")),
        (
            "'00112233-4455-6677-8899-aabbccddeeff'::uuid",
            Value::Uuid([
                0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
                0xff,
            ]),
        ),
        ("'{\"a\":  1}'::json", Value::Json("{\"a\":  1}".to_owned())),
        ("'{\"a\":  1}'::jsonb", Value::Json("{\"a\": 1}".to_owned())),
        ("'192.168.0.1'::inet", other("inet", "192.168.0.1")),
        ("'192.168.0.1/24'::inet", other("inet", "192.168.0.1/24")),
        ("'192.168.0.0/24'::cidr", other("cidr", "192.168.0.0/24")),
        ("'2001:db8::/32'::cidr", other("cidr", "2001:db8::/32")),
        ("'08:00:2b:01:02:03'::macaddr", other("macaddr", "08:00:2b:01:02:03")),
        ("B'10110'", other("bit", "10110")),
        ("ARRAY[1,NULL,3]", other("int4[]", "{1,NULL,3}")),
        ("ARRAY[[1,2],[3,4]]", other("int4[]", "{{1,2},{3,4}}")),
        ("'[0:1]={1,2}'::int4[]", other("int4[]", "[0:1]={1,2}")),
        ("'{}'::text[]", other("text[]", "{}")),
        ("ARRAY['a b','','null','q\"\\']", other("text[]", "{\"a b\",\"\",\"null\",\"q\\\"\\\\\"}")),
        ("ARRAY['2024-01-01 00:00'::timestamp]", other("timestamp[]", "{\"2024-01-01 00:00:00\"}")),
        ("ARRAY[1.50]", other("numeric[]", "{1.50}")),
        (
            "'{NaN,Infinity,-Infinity,1e20,-1e15,1e14,123456789.5,0.0001,-0,1.5e-5,1e-300}'::float8[]",
            other(
                "float8[]",
                "{NaN,Infinity,-Infinity,1e+20,-1e+15,100000000000000,123456789.5,0.0001,-0,1.5e-05,1e-300}",
            ),
        ),
        (
            "'{NaN,1e20,1e6,123456,1234567,0.1,1e-5}'::float4[]",
            other("float4[]", "{NaN,1e+20,1e+06,123456,1.234567e+06,0.1,1e-05}"),
        ),
        ("ARRAY['[1,5)'::int4range]", other("int4range[]", "{\"[1,5)\"}")),
        ("ARRAY['10.0.0.1/32'::cidr]", other("cidr[]", "{10.0.0.1/32}")),
        ("'[1,5)'::int4range", other("int4range", "[1,5)")),
        ("'empty'::int4range", other("int4range", "empty")),
        ("'(,\"2024-01-01 00:00\"]'::tsrange", other("tsrange", "(,\"2024-01-01 00:00:00\"]")),
        ("'12345678901234567890'::xid8", Value::U64(12_345_678_901_234_567_890)),
        ("'<a/>'::xml", other("xml", "<a/>")),
    ]
}

async fn value(session: &mut Session, expression: &str, protocol: Protocol) -> Value {
    let sql = format!("SELECT {expression}");
    let row = session.query(&cx(), sql).protocol(protocol).one().await;
    row.unwrap_or_else(|error| panic!("{expression}: {error}")).into_values().remove(0)
}

/// In the text protocol some names are out of reach.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Other { text: left, .. }, Value::Other { text: right, .. }) => left == right,
        (left, right) => left == right,
    }
}

#[tokio::test]
async fn every_type_comes_alike_by_both_protocols() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    for (expression, expected) in cases() {
        let text = value(&mut session, expression, Protocol::Text).await;
        assert!(same(&text, &expected), "text: {expression}: {text:?}");
        assert_eq!(value(&mut session, expression, Protocol::Auto).await, expected, "{expression}");
        // A parameter makes it binary, whatever the types.
        let sql = format!("SELECT {expression}, $1::int4");
        let row = session.query(&cx(), sql).bind(7).one().await.unwrap().into_values();
        assert_eq!(row, [expected, Value::I64(7)], "{expression}");
    }
    for protocol in [Protocol::Text, Protocol::Prepared] {
        let nan = value(&mut session, "'NaN'::float8", protocol).await;
        assert!(matches!(nan, Value::F64(number) if number.is_nan()), "{nan:?}");
    }
}

#[tokio::test]
async fn types_that_users_make_and_unknown_ones_never_fail_a_row() {
    let Some(postgres) = start() else { return };
    postgres
        .sql(
            "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN positive AS int CHECK (VALUE > 0); \
             CREATE TYPE pair AS (a int, b text)",
        )
        .unwrap();
    let mut session = session(&postgres).await;
    let cases = [
        ("'happy'::mood", other("mood", "happy")),
        ("5::positive", Value::I64(5)),
        ("ROW(1,'x y')::pair", other("pair", "(1,\"x y\")")),
        ("ARRAY['sad'::mood]", other("mood[]", "{sad}")),
        ("'a & b'::tsquery", other("tsquery", "'a' & 'b'")),
        ("'(1,2)'::point", other("point", "(1,2)")),
        ("12.34::money", other("money", "$12.34")),
        ("'16/B374D848'::pg_lsn", other("pg_lsn", "16/B374D848")),
    ];
    for (expression, expected) in cases {
        assert_eq!(value(&mut session, expression, Protocol::Auto).await, expected, "{expression}");
        let text = value(&mut session, expression, Protocol::Text).await;
        assert!(same(&text, &expected), "text: {expression}: {text:?}");
    }
    // With a parameter there is only the binary form.
    let sql = "SELECT 'happy'::mood, '(1,2)'::point, ARRAY['sad'::mood, NULL], ARRAY[5::positive], $1::int";
    let values = session.query(&cx(), sql).bind(1).one().await.unwrap().into_values();
    assert_eq!(values[2..4], [other("mood[]", "{sad,NULL}"), other("positive[]", "{5}")]);
    assert_eq!(values[0], other("mood", "happy"));
    assert_eq!(values[1], other("point", "0x3ff00000000000004000000000000000"));
}

#[tokio::test]
async fn columns_are_told_even_where_there_are_no_rows() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let mut rows = session.query(&cx(), "SELECT 1 AS \"Id\", now() AS at WHERE false").await.unwrap();
    let names: Vec<_> = rows.columns().iter().map(|it| (it.name.clone(), it.type_name.clone())).collect();
    assert_eq!(names, [("Id".into(), "int4".into()), ("at".into(), "timestamptz".into())]);
    assert!(rows.next().await.unwrap().is_none());
}

#[tokio::test]
async fn what_a_role_has_set_changes_nothing() {
    let Some(postgres) = start() else { return };
    postgres
        .sql(
            "ALTER ROLE purlin SET bytea_output = 'escape'; ALTER ROLE purlin SET DateStyle = 'German'; \
             ALTER ROLE purlin SET TimeZone = 'Asia/Tokyo'; ALTER ROLE purlin SET IntervalStyle = 'iso_8601'; \
             ALTER ROLE purlin SET client_encoding = 'LATIN1'; ALTER ROLE purlin SET extra_float_digits = -5",
        )
        .unwrap();
    let mut session = session(&postgres).await;
    for (expression, expected) in cases() {
        let text = value(&mut session, expression, Protocol::Text).await;
        assert!(same(&text, &expected), "{expression}: {text:?}");
    }
}

#[tokio::test]
async fn types_that_sqlx_cannot_look_up_come_as_text() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    let multirange = "'{[1,5),[7,8)}'::int4multirange";
    for _ in 0..2 {
        let value = value(&mut session, multirange, Protocol::Auto).await;
        assert_eq!(value, other("int4multirange", "{[1,5),[7,8)}"));
    }
    for table in
        ["pg_class", "pg_proc", "pg_type", "pg_index", "pg_attrdef", "pg_constraint", "pg_statistic_ext"]
    {
        let sql = format!("SELECT * FROM {table} LIMIT 5");
        session.query(&cx(), sql).all().await.unwrap_or_else(|error| panic!("{table}: {error}"));
        assert_eq!(session.state(), SessionState::Idle);
    }
    let sql = format!("SELECT {multirange} WHERE $1");
    let error = session.query(&cx(), sql).bind(true).one().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{error}");
    assert!(error.message().contains("multirange"), "{error}");
    let sql = format!("SELECT ({multirange})::text WHERE $1");
    let row = session.query(&cx(), sql).bind(true).one().await.unwrap();
    assert_eq!(row.into_values(), [text("{[1,5),[7,8)}")]);
}

#[tokio::test]
async fn bytes_that_the_session_writes_otherwise_are_bytes() {
    let Some(postgres) = start() else { return };
    let mut session = session(&postgres).await;
    session.execute(&cx(), "SET bytea_output = 'escape'").await.unwrap();
    let bytes = value(&mut session, "'\\x00ff5c6178'::bytea", Protocol::Text).await;
    assert_eq!(bytes, Value::Bytes(vec![0, 255, b'\\', b'a', b'x']));
}
