//! Answers: rows, several results, comfort.

use super::{answers, connect, database, run, sim};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::fake::{FakeConnection, Reply};
use purlin_db::{Begin, Execute, Query, Rows, Session, SessionState, Transaction, Value};

fn is_send<T: Send>() {}

#[test]
fn everything_can_move_between_threads() {
    is_send::<Session>();
    is_send::<Rows<'static>>();
    is_send::<Transaction<'static>>();
    is_send::<Query<'static>>();
    is_send::<Execute<'static>>();
    is_send::<Begin<'static>>();
}

#[test]
fn comfort_leaves_the_session_ready() {
    let (sim, cx) = sim();
    let db = database();
    let texts = Reply::rows(["t"], [["a"]]);
    db.on("none", Reply::no_rows(["n"])).on("text", texts).on("two", Reply::rows(["n"], [[1_i64], [2]]));
    let mut session = connect(&sim, &cx, &db);
    assert!(run(&sim, session.query(&cx, "none").optional()).unwrap().is_none());
    assert_eq!(session.state(), SessionState::Idle);
    let error = run(&sim, session.query(&cx, "none").one()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::Sent));
    assert_eq!(session.state(), SessionState::Idle);
    let error = run(&sim, session.query(&cx, "two").one()).unwrap_err();
    assert_eq!((error.kind(), error.endpoint().is_some()), (ErrorKind::Conflict, true));
    assert_eq!(session.state(), SessionState::Idle);
    let error = run(&sim, session.query(&cx, "text").value::<i64>()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Sent));
    assert_eq!(session.state(), SessionState::Idle);
    assert_eq!(run(&sim, session.query(&cx, "select many").all()).unwrap().len(), 6);
    assert_eq!(session.state(), SessionState::Idle);
}

#[test]
fn several_rows_where_one_was_asked_for_are_not_all_read() {
    let (sim, cx) = sim();
    let db = database();
    db.on("all", Reply::rows(["n"], (0..100_000_i64).map(|n| [n])));
    let mut session = connect(&sim, &cx, &db);
    assert_eq!(run(&sim, session.query(&cx, "all").one()).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
}

#[test]
fn several_results_come_one_after_the_other() {
    let (sim, cx) = sim();
    let db = database();
    let first = Reply::rows(["a"], [[1_i64], [2], [3]]);
    let further = Reply::changed(4).then(Reply::rows(["b", "c"], [["x", "y"]])).then(Reply::changed(5));
    db.on("procedure", first.then(further));
    let mut session = connect(&sim, &cx, &db);
    let mut rows = run(&sim, session.query(&cx, "procedure")).unwrap();
    assert_eq!(run(&sim, rows.next()).unwrap().unwrap().get::<i64>("a").unwrap(), 1);
    assert!(run(&sim, rows.next_result()).unwrap());
    assert_eq!(rows.columns().len(), 0);
    assert!(run(&sim, rows.next_result()).unwrap());
    assert_eq!(rows.columns()[1].name, "c");
    let kept = run(&sim, rows.collect()).unwrap();
    assert_eq!(kept[0].values(), [Value::from("x"), Value::from("y")]);
    assert!(run(&sim, rows.next_result()).unwrap());
    assert!(!run(&sim, rows.next_result()).unwrap());
    assert_eq!(rows.executed().affected, 9);
    drop(rows);
    assert_eq!(session.state(), SessionState::Idle);
    assert_eq!(run(&sim, session.query(&cx, "procedure").all()).unwrap().len(), 3);
    assert_eq!(run(&sim, session.execute(&cx, "procedure")).unwrap().affected, 9);
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_refusal_in_the_midst_of_results_ends_them() {
    let (sim, cx) = sim();
    let db = database();
    let refused = Reply::refused(purlin_db::ErrorClass::Data, "division by zero");
    db.on("procedure", Reply::changed(1).then(refused).then(Reply::changed(1)));
    let mut session = connect(&sim, &cx, &db);
    let mut rows = run(&sim, session.query(&cx, "procedure")).unwrap();
    for _ in 0..2 {
        let error = run(&sim, rows.next_result()).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Sent));
    }
    drop(rows);
    assert_eq!(session.state(), SessionState::Idle);
    answers(&sim, &cx, &mut session);
}

#[test]
fn executing_what_gives_rows_passes_over_them() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    assert_eq!(run(&sim, session.execute(&cx, "select many")).unwrap().affected, 0);
    assert_eq!(session.state(), SessionState::Idle);
    answers(&sim, &cx, &mut session);
}

#[test]
fn the_raw_connection_is_there_and_is_not_trusted_afterwards() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    assert!(session.native().downcast_mut::<FakeConnection>().is_some());
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
    run(&sim, session.close(&cx)).unwrap();
    assert_eq!(db.open_sessions(), 0);
}
