//! Deadlines and cancellation: the cause and the order of events, on a clock that stands still by itself.

use super::{answers, connect, database, ran, run, secs, seen, sim};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::fake::{Connecting, FakeDatabase, Observed, Reply};
use purlin_db::{Capability, Limits, Session, SessionState};

#[test]
fn a_statement_at_its_deadline_is_cancelled_on_the_server_and_the_session_proven_clean() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.query(&cx.with_timeout(secs(1)), "sleep").all()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert_eq!(error.operation(), Some("db.query"));
    assert_eq!(error.endpoint(), Some(&session.info().endpoint));
    assert_eq!(error.message(), "no answer within 1s");
    assert_eq!(error.note(), Some("the statement was cancelled on the server"));
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
    let expected = [
        Observed::Connected,
        Observed::CancelRequested,
        Observed::Stopped,
        Observed::Recovered,
        ran("select 42"),
    ];
    assert_eq!(seen(&db), expected);
}

#[test]
fn a_caller_who_cancels_is_told_so() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let (call, canceller) = cx.cancellable();
    let both = async {
        let later = async {
            cx.sleep(secs(1)).await.unwrap();
            canceller.cancel();
        };
        tokio::join!(session.query(&call, "sleep").all(), later).0
    };
    let error = run(&sim, both).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Maybe));
    assert!(seen(&db).contains(&Observed::Stopped));
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_call_that_begins_too_late_asks_nothing() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let late = cx.with_timeout(secs(1));
    sim.advance(secs(2));
    for attempt in 0..3 {
        let error = match attempt {
            0 => run(&sim, session.query(&late, "select 42").all()).unwrap_err(),
            1 => run(&sim, session.begin(&late)).unwrap_err(),
            _ => run(&sim, session.ping(&late)).unwrap_err(),
        };
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    }
    assert_eq!(session.state(), SessionState::Idle);
    let transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.rollback(&late)).unwrap_err();
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
    assert_eq!(seen(&db), [Observed::Connected, Observed::Began, Observed::RolledBack, ran("select 42")]);
}

#[test]
fn a_server_that_does_not_hear_loses_the_session() {
    let (sim, cx) = sim();
    let db = database();
    db.ignore_cancel();
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.query(&cx.with_timeout(secs(1)), "sleep").all()).unwrap_err();
    assert_eq!(error.note(), Some("the session was thrown away"));
    assert_eq!(session.state(), SessionState::Closed);
    let error = run(&sim, session.query(&cx, "select 42").all()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(seen(&db), [Observed::Connected, Observed::CancelRequested]);
}

#[test]
fn a_driver_that_cannot_cancel_leaves_the_statement() {
    for survives in [true, false] {
        let (sim, cx) = sim();
        let db = database();
        let capabilities = db.capabilities().without(Capability::Cancel);
        db.set_capabilities(match survives {
            true => capabilities,
            false => capabilities.without(Capability::RecoversAfterDrop),
        });
        let mut session = connect(&sim, &cx, &db);
        run(&sim, session.query(&cx.with_timeout(secs(1)), "sleep").all()).unwrap_err();
        if survives {
            assert_eq!(session.state(), SessionState::Interrupted);
            answers(&sim, &cx, &mut session);
        } else {
            assert_eq!(session.state(), SessionState::Closed);
        }
    }
}

