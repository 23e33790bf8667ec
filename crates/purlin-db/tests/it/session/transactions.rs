//! Transactions: what they refuse, what the server does to them, and savepoints in three languages.

use super::{answers, connect, database, ran, run, seen, sim};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::dialect::SavepointSyntax;
use purlin_db::fake::{Observed, Reply};
use purlin_db::{Capability, Dialect, ErrorClass, Isolation, SessionState, Vendor};

#[test]
fn what_the_engine_does_not_have_is_refused_and_never_ignored() {
    let (sim, cx) = sim();
    let db = database();
    let lacking = db.capabilities().without(Capability::ReadOnlyTransactions).without(Capability::Savepoints);
    db.set_capabilities(lacking);
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.begin(&cx).isolation(Isolation::Snapshot)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    assert_eq!(error.message(), "fake has no isolation level SNAPSHOT; it has: READ COMMITTED, SERIALIZABLE");
    let error = run(&sim, session.begin(&cx).read_only()).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let mut transaction = run(&sim, session.begin(&cx).isolation(Isolation::Serializable)).unwrap();
    let error = run(&sim, transaction.savepoint(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let error = run(&sim, transaction.begin(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
    run(&sim, transaction.commit(&cx)).unwrap();
    assert_eq!(seen(&db), [Observed::Connected, Observed::Began, Observed::Committed]);
}

#[test]
fn a_dropped_transaction_is_rolled_back_before_the_next_statement() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    drop(transaction);
    assert_eq!(session.state(), SessionState::Unsettled);
    answers(&sim, &cx, &mut session);
    let expected =
        [Observed::Connected, Observed::Began, ran("insert 1"), Observed::RolledBack, ran("select 42")];
    assert_eq!((seen(&db), db.committed()), (expected.to_vec(), Vec::new()));
}

#[test]
fn rows_that_were_not_read_do_not_hinder_a_commit() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    drop(run(&sim, transaction.query(&cx, "select many")).unwrap());
    run(&sim, transaction.commit(&cx)).unwrap();
    assert_eq!((db.committed(), session.state()), (vec!["insert 1".to_owned()], SessionState::Idle));
}

#[test]
fn the_loser_of_a_conflict_can_only_be_rolled_back() {
    // As PostgreSQL does it, and as MySQL: there nothing of the transaction is left, and the next statement would last.
    let lost = Reply::refused(ErrorClass::Serialization, "deadlock");
    for lost in [lost.clone(), lost.rolling_back()] {
        let (sim, cx) = sim();
        let db = database();
        db.on("update", lost);
        let mut session = connect(&sim, &cx, &db);
        let mut transaction = run(&sim, session.begin(&cx)).unwrap();
        run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
        run(&sim, transaction.execute(&cx, "update")).unwrap_err();
        assert_eq!(transaction.state(), SessionState::Aborted);
        let error = run(&sim, transaction.execute(&cx, "insert 2")).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
        let error = run(&sim, transaction.commit(&cx)).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
        answers(&sim, &cx, &mut session);
        assert_eq!((db.committed(), db.open_transactions()), (Vec::new(), 0));
    }
}

#[test]
fn a_statement_that_commits_by_itself_ends_the_transaction() {
    let (sim, cx) = sim();
    let db = database();
    db.on("create table", Reply::no_rows([""; 0]).committing());
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    run(&sim, transaction.execute(&cx, "create table")).unwrap();
    let error = run(&sim, transaction.execute(&cx, "insert 2")).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    let error = run(&sim, transaction.commit(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Maybe));
    assert_eq!(db.committed(), ["insert 1"]);
    answers(&sim, &cx, &mut session);
}

#[test]
fn a_transaction_that_a_text_began_is_seen_and_undone_by_a_reset() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    run(&sim, session.execute(&cx, "begin")).unwrap();
    assert_eq!(session.state(), SessionState::InTransaction);
    run(&sim, session.execute(&cx, "insert 1")).unwrap();
    assert_eq!(run(&sim, session.begin(&cx)).unwrap_err().kind(), ErrorKind::Invalid);
    run(&sim, session.reset(&cx)).unwrap();
    assert_eq!((session.state(), db.open_transactions()), (SessionState::Idle, 0));
    assert!(db.committed().is_empty());
}

#[test]
fn a_transaction_that_is_forgotten_is_undone_by_a_reset() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    std::mem::forget(run(&sim, transaction.savepoint(&cx)).unwrap());
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    std::mem::forget(transaction);
    assert_eq!(session.state(), SessionState::InTransaction);
    run(&sim, session.reset(&cx)).unwrap();
    assert_eq!((session.state(), db.open_transactions()), (SessionState::Idle, 0));
}

