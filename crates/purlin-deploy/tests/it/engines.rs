//! The journal in the databases of real servers.

use async_trait::async_trait;
use purlin_core::{Cx, Result, SecretRef};
use purlin_db::{Connector, Driver, Session, Target};
use purlin_db_mysql::MySql;
use purlin_db_postgres::Postgres as PostgresDriver;
use purlin_deploy::{DatabaseJournal, Journal};
use purlin_testkit::suites::deploy::{JournalSubject, journal};
use purlin_testkit::{MariaDbSettings, PostgresSettings};
use std::net::SocketAddr;
use std::sync::Arc;

struct Engine {
    name: &'static str,
    connector: Arc<dyn Connector>,
}

#[async_trait]
impl JournalSubject for Engine {
    fn implementation(&self) -> &str {
        self.name
    }

    async fn empty(&self) -> Result<Arc<dyn Journal>> {
        let cx = Cx::background();
        let mut session = Session::connect(&cx, &*self.connector, &self.connector.endpoints()[0]).await?;
        for table in ["meta", "run", "entry", "lease"] {
            session.execute(&cx, format!("drop table if exists purlin_deploy_{table}")).await?;
        }
        session.close(&cx).await?;
        Ok(Arc::new(DatabaseJournal::connect(&cx, self.connector.clone()).await?))
    }

    async fn reopened(&self) -> Result<Option<Arc<dyn Journal>>> {
        Ok(Some(Arc::new(DatabaseJournal::connect(&Cx::background(), self.connector.clone()).await?)))
    }

    fn outlives(&self) -> bool {
        true
    }
}

fn target(engine: &str, user: &str, password: &str, database: &str, address: SocketAddr) -> Target {
    let mut target = Target::new(engine);
    target.user = Some(user.to_owned());
    target.database = Some(database.to_owned());
    target.hosts = vec![(address.ip().to_string(), Some(address.port()))];
    target.password = Some(Arc::new(SecretRef::literal(password.to_owned())));
    target.options.insert("tls".to_owned(), "off".to_owned());
    target
}

async fn conforms(engine: &Engine) {
    let file = format!("{}/tests/golden/journal.{}.txt", env!("CARGO_MANIFEST_DIR"), engine.name);
    journal(engine).await.assert_golden(file);
}

#[tokio::test]
async fn the_journal_in_postgres_conforms() {
    let Some(server) = PostgresSettings::new().start().unwrap() else { return };
    let password = server.password().expose().clone();
    let target = target("postgres", server.user(), &password, server.database(), server.address());
    conforms(&Engine { name: "postgres", connector: PostgresDriver::new().connector(&target).unwrap() })
        .await;
}

#[tokio::test]
async fn the_journal_in_mariadb_conforms() {
    let Some(server) = MariaDbSettings::new().start().unwrap() else { return };
    let password = server.password().expose().clone();
    let target = target("mariadb", server.user(), &password, server.database(), server.address());
    conforms(&Engine { name: "mariadb", connector: MySql::new().connector(&target).unwrap() }).await;
}