#[test]
fn a_call_without_a_deadline_waits_half_a_minute_for_each_answer() {
    let (sim, cx) = sim();
    let db = database();
    db.on("slow", Reply::rows(["n"], (0..6_i64).map(|n| [n])).every(secs(20)));
    db.on("slower", Reply::rows(["n"], (0..6_i64).map(|n| [n])).every(secs(31)));
    let mut session = connect(&sim, &cx, &db);
    assert_eq!(run(&sim, session.query(&cx, "slow").all()).unwrap().len(), 6);
    let mut rows = run(&sim, session.query(&cx, "slower")).unwrap();
    let error = run(&sim, rows.next()).map(|row| row.is_some()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 30s"));
    drop(rows);
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_deadline_of_the_callers_own_may_be_longer() {
    let (sim, cx) = sim();
    let db = database();
    db.on("report", Reply::rows(["n"], [[1_i64]]).after(secs(300)));
    let mut session = connect(&sim, &cx, &db);
    let report = session.query(&cx.with_timeout(secs(600)), "report").all();
    assert_eq!(run(&sim, report).unwrap().len(), 1);
}

#[test]
fn a_deadline_passes_also_while_rows_come_without_waiting() {
    let (sim, cx) = sim();
    let db = database();
    db.on("all", Reply::rows(["n"], (0..10_000_i64).map(|n| [n])));
    let mut session = connect(&sim, &cx, &db);
    let call = cx.with_timeout(secs(1));
    let mut rows = run(&sim, session.query(&call, "all")).unwrap();
    assert!(run(&sim, rows.next()).unwrap().is_some());
    sim.advance(secs(2));
    let mut further = 0;
    let error = loop {
        match run(&sim, rows.next()) {
            Ok(row) => assert!(row.is_some(), "it came to its end"),
            Err(error) => break error,
        }
        further += 1;
    };
    assert!(further <= 256, "{further} rows after the end");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    let again = run(&sim, rows.next()).map(|row| row.is_some()).unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "an end that was cut must not look like an end");
    drop(rows);
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_statement_that_was_faster_than_its_cancellation_did_what_it_did() {
    let (sim, cx) = sim();
    let db = database();
    db.on("update", Reply::changed(3).after(secs(2)));
    db.on("report", Reply::rows(["n"], [[1_i64]]).after(secs(2)));
    db.cancel_takes(std::time::Duration::from_millis(1500));
    let mut session = connect(&sim, &cx, &db);
    let done = run(&sim, session.execute(&cx.with_timeout(secs(1)), "update")).unwrap();
    assert_eq!(done.affected, 3);
    // The cancellation came after the end of its statement. It must not hit this one.
    answers(&sim, &cx, &mut session);
    let expected = [
        Observed::Connected,
        ran("update"),
        Observed::CancelRequested,
        Observed::Recovered,
        ran("select 42"),
    ];
    assert_eq!(seen(&db), expected);
    // Rows that nobody reads in time are another thing.
    let error = run(&sim, session.query(&cx.with_timeout(secs(1)), "report").all()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_cancellation_that_is_still_on_its_way_costs_the_session() {
    let (sim, cx) = sim();
    let db = database();
    db.on("update", Reply::changed(3).after(secs(2))).cancel_takes(secs(10));
    let mut session = connect(&sim, &cx, &db);
    run(&sim, session.execute(&cx.with_timeout(secs(1)), "update")).unwrap_err();
    assert_eq!(session.state(), SessionState::Closed);
    assert_eq!(db.committed(), ["update"]);
}

#[test]
fn a_refusal_of_the_server_counts_more_than_the_deadline() {
    let (sim, cx) = sim();
    let db = database();
    let refused = Reply::refused(purlin_db::ErrorClass::Unique, "it is there").after(secs(2));
    db.on("insert again", refused).cancel_takes(std::time::Duration::from_millis(1500));
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.execute(&cx.with_timeout(secs(1)), "insert again")).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Sent));
    answers(&sim, &cx, &mut session);
}

#[test]
fn connecting_has_a_limit_and_a_cause() {
    let (sim, cx) = sim();
    let db = FakeDatabase::new();
    let cases = [
        (Connecting::Silence, ErrorKind::Timeout),
        (Connecting::After(secs(11)), ErrorKind::Timeout),
        (Connecting::Refuse, ErrorKind::Refused),
        (Connecting::Deny(purlin_db::ErrorClass::LoginDenied), ErrorKind::Unauthenticated),
        (Connecting::Deny(purlin_db::ErrorClass::TooManyConnections), ErrorKind::RateLimited),
    ];
    for (connecting, kind) in cases {
        db.set_connecting(connecting);
        let error = run(&sim, db.session(&cx)).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{error}");
        assert_eq!((error.operation(), error.endpoint().is_some()), (Some("db.connect"), true));
    }
    db.set_connecting(Connecting::After(secs(11)));
    let limits = Limits::new().connect(secs(12));
    let endpoint = purlin_core::Endpoint::file(":memory:");
    run(&sim, Session::connect_within(&cx, &db, &endpoint, limits)).unwrap();
}

#[test]
fn a_recovery_is_not_begun_for_a_caller_who_has_left() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    drop(run(&sim, session.query(&cx, "select many")).unwrap());
    let (call, canceller) = cx.cancellable();
    canceller.cancel();
    let error = run(&sim, session.ping(&call)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_begin_that_was_faster_than_its_cancellation_does_not_let_it_hit_the_next_statement() {
    let (sim, cx) = sim();
    let db = database();
    db.once("BEGIN", Reply::changed(0).after(secs(2))).cancel_takes(std::time::Duration::from_millis(1500));
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx.with_timeout(secs(1)))).unwrap();
    assert_eq!(transaction.state(), SessionState::Unsettled);
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    run(&sim, transaction.commit(&cx)).unwrap();
    assert_eq!(db.committed(), ["insert 1"]);
}

