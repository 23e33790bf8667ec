//! Oracle servers that take connections and then say nothing, watched for long.

use crate::support::cx;
use purlin_core::{Endpoint, SecretRef};
use purlin_db::{Connector, Pool, PoolSettings, Target};
use purlin_db_oracle::{DatabaseName, ListenerProbe, OracleConnector, quiet_panics};
use purlin_health::checks::db::{Listener, Ping};
use purlin_health::{Cadence, Cause, CheckSet, Monitor, MonitorSettings, Phase, State};
use purlin_testkit::{Leaks, ReservedPort};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const TARGETS: usize = 20;
const INTERVAL: Duration = Duration::from_millis(400);
const TIMEOUT: Duration = Duration::from_millis(100);

/// Servers that hear whatever they are told and never answer; gone when it is dropped.
async fn silent(servers: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    servers.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.spawn(async move {
                let mut heard = [0; 512];
                while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {}
            });
            while connections.try_join_next().is_some() {}
        }
    });
    address
}

fn connector(address: SocketAddr) -> Arc<OracleConnector> {
    let url = format!("oracle://app@{address}/map?danger_no_tls=true");
    let target = url.parse::<Target>().unwrap().password(SecretRef::literal("secret".to_owned()));
    Arc::new(OracleConnector::new(&target).unwrap())
}

fn probe(address: SocketAddr) -> ListenerProbe {
    let endpoint = Endpoint::new(&address.ip().to_string(), address.port()).unwrap();
    ListenerProbe::new(endpoint).name(DatabaseName::service("map").unwrap())
}

/// Threads and descriptors of this process.
fn held() -> [usize; 2] {
    ["/proc/self/task", "/proc/self/fd"].map(|folder| std::fs::read_dir(folder).unwrap().count())
}

/// The most that is held until so many more runs have ended.
async fn most(monitor: &Monitor, runs: u64) -> [usize; 2] {
    let until = monitor.stats().runs.finished + runs;
    let mut most = [0; 2];
    while monitor.stats().runs.finished < until {
        let now = held();
        (0..2).for_each(|which| most[which] = most[which].max(now[which]));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    most
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn twenty_silent_oracles_keep_threads_and_descriptors_flat() {
    quiet_panics();
    // The runtime's own descriptors are there before anything is counted.
    let mut servers = JoinSet::new();
    let addresses: Vec<_> = {
        let mut all = Vec::new();
        for _ in 0..TARGETS {
            all.push(silent(&mut servers).await);
        }
        all
    };
    let connectors: Vec<_> = addresses.iter().map(|address| connector(*address)).collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let leaks = Leaks::start().unwrap().within(Duration::from_secs(30));

    let mut checks = CheckSet::new();
    for (number, (address, connector)) in addresses.iter().zip(&connectors).enumerate() {
        let endpoint = connector.endpoints()[0].clone();
        let pool = Pool::new(connector.clone(), endpoint, PoolSettings::new());
        checks = checks
            .add(format!("{number}/ping"), Ping::of(&pool))
            .add(format!("{number}/listener"), Listener::of(probe(*address)));
    }
    let settings = MonitorSettings::new(Cadence::every(INTERVAL).timeout(TIMEOUT)).per_host(2 * TARGETS);
    let monitor = Monitor::start(&cx(), checks, settings).await.unwrap();
    monitor.settled(&cx()).await.unwrap();
    assert!(monitor.snapshot().iter().all(|check| check.state == State::Down));

    let rounds = |rounds: usize| u64::try_from(rounds * 2 * TARGETS).unwrap();
    let first = most(&monitor, rounds(4)).await;
    let later = most(&monitor, rounds(12)).await;
    // Whatever a run left behind would be there 240 times by now.
    let room = 2 * TARGETS;
    assert!(
        (0..2).all(|which| later[which] <= first[which] + room),
        "threads and descriptors: {first:?}, {later:?}"
    );
    let past = monitor.history("7/listener").unwrap();
    assert!(
        past.iter().all(|run| run.cause == Some("timeout") && run.phase == Some(Phase::FirstByte)),
        "{past:?}"
    );
    assert!(connectors.iter().all(|connector| connector.stats().given_up == 0));

    monitor.shutdown(&cx()).await.unwrap();
    drop(connectors);
    leaks.check().unwrap();
}

#[tokio::test]
async fn a_listener_that_is_not_there_is_refused() {
    let port = ReservedPort::new().unwrap();
    let failure = crate::support::failure(&Listener::of(probe(port.address()))).await;
    assert_eq!((failure.phase, failure.cause), (Phase::Connect, Cause::Refused));
    assert_eq!(failure.message, "nobody listens there");
}
