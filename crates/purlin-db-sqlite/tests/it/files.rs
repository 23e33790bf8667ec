use crate::support::{Scratch, class, connect, cx, run, value};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{Connector, ErrorClass, NodeView, Session, Topology, Value, Verdict};
use purlin_db_sqlite::{Journal, Mode, Settings, SqliteConnector, Synchronous};

#[tokio::test]
async fn a_path_with_a_typing_error_makes_no_database() {
    let scratch = Scratch::new();
    let error = connect(Settings::file(scratch.path())).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::NotSent), "{error}");
    assert_eq!(class(&error), ErrorClass::NoSuchDatabase);
    assert!(error.message().contains(&scratch.path().display().to_string()), "{error}");
    assert_eq!(error.note(), Some("there is no such file; mode=rwc creates it"));
    assert!(!scratch.path().exists());
    let missing = scratch.folder().join("no/a.db");
    let error = connect(Settings::file(&missing).mode(Mode::Create)).await.unwrap_err();
    assert!(error.note().unwrap().contains("there is no folder"), "{error}");
    let error = connect(Settings::file(scratch.folder())).await.unwrap_err();
    assert_eq!(error.note(), Some("it is a folder"));
}

#[cfg(unix)]
#[tokio::test]
async fn one_file_under_two_names_is_one_node() {
    let scratch = Scratch::new();
    let mut first = scratch.session().await;
    run(&mut first, "CREATE TABLE t (a)").await;
    let link = scratch.folder().join("link.db");
    std::os::unix::fs::symlink(scratch.path(), &link).unwrap();
    let mut second = connect(Settings::file(&link)).await.unwrap();
    let mut other =
        connect(Settings::file(scratch.folder().join("other.db")).mode(Mode::Create)).await.unwrap();
    // Who holds the file keeps nobody from being told which one it is.
    run(&mut first, "BEGIN EXCLUSIVE").await;
    let mut views = Vec::new();
    for session in [&mut first, &mut second, &mut other] {
        views.push(NodeView::ask(&cx(), session).await.unwrap());
    }
    assert_eq!(Topology::of(views[..2].to_vec()).verdict(), Verdict::OneWriter, "{views:?}");
    assert_eq!(Topology::of(views[1..].to_vec()).verdict(), Verdict::SplitBrain, "{views:?}");
}

#[tokio::test]
async fn garbage_is_named_with_its_path_and_stays_as_it_is() {
    let scratch = Scratch::new();
    let garbage = b"not a database at all, but long enough to look like a header of one............................................";
    std::fs::write(scratch.path(), garbage).unwrap();
    for mode in [Mode::ReadOnly, Mode::ReadWrite, Mode::Create] {
        let error = connect(Settings::file(scratch.path()).mode(mode)).await.unwrap_err();
        assert_eq!(crate::support::code(&error), 26, "{error}");
        assert!(error.message().contains(&scratch.path().display().to_string()), "{error}");
        assert_eq!(error.note(), Some("the file is no SQLite database, or an encrypted one"));
    }
    assert_eq!(std::fs::read(scratch.path()).unwrap(), garbage);
}

#[tokio::test]
async fn damaged_pages_are_an_error_and_no_answer() {
    let scratch = Scratch::new();
    let mut session = scratch.session().await;
    run(&mut session, "CREATE TABLE t (a TEXT)").await;
    run(&mut session, "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT hex(randomblob(50)) FROM n").await;
    session.close(&cx()).await.unwrap();
    let mut bytes = std::fs::read(scratch.path()).unwrap();
    bytes[4096..].iter_mut().for_each(|byte| *byte = 0xa5);
    std::fs::write(scratch.path(), bytes).unwrap();
    let mut session = scratch.session().await;
    let error = session.query(&cx(), "SELECT * FROM t").all().await.unwrap_err();
    assert_eq!(crate::support::code(&error) & 0xff, 11, "{error}");
    assert_eq!(value(&mut session, "SELECT 7").await, Value::I64(7));
}

