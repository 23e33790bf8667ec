//! What errors say of the effect, and what is left of the session.

use super::{answers, connect, database, run, secs, seen, sim};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::fake::{Observed, Reply};
use purlin_db::{DbDetail, ErrorClass, SessionState};

#[test]
fn a_refusal_is_an_answer_and_leaves_the_session_ready() {
    let (sim, cx) = sim();
    let db = database();
    let classes = [
        ErrorClass::Unique,
        ErrorClass::Check,
        ErrorClass::Syntax,
        ErrorClass::LockTimeout,
        ErrorClass::NotWritable,
        ErrorClass::PermissionDenied,
        ErrorClass::Other,
    ];
    let mut session = connect(&sim, &cx, &db);
    for class in classes {
        db.once("bad", Reply::refused(class, "no"));
        let error = run(&sim, session.execute(&cx, "bad")).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (class.kind(), Outcome::Sent));
        assert_eq!(DbDetail::class_of(&error), Some(class));
        assert_eq!((error.operation(), error.endpoint().is_some()), (Some("db.execute"), true));
        assert_eq!(session.state(), SessionState::Idle);
    }
    answers(&sim, &cx, &mut session);
    assert!(!seen(&db).contains(&Observed::Recovered));
}

#[test]
fn what_keeps_a_login_out_is_a_clear_refusal_within_a_session() {
    // SELECT … INTO OUTFILE without the right to it, USE of what is not there, a quota.
    for class in [ErrorClass::LoginDenied, ErrorClass::NoSuchDatabase, ErrorClass::TooManyConnections] {
        let (sim, cx) = sim();
        let db = database();
        db.once("insert", Reply::refused(class, "no"));
        let mut session = connect(&sim, &cx, &db);
        let error = run(&sim, session.execute(&cx, "insert")).unwrap_err();
        assert_eq!((DbDetail::class_of(&error), error.outcome()), (Some(class), Outcome::Sent));
        assert_eq!((session.state(), class.ends_session()), (SessionState::Idle, false));
        answers(&sim, &cx, &mut session);
    }
}

#[test]
fn an_answer_that_is_lost_leaves_the_effect_in_doubt() {
    for (reply, took_effect) in [(Reply::changed(1).lost(), true), (Reply::broken(), false)] {
        let (sim, cx) = sim();
        let db = database();
        db.once("insert", reply);
        let mut session = connect(&sim, &cx, &db);
        let error = run(&sim, session.execute(&cx, "insert")).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Maybe));
        assert_eq!(!db.committed().is_empty(), took_effect);
        assert_eq!((session.state(), db.open_sessions()), (SessionState::Closed, 0));
    }
}

#[test]
fn a_connection_that_broke_before_anything_was_sent_says_so() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    db.kill_sessions();
    let error = run(&sim, session.execute(&cx, "insert 1")).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(session.state(), SessionState::Closed);
    run(&sim, session.close(&cx)).unwrap();
}

#[test]
fn a_connection_that_breaks_between_rows_never_looks_like_an_end() {
    let (sim, cx) = sim();
    let db = database();
    db.on("cut", Reply::rows(["n"], (0..6_i64).map(|n| [n])).broken_after(3));
    let mut session = connect(&sim, &cx, &db);
    let mut rows = run(&sim, session.query(&cx, "cut")).unwrap();
    for _ in 0..3 {
        assert!(run(&sim, rows.next()).unwrap().is_some());
    }
    for _ in 0..3 {
        let error = run(&sim, rows.next()).map(|row| row.is_some()).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Maybe));
    }
    let error = run(&sim, rows.next_result()).unwrap_err();
    assert_eq!(DbDetail::class_of(&error), Some(ErrorClass::ConnectionLost));
    run(&sim, rows.finish()).unwrap_err();
    assert_eq!(session.state(), SessionState::Closed);
}

#[test]
fn a_commit_whose_answer_is_lost_is_in_doubt() {
    for (reply, committed) in [(Reply::changed(0).lost(), true), (Reply::broken(), false)] {
        let (sim, cx) = sim();
        let db = database();
        db.once("COMMIT", reply);
        let mut session = connect(&sim, &cx, &db);
        let mut transaction = run(&sim, session.begin(&cx)).unwrap();
        run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
        let error = run(&sim, transaction.commit(&cx)).unwrap_err();
        assert_eq!((error.outcome(), error.operation()), (Outcome::Maybe, Some("db.commit")));
        assert_eq!(!db.committed().is_empty(), committed);
        assert_eq!(session.state(), SessionState::Closed);
    }
}

#[test]
fn a_commit_at_its_deadline_is_in_doubt_and_never_cancelled() {
    let (sim, cx) = sim();
    let db = database();
    db.once("COMMIT", Reply::changed(0).after(secs(60)));
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    let error = run(&sim, transaction.commit(&cx.with_timeout(secs(1)))).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert_eq!(session.state(), SessionState::Closed);
    assert!(!seen(&db).contains(&Observed::CancelRequested));
}

#[test]
fn a_commit_that_is_a_little_late_is_told() {
    let (sim, cx) = sim();
    let db = database();
    db.once("COMMIT", Reply::changed(0).after(secs(2)));
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    run(&sim, transaction.commit(&cx.with_timeout(secs(1)))).unwrap();
    assert_eq!(db.committed(), ["insert 1"]);
    assert_eq!(session.state(), SessionState::Idle);
}

#[test]
fn a_commit_that_is_refused_is_not_in_doubt() {
    let (sim, cx) = sim();
    let db = database();
    db.once("COMMIT", Reply::refused(ErrorClass::ForeignKey, "no such parent"));
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    let error = run(&sim, transaction.commit(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Sent));
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
    assert_eq!((db.committed(), db.open_transactions()), (Vec::new(), 0));
}
