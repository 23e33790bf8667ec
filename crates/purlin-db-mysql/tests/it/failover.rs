//! A primary that is killed while it is written to, and its replica in its place.

use crate::stage::{connector, target};
use purlin_core::Result;
use purlin_db::Connector;
use purlin_testkit::suites::db::{DbPair, failover};
use purlin_testkit::{MariaDb, MariaDbSettings, require_program};
use std::sync::Arc;

struct Pair {
    primary: MariaDb,
    replica: MariaDb,
}

impl Pair {
    fn start() -> Result<Box<dyn DbPair>> {
        let primary = MariaDbSettings::new().synchronous().start()?.unwrap();
        let replica = MariaDbSettings::new().replica_of(&primary).start()?.unwrap();
        Ok(Box::new(Self { primary, replica }))
    }
}

impl DbPair for Pair {
    fn connector(&self) -> Arc<dyn Connector> {
        let address = self.replica.address();
        let target = target(&self.primary, self.primary.address());
        connector(&target.host(address.ip().to_string(), address.port()))
    }

    fn inserts(&self) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT%'";
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
    if require_program("mariadbd").is_none() {
        return;
    }
    let report = failover("mysql (MariaDB)", Pair::start).await;
    report.assert_golden(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/failover.mariadb.txt"));
}
