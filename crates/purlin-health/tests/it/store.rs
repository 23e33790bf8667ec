//! What must hold of every store of alarms, asked of the one in memory and of those in real databases.

use purlin_core::{Cx, ErrorKind, SecretRef, SimClock, Subject};
use purlin_db::{Connector, Database, DatabaseSettings, Driver, Target};
use purlin_db_mysql::MySql;
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_health::alarm::{
    Acknowledgement, AlarmBook, AlarmStore, CheckRecord, DatabaseStore, Downtime, Facts, MemoryStore,
    StateDocument, Story, Write,
};
use purlin_health::{
    Cadence, CheckId, CheckOutcome, CheckState, Event, Evidence, History, Past, StateRules, Status, step,
};
use purlin_testkit::MariaDbSettings;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

fn cx() -> Cx {
    Cx::background().with_timeout(LIMIT)
}

fn sqlite(path: &Path) -> Database {
    let connector = SqliteConnector::new(Settings::file(path).mode(Mode::Create)).unwrap();
    database(Arc::new(connector))
}

fn database(connector: Arc<dyn Connector>) -> Database {
    Database::from_connectors([connector], DatabaseSettings::new()).unwrap()
}

/// Two outages of checks whose names differ in one letter's size, one of them told to two publishers, with all that can
/// be said about them.
fn writes() -> Vec<Write> {
    let clock = SimClock::new();
    let (now, wall) = (clock.now(), clock.timestamp());
    let rules = StateRules::new(&Cadence::every(Duration::from_secs(10)));
    let (state, _) = step(&CheckState::pending(now), Event::Result(Status::Critical), now, &rules);
    let mut history = History::new();
    let answer = CheckOutcome::Answered(Evidence::new(Status::Critical, "full"));
    history.push(&Past::new(wall, &answer, Status::Critical, state.state(), Duration::from_millis(3)));
    let host = Subject::new("host", "wéb01");
    let mut book = AlarmBook::load(StateDocument::default(), ["pager", "log"]);
    for id in ["web", "Web"].map(CheckId::from) {
        book.keep(&id, CheckRecord::new(state.saved(now, wall), history));
        let story = Story::new(&id, &host, state.status(), "'quoted' \"twice\" \\ and \u{1f525}");
        let observed = book.observe(&story, &Facts::new(&state, &rules, now, wall), now, wall);
        assert!(observed.told.is_some());
        book.acknowledge(&id, Acknowledgement::new("ann", "on it", wall)).unwrap();
    }
    let times = (wall, wall.saturating_add(LIMIT));
    book.announce(Downtime::new("kernel", "role=web".parse().unwrap(), times, "ann", "a; b").unwrap());
    book.unsaved().to_vec()
}

/// The suite. `again` opens the same store as a new process would.
async fn keeps_what_it_was_given(store: Box<dyn AlarmStore>, again: impl AsyncFn() -> Box<dyn AlarmStore>) {
    let cx = cx();
    assert_eq!(store.load(&cx).await.unwrap(), StateDocument::default());
    store.commit(&cx, &[]).await.unwrap();
    let writes = writes();
    let mut expected = StateDocument::default();
    writes.iter().for_each(|write| expected.apply(write));
    store.commit(&cx, &writes).await.unwrap();
    assert_eq!(store.load(&cx).await.unwrap(), expected);
    // Whoever was given no answer does it again.
    store.commit(&cx, &writes).await.unwrap();
    drop(store);

    let store = again().await;
    assert_eq!(store.load(&cx).await.unwrap(), expected);
    for (number, to) in [(1, "pager"), (1, "log"), (1, "log"), (2, "log"), (9, "nobody")] {
        let delivered = Write::Delivered { number, to: to.to_owned() };
        expected.apply(&delivered);
        store.commit(&cx, &[delivered]).await.unwrap();
    }
    assert_eq!((expected.outbox.len(), expected.last_notice), (1, 2));
    let web = CheckId::from("web");
    let gone = [
        Write::ForgetAlarm(web.clone()),
        Write::ForgetCheck(web.clone()),
        Write::ForgetCheck(web),
        Write::ForgetDowntime("kernel".into()),
    ];
    gone.iter().for_each(|write| expected.apply(write));
    store.commit(&cx, &gone).await.unwrap();
    let store = again().await;
    assert_eq!(store.load(&cx).await.unwrap(), expected);
    assert!(expected.checks.contains_key("Web"));
}

#[tokio::test]
async fn memory() {
    // It is its own next process.
    let store = Arc::new(MemoryStore::new());
    let lend = || Box::new(Lent(store.clone())) as Box<dyn AlarmStore>;
    keeps_what_it_was_given(lend(), async || lend()).await;
}

#[derive(Debug)]
struct Lent(Arc<MemoryStore>);

