//! The journal in a database.

use purlin_core::{Cx, ErrorKind, Fence};
use purlin_db::Session;
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_deploy::{
    Author, Control, DatabaseJournal, Deployer, Ending, Holder, Journal, LeaseRequest, Record, RunId, steps,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn connector(folder: &Path) -> Arc<SqliteConnector> {
    let settings = Settings::file(folder.join("state.db")).mode(Mode::Create);
    Arc::new(SqliteConnector::new(settings).unwrap())
}

#[tokio::test]
async fn a_run_is_read_back_by_another_process_and_a_changed_entry_shows() {
    let folder = tempfile::tempdir().unwrap();
    let cx = Cx::background();
    let journal = Arc::new(DatabaseJournal::connect(&cx, connector(folder.path())).await.unwrap());
    let deployment = crate::support::deployment(folder.path(), "map 42", 3)
        .step("conf", steps::File::new("{{ root }}/conf", "{{ host }}\n"));
    let deployer = Deployer::new(journal.clone(), Holder::new("kim", "desk"));
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    let entries = journal.read(&cx, &report.run, 0).await.unwrap();
    drop((journal, deployer));

    let later = DatabaseJournal::connect(&cx, connector(folder.path())).await.unwrap();
    assert_eq!(later.read(&cx, &report.run, 0).await.unwrap(), entries);
    assert_eq!(later.runs(&cx).await.unwrap().len(), 1);
    let head = std::fs::read_to_string(folder.path().join(format!("evidence/web0/runs/{}.head", report.run)));
    let last = entries.last().unwrap();
    assert_eq!(head.unwrap().trim(), format!("{} {}", last.seq, last.hash));

    let connector = connector(folder.path());
    let mut session =
        Session::connect(&cx, &*connector, &purlin_db::Connector::endpoints(&*connector)[0]).await.unwrap();
    let change = "update purlin_deploy_entry set body = replace(body, 'web', 'wab') where seq = 4";
    assert_eq!(session.execute(&cx, change).await.unwrap().affected, 1);
    let error = later.read(&cx, &report.run, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("entry 4"), "{error}");
}

#[tokio::test]
async fn the_lease_has_one_holder_and_an_older_one_is_fenced_off() {
    let folder = tempfile::tempdir().unwrap();
    let cx = Cx::background();
    let journal = DatabaseJournal::connect(&cx, connector(folder.path())).await.unwrap();
    let run = RunId::from("run");
    let take = |name: &str| LeaseRequest::Take {
        holder: Holder::new(name, "desk"),
        time: Duration::from_secs(60),
        above: Fence::new(7),
    };
    let one = journal.lease(&cx, &run, take("kim")).await.unwrap().unwrap();
    assert_eq!(one.fence.get(), 8);
    let error = journal.lease(&cx, &run, take("sam")).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains("kim on desk"), "{error}");
    journal.lease(&cx, &run, LeaseRequest::Break { force: purlin_deploy::Force::Yes }).await.unwrap();
    let two = journal.lease(&cx, &run, take("sam")).await.unwrap().unwrap();
    assert_eq!(two.fence.get(), 9);
    let told = || vec![Record::Told { control: Control::Pause, by: "kim".to_owned(), reason: String::new() }];
    let error = journal.append(&cx, &run, Author::Controller(one.fence), told()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
    let error = journal.append(&cx, &run, Author::Person, told()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

mod suite {
    use async_trait::async_trait;
    use purlin_core::{Cx, Result};
    use purlin_db::Connector;
    use purlin_deploy::{DatabaseJournal, Journal};
    use purlin_testkit::suites::deploy::{JournalSubject, journal};
    use std::sync::{Arc, Mutex};

    struct Sqlite(Mutex<Option<tempfile::TempDir>>);

    impl Sqlite {
        async fn open(&self) -> Result<Arc<dyn Journal>> {
            let connector: Arc<dyn Connector> = match &*self.0.lock().unwrap() {
                Some(folder) => super::connector(folder.path()),
                None => panic!("there is no folder"),
            };
            Ok(Arc::new(DatabaseJournal::connect(&Cx::background(), connector).await?))
        }
    }

    #[async_trait]
    impl JournalSubject for Sqlite {
        fn implementation(&self) -> &str {
            "sqlite"
        }

        async fn empty(&self) -> Result<Arc<dyn Journal>> {
            *self.0.lock().unwrap() = Some(tempfile::tempdir().unwrap());
            self.open().await
        }

        async fn reopened(&self) -> Result<Option<Arc<dyn Journal>>> {
            self.open().await.map(Some)
        }

        fn outlives(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn the_journal_in_sqlite_conforms() {
        let file = format!("{}/tests/golden/journal.sqlite.txt", env!("CARGO_MANIFEST_DIR"));
        journal(&Sqlite(Mutex::new(None))).await.assert_golden(file);
    }
}