#[tokio::test]
async fn a_file_opened_for_reading_is_not_written() {
    let scratch = Scratch::new();
    let mut session = scratch.session().await;
    run(&mut session, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    session.close(&cx()).await.unwrap();
    for settings in
        [Settings::file(scratch.path()).mode(Mode::ReadOnly), Settings::file(scratch.path()).immutable()]
    {
        let mut session = connect(settings).await.unwrap();
        assert_eq!(value(&mut session, "SELECT a FROM t").await, Value::I64(1));
        let error = session.execute(&cx(), "INSERT INTO t VALUES (2)").await.unwrap_err();
        assert_eq!(class(&error), ErrorClass::NotWritable);
        session.close(&cx()).await.unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(scratch.folder()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn names_that_mean_something_else_to_sqlite_are_files() {
    let scratch = Scratch::new();
    for name in ["a b%41?mode=memory#x.db", "ä.db", "file:x.db"] {
        let path = scratch.folder().join(name);
        let mut session = connect(Settings::file(&path).mode(Mode::Create)).await.unwrap();
        run(&mut session, "CREATE TABLE t (a)").await;
        session.close(&cx()).await.unwrap();
        assert!(path.is_file(), "{name}");
        let mut session = connect(Settings::file(&path).immutable()).await.unwrap();
        assert_eq!(value(&mut session, "SELECT count(*) FROM t").await, Value::I64(0), "{name}");
    }
}

#[tokio::test]
async fn journal_and_synchronous_are_set() {
    let scratch = Scratch::new();
    let settings = scratch.settings().journal(Journal::Wal).synchronous(Synchronous::Normal);
    let mut session = connect(settings).await.unwrap();
    assert_eq!(value(&mut session, "PRAGMA journal_mode").await, Value::Text("wal".to_owned()));
    assert_eq!(value(&mut session, "PRAGMA synchronous").await, Value::I64(1));
    assert_eq!(value(&mut session, "PRAGMA foreign_keys").await, Value::I64(1));
    run(&mut session, "CREATE TABLE t (a)").await;
    let log = scratch.folder().join("a.db-wal");
    assert!(log.exists());
    // Closing has written what stood in the log.
    session.close(&cx()).await.unwrap();
    assert!(!log.exists());
    let mut session = connect(scratch.settings().journal(Journal::Delete)).await.unwrap();
    assert_eq!(value(&mut session, "PRAGMA journal_mode").await, Value::Text("delete".to_owned()));
}

#[tokio::test]
async fn memory_is_private_unless_it_has_a_name() {
    let mut one = crate::support::memory().await;
    let mut two = crate::support::memory().await;
    run(&mut one, "CREATE TABLE t (a)").await;
    run(&mut two, "CREATE TABLE t (a)").await;
    let shared = || connect(Settings::shared_memory("map"));
    let (mut one, mut two) = (shared().await.unwrap(), shared().await.unwrap());
    run(&mut one, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    assert_eq!(value(&mut two, "SELECT a FROM t").await, Value::I64(1));
    let mut other = connect(Settings::shared_memory("other")).await.unwrap();
    run(&mut other, "CREATE TABLE t (a)").await;
    one.close(&cx()).await.unwrap();
    two.close(&cx()).await.unwrap();
    let mut fresh = shared().await.unwrap();
    run(&mut fresh, "CREATE TABLE t (a)").await;
}

#[tokio::test]
async fn the_connector_and_the_session_say_who_they_are() {
    let connector = SqliteConnector::new(Settings::memory()).unwrap();
    assert_eq!(connector.dialect().name, "sqlite");
    assert_eq!(connector.endpoints()[0].to_string(), ":memory:");
    let session = Session::connect(&cx(), &connector, &connector.endpoints()[0]).await.unwrap();
    assert!(session.info().version.is_at_least(3, 50), "{}", session.info().version);
}