#[async_trait::async_trait]
impl AlarmStore for Lent {
    async fn load(&self, cx: &Cx) -> purlin_core::Result<StateDocument> {
        self.0.load(cx).await
    }

    async fn commit(&self, cx: &Cx, writes: &[Write]) -> purlin_core::Result<()> {
        self.0.commit(cx, writes).await
    }
}

#[tokio::test]
async fn a_file_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let open =
        async || Box::new(DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap()) as Box<dyn AlarmStore>;
    keeps_what_it_was_given(open().await, open).await;
}

#[tokio::test]
async fn a_mariadb() {
    let Some(server) = MariaDbSettings::new().start().unwrap() else { return };
    let mut target = Target::new("mariadb");
    target.user = Some("app".to_owned());
    target.database = Some("test".to_owned());
    target.hosts = vec![(server.address().ip().to_string(), Some(server.address().port()))];
    target.password = Some(Arc::new(SecretRef::literal(server.password().expose().clone())));
    target.options.insert("tls".to_owned(), "off".to_owned());
    let open = async || {
        let database = database(MySql::new().connector(&target).unwrap());
        Box::new(DatabaseStore::open(&cx(), database).await.unwrap()) as Box<dyn AlarmStore>
    };
    keeps_what_it_was_given(open().await, open).await;
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap();
    let other = sqlite(&path);
    let mut session = other.acquire(&cx()).await.unwrap();
    let refuse = "create trigger no before insert on purlin_health when new.kind = 'downtime' \
                  begin select raise(abort, 'no downtimes today'); end";
    session.execute(&cx(), refuse).await.unwrap();
    drop(session);
    assert!(store.commit(&cx(), &writes()).await.is_err());
    assert_eq!(store.load(&cx()).await.unwrap(), StateDocument::default());
}

#[tokio::test]
async fn what_a_later_version_wrote_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap().commit(&cx(), &writes()).await.unwrap();
    let later = sqlite(&path);
    let mut session = later.acquire(&cx()).await.unwrap();
    let newer = "update purlin_health set body = '77' where kind = 'meta' and name = 'version'";
    session.execute(&cx(), newer).await.unwrap();
    let all = "select group_concat(kind || name || body) from purlin_health";
    let before: String = session.query(&cx(), all).value().await.unwrap();
    let error = DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("77"), "{error}");
    assert_eq!(session.query(&cx(), all).value::<String>().await.unwrap(), before);
}

#[tokio::test]
async fn what_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap();
    store.commit(&cx(), &writes()).await.unwrap();
    let database = sqlite(&path);
    let mut session = database.acquire(&cx()).await.unwrap();
    for (kind, name) in [("check", "web"), ("alarm", "Web"), ("downtime", "kernel"), ("meta", "last_notice")]
    {
        let spoil = "update purlin_health set body = body || '!' where kind = ?1 and name = ?2";
        session.execute(&cx(), spoil).bind(kind).bind(name).await.unwrap();
        let error = store.load(&cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(&format!("{kind} {name:?}")), "{error}");
        let mend = "update purlin_health set body = rtrim(body, '!') where kind = ?1 and name = ?2";
        session.execute(&cx(), mend).bind(kind).bind(name).await.unwrap();
    }
    session.execute(&cx(), "insert into purlin_health values ('spell', 'web', '{}')").await.unwrap();
    let error = store.load(&cx()).await.unwrap_err();
    assert!(error.message().contains("spell \"web\""), "{error}");
    session.execute(&cx(), "update purlin_health set body = 'two' where name = 'version'").await.unwrap();
    let error = DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

/// `state-1.db` was written by the first form, which had no number of the last notice.
#[tokio::test]
async fn a_file_of_an_older_form_is_copied_and_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/state-1.db"), &path).unwrap();
    let store = DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap();
    let kept = store.load(&cx()).await.unwrap();
    let alarms: Vec<_> = kept.alarms.iter().map(|(id, alarm)| (id.as_str(), alarm.told.is_some())).collect();
    assert_eq!(alarms, [("Web", true), ("web", true)]);
    assert_eq!((kept.checks.len(), kept.downtimes.len(), kept.outbox.len(), kept.last_notice), (2, 1, 2, 2));
    // A second time there is nothing to do, and the copy is as it was.
    DatabaseStore::open(&cx(), sqlite(&path)).await.unwrap();
    let database = sqlite(&path);
    let mut session = database.acquire(&cx()).await.unwrap();
    let version = |table: &str| format!("select body from {table} where kind = 'meta' and name = 'version'");
    assert_eq!(session.query(&cx(), version("purlin_health")).value::<String>().await.unwrap(), "2");
    assert_eq!(session.query(&cx(), version("purlin_health_1")).value::<String>().await.unwrap(), "1");
    let count = "select count(*) from purlin_health_1";
    assert_eq!(session.query(&cx(), count).value::<i64>().await.unwrap(), 8);
}
