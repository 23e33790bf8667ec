//! What the in-tree server evaluates, beyond the conformance suite: T-SQL as far as it goes, there and back.

use crate::server::{cx, number, session};
use crate::tds::Fake;
use purlin_core::ErrorKind;
use purlin_db::{DbDetail, Decimal, ErrorClass, Isolation, SessionState, Value};

fn decimal(mantissa: i128, scale: u8) -> Value {
    Value::Decimal(Decimal::new(mantissa, scale).unwrap())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A column of each type that there is, by its name, with a value written as text; and NULL, which keeps the type.
#[tokio::test]
async fn each_type_comes_back_from_a_table_and_its_null_too() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    let other =
        |name: &'static str, text: &str| Value::Other { type_name: name.into(), text: text.to_owned() };
    for (kind, literal, wanted) in [
        ("tinyint", "255", Value::I64(255)),
        ("smallint", "-32768", Value::I64(-32_768)),
        ("int", "-2147483648", Value::I64(i32::MIN.into())),
        ("bigint", "9223372036854775807", Value::I64(i64::MAX)),
        ("bit", "1", Value::Bool(true)),
        ("real", "1.5", Value::F32(1.5)),
        ("float", "0.1", Value::F64(0.1)),
        (
            "decimal(38,10)",
            "'-1234567890123456789012345678.0123456789'",
            decimal(-12_345_678_901_234_567_890_123_456_780_123_456_789, 10),
        ),
        ("decimal(9,2)", "'1.005'", decimal(101, 2)),
        ("money", "'922337203685477.5807'", decimal(i64::MAX.into(), 4)),
        ("smallmoney", "'-214748.3648'", decimal(i32::MIN.into(), 4)),
        ("date", "'2024-02-29'", Value::Date("2024-02-29".parse().unwrap())),
        ("time(7)", "'23:59:59.9999999'", Value::Time("23:59:59.9999999".parse().unwrap())),
        (
            "datetime2(3)",
            "'9999-12-31 23:59:59.999'",
            Value::DateTime("9999-12-31T23:59:59.999".parse().unwrap()),
        ),
        (
            "datetime",
            "'1753-01-01 00:00:00.003'",
            Value::DateTime("1753-01-01T00:00:00.003".parse().unwrap()),
        ),
        ("smalldatetime", "'2079-06-06 23:59:00'", Value::DateTime("2079-06-06T23:59:00".parse().unwrap())),
        (
            "datetimeoffset(0)",
            "'2024-02-29 12:00:00 +02:00'",
            Value::DateTimeTz("2024-02-29T12:00:00+02:00".parse().unwrap()),
        ),
        (
            "uniqueidentifier",
            "'01234567-89ab-cdef-0102-030405060708'",
            Value::Uuid([1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8]),
        ),
        ("char(3)", "'caf'", text("caf")),
        ("varchar(10)", "'café'", text("café")),
        ("nchar(2)", "N'世界'", text("世界")),
        ("nvarchar(max)", "N'Grüße 🦀'", text("Grüße 🦀")),
        ("binary(2)", "0x00ff", Value::Bytes(vec![0, 255])),
        ("varbinary(max)", "0x", Value::Bytes(Vec::new())),
        ("text", "'old'", text("old")),
        ("ntext", "N'ölt'", text("ölt")),
        ("image", "0x010203", Value::Bytes(vec![1, 2, 3])),
        ("xml", "'<a/>'", other("xml", "<a/>")),
        ("sql_variant", "7", Value::I64(7)),
        ("geography", "0xe610", other("geography", "0xe610")),
    ] {
        session.execute(&cx, "DROP TABLE IF EXISTS t").await.unwrap();
        session.execute(&cx, format!("CREATE TABLE t (id int, v {kind})")).await.unwrap();
        session
            .execute(&cx, format!("INSERT INTO t VALUES (1, {literal}), (2, NULL), (3, {literal})"))
            .await
            .unwrap();
        let mut rows = session.query(&cx, "SELECT v FROM t ORDER BY id").await.unwrap();
        let name = kind.split('(').next().unwrap();
        assert_eq!(rows.columns()[0].type_name, name, "{kind}");
        let values: Vec<Value> =
            rows.collect().await.unwrap().iter().map(|row| row.values()[0].clone()).collect();
        assert_eq!(values, [wanted.clone(), Value::Null, wanted], "{kind}");
    }
}

