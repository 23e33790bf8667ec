//! A future dropped at each of its await points.

use super::{database, poll_times, run, sim};
use purlin_core::{Cx, ErrorKind, Outcome, Result, SimClock};
use purlin_db::fake::FakeDatabase;
use purlin_db::{Capability, Session, SessionState};

/// Drops the work after each number of polls that it has, with a driver that recovers and with one that does not.
/// What the check sees is what the work left behind.
fn at_every_await_point(
    least: usize,
    work: impl AsyncFn(&mut Session, &Cx) -> Result<()>,
    check: impl Fn(&FakeDatabase, bool),
) {
    for survives in [true, false] {
        let mut polls = 0;
        loop {
            let (sim, cx) = sim();
            let db = database();
            if !survives {
                db.set_capabilities(db.capabilities().without(Capability::RecoversAfterDrop));
            }
            let mut session = super::connect(&sim, &cx, &db);
            let ended = poll_times(work(&mut session, &cx), polls);
            let done = ended.is_some();
            ended.transpose().unwrap();
            next_statement_is_its_own(&sim, &cx, &mut session, survives, done);
            is_never_lent_with_a_transaction(&sim, &cx, &db, session);
            check(&db, done);
            if done {
                break;
            }
            polls += 1;
            assert!(polls < 1000, "it never ends");
        }
        assert!(polls >= least, "only {polls} await points");
    }
}

fn next_statement_is_its_own(sim: &SimClock, cx: &Cx, session: &mut Session, survives: bool, done: bool) {
    let before = session.state();
    let answer: Result<i64> = run(sim, session.query(cx, "select 42").value());
    match answer {
        Ok(number) => assert_eq!(number, 42, "the answer of another statement, in state {before:?}"),
        Err(error) => {
            assert!(!survives && !done && before == SessionState::Interrupted, "{before:?}: {error}");
            assert_eq!(error.outcome(), Outcome::NotSent);
        }
    }
}

fn is_never_lent_with_a_transaction(sim: &SimClock, cx: &Cx, db: &FakeDatabase, mut session: Session) {
    match run(sim, session.reset(cx)) {
        Ok(()) => assert_eq!(session.state(), SessionState::Idle),
        Err(_) => {
            assert!(matches!(session.state(), SessionState::Interrupted | SessionState::Closed));
            drop(session);
        }
    }
    assert_eq!(db.open_transactions(), 0);
}

#[test]
fn a_query() {
    at_every_await_point(3, query, |_, _| {});
}

async fn query(session: &mut Session, cx: &Cx) -> Result<()> {
    let number: i64 = session.query(cx, "select 7777").value().await?;
    assert_eq!(number, 7777);
    Ok(())
}

#[test]
fn a_stream() {
    at_every_await_point(5, stream, |_, _| {});
}

async fn stream(session: &mut Session, cx: &Cx) -> Result<()> {
    let mut rows = session.query(cx, "select many").await?;
    for expected in 0..5 {
        let row = rows.next().await?.unwrap();
        assert_eq!(row.get::<i64>(0)?, expected);
    }
    Ok(())
}

#[test]
fn an_execute_takes_effect_once_or_not() {
    at_every_await_point(3, execute, |db, done| {
        let committed = db.committed();
        assert!(committed == ["insert 3"] || !done && committed.is_empty());
    });
}

async fn execute(session: &mut Session, cx: &Cx) -> Result<()> {
    let done = session.execute(cx, "insert 3").await?;
    assert_eq!((done.affected, done.last_insert_id), (3, Some(9)));
    Ok(())
}

#[test]
fn a_ping() {
    at_every_await_point(2, ping, |_, _| {});
}

async fn ping(session: &mut Session, cx: &Cx) -> Result<()> {
    session.ping(cx).await
}

#[test]
fn a_transaction_is_there_as_a_whole_or_not_at_all() {
    at_every_await_point(8, transaction, |db, done| {
        let committed = db.committed();
        assert!(committed == ["insert 1", "insert 2"] || !done && committed.is_empty(), "{committed:?}");
    });
}

async fn transaction(session: &mut Session, cx: &Cx) -> Result<()> {
    let mut transaction = session.begin(cx).await?;
    transaction.execute(cx, "insert 1").await?;
    transaction.execute(cx, "insert 2").await?;
    transaction.commit(cx).await
}

#[test]
fn a_transaction_that_is_rolled_back_leaves_nothing() {
    at_every_await_point(6, rolled_back, |db, _| assert!(db.committed().is_empty()));
}

async fn rolled_back(session: &mut Session, cx: &Cx) -> Result<()> {
    let mut transaction = session.begin(cx).await?;
    transaction.execute(cx, "insert 1").await?;
    transaction.rollback(cx).await
}

#[test]
fn a_transaction_with_savepoints_holds_what_it_says() {
    at_every_await_point(12, savepoints, |db, done| {
        let committed = db.committed();
        assert!(committed == ["insert 1", "insert 3"] || !done && committed.is_empty(), "{committed:?}");
    });
}

async fn savepoints(session: &mut Session, cx: &Cx) -> Result<()> {
    let mut transaction = session.begin(cx).await?;
    transaction.execute(cx, "insert 1").await?;
    let mut undone = transaction.savepoint(cx).await?;
    undone.execute(cx, "insert 2").await?;
    drop(undone);
    let mut kept = transaction.savepoint(cx).await?;
    kept.execute(cx, "insert 3").await?;
    kept.commit(cx).await?;
    transaction.commit(cx).await
}

