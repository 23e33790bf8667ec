//! A primary that is killed while it is written to, and its replica in its place.

use crate::server::target;
use purlin_core::Result;
use purlin_db::Connector;
use purlin_db_postgres::PostgresConnector;
use purlin_testkit::suites::db::{DbPair, failover};
use purlin_testkit::{Postgres, PostgresSettings};
use std::sync::Arc;

struct Pair {
    primary: Postgres,
    replica: Postgres,
}

impl Pair {
    fn start() -> Result<Box<dyn DbPair>> {
        let primary = PostgresSettings::new().synchronous().start()?.unwrap();
        let replica = PostgresSettings::new().replica_of(&primary).start()?.unwrap();
        Ok(Box::new(Self { primary, replica }))
    }
}

impl DbPair for Pair {
    fn connector(&self) -> Arc<dyn Connector> {
        let address = self.replica.address();
        let target = target(&self.primary, self.primary.address()).user("app");
        let target = target.host(address.ip().to_string(), address.port());
        Arc::new(PostgresConnector::new(&target).unwrap())
    }

    fn inserts(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        Ok(self.primary.sql(sql)?.trim().parse().unwrap())
    }

    fn pause_replica(&self) -> Result<()> {
        self.replica.server().pause()
    }

    fn resume_replica(&self) -> Result<()> {
        self.replica.server().resume()
    }

    fn kill_primary(&mut self) -> Result<()> {
        self.primary.server_mut().kill().map(drop)
    }

    fn promote_replica(&mut self) -> Result<()> {
        self.replica.promote()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_primary() {
    let Some(_installed) = crate::server::start() else { return };
    let report = failover("postgres", Pair::start).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/failover.postgres.txt"));
}