#[tokio::test]
async fn errors_have_the_numbers_of_the_server_and_the_session_goes_on() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    let made = "CREATE TABLE t (id int NOT NULL PRIMARY KEY, s nvarchar(3)); INSERT INTO t VALUES (1, 'a'); \
                CREATE TABLE u (t int REFERENCES t (id))";
    session.execute(&cx, made).await.unwrap();
    for (sql, number, class) in [
        ("INSERT INTO t VALUES (1, 'b')", 2627, ErrorClass::Unique),
        ("INSERT INTO u VALUES (7)", 547, ErrorClass::ForeignKey),
        ("INSERT INTO t VALUES (NULL, 'b')", 515, ErrorClass::NotNull),
        ("SELECT a FROM nowhere", 208, ErrorClass::Syntax),
        ("SELECT absent FROM t", 207, ErrorClass::Syntax),
        ("SELECT id / 0 FROM t", 8134, ErrorClass::Data),
        ("SELECT CAST('x' AS int)", 245, ErrorClass::Data),
        ("INSERT INTO t VALUES (9999999999, 'b')", 8115, ErrorClass::Data),
        ("INSERT INTO t VALUES (2, 'long')", 2628, ErrorClass::Data),
        ("SELECT @P1", 137, ErrorClass::Syntax),
        ("COMMIT", 3902, ErrorClass::Other),
        ("THROW 50001, 'no', 7", 50_001, ErrorClass::Other),
    ] {
        let told = session.execute(&cx, sql).await.unwrap_err();
        let detail = told.detail::<DbDetail>().unwrap();
        assert_eq!((detail.code, detail.class), (Some(number), class), "{sql}: {told}");
        assert_eq!(session.state(), SessionState::Idle, "{sql}");
    }
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn t_sql_is_understood_as_far_as_it_is_needed() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    session
        .execute(&cx, "CREATE TABLE #t ([two words] int); INSERT INTO #t VALUES (1), (2), (3)")
        .await
        .unwrap();
    for (sql, wanted) in [
        ("SELECT TOP 1 [two words] FROM #t ORDER BY [two words] DESC", Value::I64(3)),
        ("SELECT TOP (2) COUNT(*) FROM dbo.[#t]", Value::I64(3)),
        ("SELECT CONVERT(nvarchar(2), N'long')", text("lo")),
        ("SELECT CAST('1.005' AS decimal(9,2))", decimal(101, 2)),
        ("SELECT ISNULL(NULL, LEN('abc')) /* /* */ a */ -- b", Value::I64(3)),
        ("IF @@TRANCOUNT = 0 SELECT 'none'", text("none")),
        ("SELECT @@SPID", Value::I64(51)),
    ] {
        let row = session.query(&cx, sql).one().await.unwrap();
        assert_eq!(row.values()[0], wanted, "{sql}");
    }
    let sum = session.query(&cx, "SELECT @p1 + @P2 * @P1").bind(2).bind(20).value::<i64>().await.unwrap();
    assert_eq!(sum, 42);
}

#[tokio::test]
async fn an_update_that_was_overtaken_fails_its_transaction() {
    let fake = Fake::start().unwrap();
    let (mut one, mut other) = (session(&fake).await, session(&fake).await);
    let cx = cx();
    one.execute(&cx, "CREATE TABLE t (n int); INSERT INTO t VALUES (0)").await.unwrap();
    let mut transaction = one.begin(&cx).isolation(Isolation::Snapshot).await.unwrap();
    assert_eq!(transaction.query(&cx, "SELECT n FROM t").value::<i64>().await.unwrap(), 0);
    other.execute(&cx, "UPDATE t SET n = 7").await.unwrap();
    let told = transaction.execute(&cx, "UPDATE t SET n = 1").await.unwrap_err();
    assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(3960), "{told}");
    assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::Serialization));
    let told = transaction.execute(&cx, "UPDATE t SET n = 1").await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Conflict, "{told}");
    drop(transaction);
    assert_eq!(one.query(&cx, "SELECT n FROM t").value::<i64>().await.unwrap(), 7);
}
