//! Databases: each check over a scripted one, and the one that asks a server over the wire of a real one.

use super::conforms;
use purlin_core::{Endpoint, Result, SecretRef};
use purlin_db::fake::{FakeDatabase, FakeRole, Reply};
use purlin_db::{
    Connector, Database, DatabaseSettings, Driver, Pool, PoolSettings, Target, Value, WantedRole,
};
use purlin_db_mysql::MySql;
use purlin_health::checks::db::{Cluster, NodeRole, Ping, Query, Replication, Saturation};
use purlin_health::{Cause, Check, Phase};
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, CheckWire};
use purlin_testkit::{MariaDb, MariaDbSettings};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

type Make = fn(&Pool, &Database) -> Arc<dyn Check>;

/// Over a primary and a replica that say what they are told.
struct Scripted(&'static str, Make);

impl CheckSubject for Scripted {
    fn implementation(&self) -> &str {
        self.0
    }

    fn wire(&self) -> CheckWire {
        CheckWire::None
    }

    fn check(&self, _: SocketAddr) -> Result<Arc<dyn Check>> {
        let [one, two] = ["db1.lon", "db2.lds"].map(|host| Endpoint::new(host, 1).map(FakeDatabase::at));
        let (one, two) = (one?, two?);
        two.set_role(FakeRole::Replica).set_lag(Some(Duration::from_secs(1)));
        one.on("select 7", Reply::rows(["n"], [[Value::I64(7)]]));
        let nodes = [one, two].map(|node| Arc::new(node) as Arc<dyn Connector>);
        let pool = Pool::new(nodes[0].clone(), nodes[0].endpoints()[0].clone(), PoolSettings::new());
        let database = Database::from_connectors(nodes, DatabaseSettings::new())?;
        Ok((self.1)(&pool, &database))
    }

    fn expects(&self, _: CheckPeer) -> Vec<CheckEnd> {
        Vec::new()
    }
}

#[tokio::test]
async fn scripted() {
    let subjects: [(&'static str, Make); 6] = [
        ("db-ping-scripted", |pool, _| Arc::new(Ping::of(pool))),
        ("db-pool", |pool, _| Arc::new(Saturation::of(pool))),
        ("db-role", |pool, _| Arc::new(NodeRole::of(pool, WantedRole::Primary))),
        ("db-lag", |_, database| Arc::new(Replication::of(database))),
        ("db-cluster", |_, database| Arc::new(Cluster::of(database))),
        ("db-query", |pool, _| Arc::new(Query::of(pool, "select 7"))),
    ];
    for (name, make) in subjects {
        conforms(&Scripted(name, make)).await;
    }
}

/// A real server, asked through whatever stands before it.
struct Asked(MariaDb);

impl CheckSubject for Asked {
    fn implementation(&self) -> &str {
        "db-ping"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        let mut target = Target::new("mariadb");
        target.user = Some(self.0.user().to_owned());
        target.database = Some(self.0.database().to_owned());
        target.hosts = vec![(at.ip().to_string(), Some(at.port()))];
        target.password = Some(Arc::new(SecretRef::literal(self.0.password().expose().to_owned())));
        target.options.insert("tls".to_owned(), "off".to_owned());
        let connector = MySql::new().connector(&target)?;
        let endpoint = connector.endpoints()[0].clone();
        Ok(Arc::new(Ping::of(&Pool::new(connector, endpoint, PoolSettings::new()))))
    }

    fn server(&self) -> Option<SocketAddr> {
        Some(self.0.address())
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        let connecting = |cause| vec![CheckEnd::Failed(Phase::Connect, cause)];
        match peer {
            // A session that was kept is closed; a new one is refused.
            CheckPeer::Refuses => {
                [connecting(Cause::Refused), vec![CheckEnd::Failed(Phase::Execute, Cause::Closed)]].concat()
            }
            CheckPeer::BlackHole | CheckPeer::Silent => connecting(Cause::Timeout),
            CheckPeer::Closes | CheckPeer::Resets => connecting(Cause::Closed),
            CheckPeer::Garbage => [connecting(Cause::Protocol), connecting(Cause::Closed)].concat(),
            // Sessions are kept: what an answer is broken off at differs from run to run.
            _ => Vec::new(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn asked() {
    let Some(server) = MariaDbSettings::new().start().unwrap() else { return };
    conforms(&Asked(server)).await;
}