#[test]
fn a_broken_session_takes_its_transaction_with_it() {
    let (sim, cx) = sim();
    let db = database();
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    db.kill_sessions();
    run(&sim, transaction.execute(&cx, "insert 2")).unwrap_err();
    let error = run(&sim, transaction.commit(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!((session.state(), db.committed()), (SessionState::Closed, Vec::new()));
}

const fn speaking(savepoints: SavepointSyntax) -> Dialect {
    let mut dialect = Dialect::new("fake", Vendor::Other);
    dialect.savepoints = savepoints;
    dialect
}

static STANDARD: Dialect = speaking(SavepointSyntax::STANDARD);
static T_SQL: Dialect = speaking(SavepointSyntax::T_SQL);
static ORACLE: Dialect = speaking(SavepointSyntax::ORACLE);

#[test]
fn savepoints_undo_their_part_in_every_language() {
    for dialect in [&STANDARD, &T_SQL, &ORACLE] {
        let (sim, cx) = sim();
        let db = database().with_dialect(dialect);
        let mut session = connect(&sim, &cx, &db);
        let mut transaction = run(&sim, session.begin(&cx)).unwrap();
        run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
        let mut kept = run(&sim, transaction.savepoint(&cx)).unwrap();
        run(&sim, kept.execute(&cx, "insert 2")).unwrap();
        let mut inner = run(&sim, kept.savepoint(&cx)).unwrap();
        run(&sim, inner.execute(&cx, "insert 3")).unwrap();
        run(&sim, inner.rollback(&cx)).unwrap();
        run(&sim, kept.commit(&cx)).unwrap();
        let mut undone = run(&sim, transaction.savepoint(&cx)).unwrap();
        run(&sim, undone.execute(&cx, "insert 3")).unwrap();
        drop(undone);
        run(&sim, transaction.commit(&cx)).unwrap();
        assert_eq!(db.committed(), ["insert 1", "insert 2"]);
        let released = seen(&db).iter().any(|what| matches!(what, Observed::Released(_)));
        assert_eq!(released, dialect.savepoints.release.is_some());
    }
}

#[test]
fn a_savepoint_that_the_server_no_longer_knows_aborts_the_whole() {
    let (sim, cx) = sim();
    let db = database();
    db.on("ROLLBACK TO SAVEPOINT purlin_1", Reply::refused(ErrorClass::Syntax, "no such savepoint"));
    let mut session = connect(&sim, &cx, &db);
    let mut transaction = run(&sim, session.begin(&cx)).unwrap();
    run(&sim, transaction.execute(&cx, "insert 1")).unwrap();
    drop(run(&sim, transaction.savepoint(&cx)).unwrap());
    let error = run(&sim, transaction.execute(&cx, "insert 2")).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(transaction.state(), SessionState::Aborted);
    let error = run(&sim, transaction.commit(&cx)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    answers(&sim, &cx, &mut session);
    assert!(db.committed().is_empty());
}

#[test]
fn a_begin_that_is_refused_leaves_nothing_open() {
    let (sim, cx) = sim();
    let db = database();
    db.once("BEGIN", Reply::refused(ErrorClass::Other, "not now"));
    let mut session = connect(&sim, &cx, &db);
    let error = run(&sim, session.begin(&cx)).unwrap_err();
    assert_eq!((error.operation(), error.outcome()), (Some("db.begin"), Outcome::Sent));
    run(&sim, session.execute(&cx, "insert 1")).unwrap();
    assert_eq!((db.committed(), session.state()), (vec!["insert 1".to_owned()], SessionState::Idle));
}