#[test]
fn a_statement_that_was_cancelled_leaves_its_transaction_as_it_is() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    run(&sim, transaction.execute(&cx.with_timeout(secs(1)), "sleep")).unwrap_err();
    run(&sim, transaction.execute(&cx, "insert 2")).unwrap();
    run(&sim, transaction.commit(&cx)).unwrap();
    assert_eq!(db.committed(), ["insert 1", "insert 2"]);
}

#[test]
fn a_request_to_cancel_that_never_left_costs_the_session_only_while_the_statement_runs() {
    let (sim, cx) = sim();
    let db = database();
    db.refuse_cancel().on("update", Reply::changed(3).after(secs(2)));
    let mut session = connect(&sim, &cx, &db);
    let done = run(&sim, session.execute(&cx.with_timeout(secs(1)), "update")).unwrap();
    assert_eq!(done.affected, 3);
    answers(&sim, &cx, &mut session);
    let error = run(&sim, session.query(&cx.with_timeout(secs(1)), "sleep").all()).unwrap_err();
    assert!(error.note().unwrap().contains("could not be cancelled: "), "{error}");
    assert!(error.note().unwrap().contains("no room for a request to cancel"), "{error}");
    assert_eq!(session.state(), SessionState::Closed);
}

/// The time is over after each number of polls: what the server did is what is told, wherever the answer stood.
#[test]
fn an_execute_whose_answer_is_there_is_told_wherever_its_time_ran_out() {
    let mut told = 0;
    for polls in 0..6 {
        let (sim, cx) = sim();
        let db = database();
        let further = Reply::rows(["n"], (0..6_i64).map(|n| [n])).in_packets_of(2).then(Reply::changed(2));
        db.on("procedure", Reply::changed(1).then(further));
        let mut session = connect(&sim, &cx, &db);
        let call = cx.with_timeout(secs(1));
        let result = {
            let mut execute = std::pin::pin!(session.execute(&call, "procedure").into_future());
            let begun = super::poll_times(execute.as_mut(), polls);
            sim.advance(secs(2));
            match begun {
                Some(result) => result,
                None => run(&sim, execute),
            }
        };
        match result {
            Ok(done) => {
                told += 1;
                assert_eq!((done.affected, db.committed()), (3, vec!["procedure".to_owned()]));
            }
            Err(error) if polls == 0 => assert_eq!(error.outcome(), Outcome::NotSent),
            Err(error) => assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe)),
        }
        answers(&sim, &cx, &mut session);
    }
    assert!(told >= 2, "told {told} times");
}

/// The head of the answer comes in the very moment in which the time is over: nobody was asked to cancel it yet.
#[test]
fn an_answer_that_begins_too_late_is_cancelled_and_not_waited_for() {
    let (sim, cx) = super::sim();
    let db = super::database();
    let slow = Reply::rows(["n"], (0..100_000_i64).map(|n| [n])).every(super::secs(1)).after(super::secs(5));
    db.on("select slowly", slow);
    let mut session = super::connect(&sim, &cx, &db);
    let call = cx.with_timeout(super::secs(5));
    let error = super::run(&sim, session.query(&call, "select slowly").all()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    super::answers(&sim, &cx, &mut session);
    assert_eq!(super::seen(&db).iter().filter(|what| **what == Observed::CancelRequested).count(), 1);
}

#[test]
fn passing_over_many_rows_keeps_nobody_from_the_timers() {
    use std::sync::atomic::{AtomicBool, Ordering};

    // The runtime looks at its timers only when no task is there to be run.
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().event_interval(u32::MAX).build().unwrap();
    let passed_over = runtime.spawn(async {
        let db = database();
        db.on("select rows", Reply::rows(["n"], (0..200_000_i64).map(|n| [n]))).ignore_cancel();
        let (cx, canceller) = Cx::background().cancellable();
        let mut session = db.session(&cx).await.unwrap();
        let rang = std::sync::Arc::new(AtomicBool::new(false));
        let bell = rang.clone();
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            bell.store(true, Ordering::Relaxed);
        });
        let mut rows = session.query(&cx, "select rows").await.unwrap();
        rows.next().await.unwrap();
        canceller.cancel();
        while rows.next().await.is_ok_and(|row| row.is_some()) {}
        rang.load(Ordering::Relaxed)
    });
    assert!(
        runtime.block_on(passed_over).unwrap(),
        "all rows were passed over before the timer was looked at"
    );
}
