use purlin_core::{Cx, Error};
use purlin_db::{Connector, DbDetail, ErrorClass, OwnedRow, Session, Value};
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Far beyond any time that a test takes; only what hangs meets it.
pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(120))
}

pub(crate) async fn connect(settings: Settings) -> Result<Session, Error> {
    let connector = SqliteConnector::new(settings)?;
    Session::connect(&cx(), &connector, &connector.endpoints()[0]).await
}

pub(crate) async fn memory() -> Session {
    connect(Settings::memory()).await.unwrap()
}

pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder().join("a.db")
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::file(self.path()).mode(Mode::Create)
    }

    pub(crate) async fn session(&self) -> Session {
        connect(self.settings()).await.unwrap()
    }
}

pub(crate) async fn run(session: &mut Session, sql: &str) {
    session.execute(&cx(), sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(crate) async fn value(session: &mut Session, sql: &str) -> Value {
    let row = session.query(&cx(), sql).one().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    row.into_values().remove(0)
}

pub(crate) async fn rows(session: &mut Session, sql: &str) -> Vec<OwnedRow> {
    session.query(&cx(), sql).all().await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

pub(crate) fn class(error: &Error) -> ErrorClass {
    DbDetail::class_of(error).unwrap_or_else(|| panic!("no class: {error}"))
}

pub(crate) fn code(error: &Error) -> i64 {
    error.detail::<DbDetail>().and_then(|detail| detail.code).unwrap_or_else(|| panic!("no code: {error}"))
}

/// Numbers without an end: only a cancellation stops it.
pub(crate) const FOR_EVER: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
