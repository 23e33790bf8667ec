use crate::server::{cx, number, session};
use crate::tds::tokens::{
    COUNT, INSERT, INT, MORE, NVARCHAR, SELECT, columns, done, done_in_proc, done_proc, info, int, ints,
    nvarchar, row, row_without,
};
use crate::tds::{BATCH, Fake, RPC};
use purlin_db::{Protocol, Value};

#[tokio::test]
async fn results_come_in_their_order_with_what_they_changed() {
    let fake = Fake::start().unwrap();
    let answer = [
        done(COUNT | MORE, INSERT, 2),
        columns(&[("n", INT), ("name", NVARCHAR)]),
        row(&[&int(1), &nvarchar("web01")]),
        done(COUNT | MORE, SELECT, 1),
        info("printed"),
        // A DECLARE: nothing to tell.
        done(MORE, 0xc8, 0),
        done(COUNT | MORE, INSERT, 5),
        columns(&[("empty", INT)]),
        done(COUNT, SELECT, 0),
    ];
    fake.answer("BATCH", answer.concat());
    let mut session = session(&fake).await;
    let cx = cx();
    let mut rows = session.query(&cx, "BATCH").await.unwrap();
    assert_eq!(rows.columns().len(), 0);
    assert!(rows.next().await.unwrap().is_none());
    assert_eq!(rows.executed().affected, 2);
    assert!(rows.next_result().await.unwrap());
    let names: Vec<_> = rows.columns().iter().map(|column| column.type_name.clone()).collect();
    assert_eq!(names, ["int", "nvarchar"]);
    let first = rows.next().await.unwrap().unwrap();
    assert_eq!(first.get::<String>("name").unwrap(), "web01");
    assert!(rows.next().await.unwrap().is_none());
    assert_eq!(rows.executed().affected, 2);
    assert!(rows.next_result().await.unwrap());
    assert!(rows.next().await.unwrap().is_none());
    assert_eq!(rows.executed().affected, 7);
    assert!(rows.next_result().await.unwrap());
    assert_eq!(rows.columns()[0].name, "empty");
    assert!(rows.next().await.unwrap().is_none());
    assert!(!rows.next_result().await.unwrap());
    assert_eq!(rows.finish().await.unwrap().affected, 7);
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn a_call_with_parameters_tells_its_count_behind_the_procedure() {
    let fake = Fake::start().unwrap();
    fake.answer("INSERT", [done_in_proc(COUNT | MORE, INSERT, 4), done_proc(0)].concat());
    let output =
        [columns(&[("id", INT)]), row(&[&int(9)]), done_in_proc(COUNT | MORE, INSERT, 1), done_proc(0)];
    fake.answer("OUTPUT", output.concat());
    let mut session = session(&fake).await;
    let done = session.execute(&cx(), "INSERT INTO hosts VALUES (@P1)").bind("web01").await.unwrap();
    assert_eq!(done.affected, 4);
    let cx = cx();
    let mut rows = session.query(&cx, "INSERT hosts OUTPUT inserted.id VALUES (@P1)").bind(1).await.unwrap();
    assert_eq!(rows.next().await.unwrap().unwrap().get::<i64>("id").unwrap(), 9);
    assert_eq!(rows.finish().await.unwrap().affected, 1);
    assert!(fake.texts().contains(&"INSERT INTO hosts VALUES (@P1)".to_owned()), "{:?}", fake.texts());
}

#[tokio::test]
async fn the_way_that_a_statement_travels_can_be_chosen() {
    let fake = Fake::start().unwrap();
    fake.answer("CHOICE", ints([1]));
    let mut session = session(&fake).await;
    let before = (fake.count(BATCH), fake.count(RPC));
    session.query(&cx(), "CHOICE").all().await.unwrap();
    session.query(&cx(), "CHOICE").protocol(Protocol::Prepared).all().await.unwrap();
    assert_eq!((fake.count(BATCH), fake.count(RPC)), (before.0 + 1, before.1 + 1));
    let told = session.query(&cx(), "CHOICE @P1").bind(1).protocol(Protocol::Text).all().await.unwrap_err();
    assert_eq!(told.outcome(), purlin_core::Outcome::NotSent, "{told}");
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn values_of_a_procedures_parameters_are_passed_over() {
    let fake = Fake::start().unwrap();
    let name = [&[2_u8][..], &crate::tds::tokens::wide("@o")].concat();
    let value = [&[0xac, 0, 0][..], &name, &[1, 0, 0, 0, 0, 0, 0], INT, &int(42)].concat();
    fake.answer("EXEC", [done_in_proc(COUNT | MORE, INSERT, 1), value, done_proc(0)].concat());
    let mut session = session(&fake).await;
    assert_eq!(session.execute(&cx(), "EXEC p").await.unwrap().affected, 1);
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn a_row_that_tells_its_nulls_by_bits_is_read() {
    let fake = Fake::start().unwrap();
    let wide: Vec<(&str, &[u8])> = (0..9).map(|_| ("n", INT)).collect();
    let (one, nine) = (int(1), int(9));
    let answer = [
        columns(&wide),
        row_without(&[0b1111_1110, 0], &[&one, &nine]),
        row_without(&[0xff, 1], &[]),
        done(COUNT, SELECT, 2),
    ];
    fake.answer("NULLS", answer.concat());
    let mut session = session(&fake).await;
    let rows = session.query(&cx(), "NULLS").all().await.unwrap();
    let first = rows[0].values();
    assert_eq!((&first[0], &first[1], &first[8]), (&Value::I64(1), &Value::Null, &Value::I64(9)));
    assert!(rows[1].values().iter().all(Value::is_null));
}

#[tokio::test]
async fn a_long_answer_comes_row_by_row() {
    let fake = Fake::start().unwrap();
    let count = purlin_testkit::count(100_000_i32, 1_000_000);
    fake.answer("MANY", ints(0..count));
    let mut session = session(&fake).await;
    let cx = cx();
    let mut rows = session.query(&cx, "MANY").await.unwrap();
    let mut sum = 0_i64;
    while let Some(row) = rows.next().await.unwrap() {
        sum += row.get::<i64>(0).unwrap();
    }
    let count = i64::from(count);
    assert_eq!(sum, (count - 1) * count / 2);
}