/// The part is given up at every await point, and the whole is committed all the same, where it still can be.
#[test]
fn a_savepoint_that_is_given_up_takes_nothing_else_with_it() {
    let mut polls = 0;
    loop {
        let (sim, cx) = sim();
        let db = database();
        let mut session = super::connect(&sim, &cx, &db);
        let mut outer = run(&sim, session.begin(&cx)).unwrap();
        run(&sim, outer.execute(&cx, "insert 1")).unwrap();
        let part = async {
            let mut part = outer.savepoint(&cx).await?;
            part.execute(&cx, "insert 2").await?;
            part.commit(&cx).await
        };
        let done = poll_times(part, polls).is_some();
        match run(&sim, outer.commit(&cx)) {
            Ok(()) if done => assert_eq!(db.committed(), ["insert 1", "insert 2"]),
            Ok(()) => assert_eq!(db.committed(), ["insert 1"]),
            // Its release was on its way: whether the part is still apart, nobody knows.
            Err(error) => {
                assert!(!done);
                assert_eq!(error.outcome(), Outcome::NotSent, "{error:#}");
                assert_eq!(db.committed(), [""; 0]);
            }
        }
        super::answers(&sim, &cx, &mut session);
        assert_eq!(db.open_transactions(), 0);
        if done {
            break;
        }
        polls += 1;
    }
    assert!(polls >= 6, "only {polls} await points");
}

#[test]
fn a_next_that_is_dropped_loses_no_row_as_long_as_it_is_called_again() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = super::connect(&sim, &cx, &db);
    let mut rows = run(&sim, session.query(&cx, "select many")).unwrap();
    let mut numbers = Vec::new();
    loop {
        match poll_times(rows.next(), 1).transpose().unwrap() {
            None => {}
            Some(Some(row)) => numbers.push(row.get::<i64>(0).unwrap()),
            Some(None) => break,
        }
    }
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    drop(rows);
    assert_eq!(session.state(), SessionState::Idle);
}

#[test]
fn a_recovery_that_is_dropped_is_done_again() {
    let mut polls = 0;
    loop {
        let (sim, cx) = sim();
        let db = database();
        let mut session = super::connect(&sim, &cx, &db);
        drop(run(&sim, session.query(&cx, "select many")).unwrap());
        assert_eq!(session.state(), SessionState::Unsettled);
        let done = poll_times(session.ping(&cx), polls).is_some();
        super::answers(&sim, &cx, &mut session);
        if done {
            break;
        }
        polls += 1;
    }
    assert!(polls >= 3);
}

/// Between two rows nothing is under way; within the wait for one there is.
#[test]
fn rows_that_are_dropped_while_one_is_on_its_way_leave_the_session_interrupted() {
    for survives in [true, false] {
        let (sim, cx) = sim();
        let db = database();
        if !survives {
            db.set_capabilities(db.capabilities().without(Capability::RecoversAfterDrop));
        }
        let mut session = super::connect(&sim, &cx, &db);
        let mut rows = run(&sim, session.query(&cx, "select many")).unwrap();
        for _ in 0..2 {
            assert!(run(&sim, rows.next()).unwrap().is_some());
        }
        assert!(poll_times(rows.next(), 1).is_none());
        drop(rows);
        assert_eq!(session.state(), SessionState::Interrupted);
        assert_eq!(run(&sim, session.ping(&cx)).is_ok(), survives);
    }
}

/// The time of a call is over, and the future that cancels it is dropped at each of its await points.
#[test]
fn a_cancellation_that_is_dropped_never_hits_another_statement() {
    let mut polls = 0;
    loop {
        let (sim, cx) = sim();
        let db = database();
        let mut session = super::connect(&sim, &cx, &db);
        let call = cx.with_timeout(super::secs(1));
        let mut rows = run(&sim, session.query(&call, "select many")).unwrap();
        for _ in 0..2 {
            assert!(run(&sim, rows.next()).unwrap().is_some());
        }
        sim.advance(super::secs(2));
        let ended = poll_times(async { rows.next().await.map(|row| row.is_some()) }, polls);
        let done = ended.is_some_and(|result| result.is_err());
        if polls > 0 {
            let again = run(&sim, rows.next()).map(|row| row.is_some());
            assert_eq!(
                again.unwrap_err().kind(),
                ErrorKind::Timeout,
                "rows would be missing before this one"
            );
        }
        drop(rows);
        super::answers(&sim, &cx, &mut session);
        if done {
            break;
        }
        polls += 1;
        assert!(polls < 100);
    }
    assert!(polls >= 2);
}

#[test]
fn a_transaction_that_a_text_left_behind_began_is_undone_by_a_reset() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = super::connect(&sim, &cx, &db);
    // Sent, and left before its answer came: only the recovery learns what it did.
    assert!(poll_times(async { session.execute(&cx, "BEGIN").await }, 2).is_none());
    assert_eq!((session.state(), db.open_transactions()), (SessionState::Interrupted, 1));
    run(&sim, session.reset(&cx)).unwrap();
    assert_eq!((session.state(), db.open_transactions()), (SessionState::Idle, 0));
}
