use crate::again::{again, part};
use crate::gone::{announce, announced, eventually, state};
use purlin_testkit::{Postgres, PostgresSettings, Signal};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// The postmaster and its children, each of which leads a group of its own.
fn processes(folder: &Path) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let works_there = |pid: &u32| {
        let place = std::fs::read_link(format!("/proc/{pid}/cwd"));
        place.is_ok_and(|place| place.starts_with(folder))
    };
    pids.filter(works_there).collect()
}

fn start() -> Option<Postgres> {
    PostgresSettings::new().start().unwrap()
}

#[test]
fn it_answers_runs_as_nobody_special_and_survives_a_kill() {
    let Some(mut postgres) = start() else { return };
    postgres.sql("CREATE TABLE map (id int PRIMARY KEY); INSERT INTO map VALUES (1), (2)").unwrap();
    assert_eq!(postgres.sql("SELECT count(*), current_user FROM map").unwrap(), "2|purlin\n");
    let pid = postgres.server().pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:\t")).unwrap();
    assert_ne!(user.split('\t').next(), Some("0"), "{user}");
    let folder = postgres.server().dir().to_owned();
    assert!(processes(&folder).len() > 3);
    postgres.server_mut().kill().unwrap();
    assert!(TcpStream::connect(postgres.address()).is_err());
    assert!(processes(&folder).is_empty());
    postgres.server_mut().restart().unwrap();
    assert_eq!(postgres.sql("SELECT count(*) FROM map").unwrap(), "2\n");
    assert_eq!(postgres.server_mut().stop().unwrap().code(), Some(0));
    assert!(processes(&folder).is_empty());
}

#[test]
fn nobody_comes_in_without_the_password() {
    let Some(postgres) = start() else { return };
    let port = postgres.address().port().to_string();
    assert!(postgres.socket().exists());
    let folder = postgres.socket_folder().to_string_lossy().into_owned();
    for (host, user) in [("127.0.0.1", "purlin"), (folder.as_str(), "app")] {
        let psql = |password: &str| {
            let args = ["-X", "-w", "-h", host, "-p", &port, "-U", user, "-d", "test", "-c", "SELECT 1"];
            purlin_testkit::Binary::new("psql").args(args).env("PGPASSWORD", password).run().unwrap()
        };
        let refused = psql("wrong");
        assert_eq!(refused.code(), Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains("password authentication failed"), "{}", refused.stderr);
        assert_eq!(psql(postgres.password().expose()).code(), Some(0));
    }
}

#[test]
fn a_replica_follows_and_is_promoted() {
    let Some(primary) = start() else { return };
    primary.sql("CREATE TABLE map (id int PRIMARY KEY)").unwrap();
    let Some(replica) = PostgresSettings::new().replica_of(&primary).start().unwrap() else { return };
    assert_eq!(replica.sql("SELECT pg_is_in_recovery()").unwrap(), "t\n");
    primary.sql("INSERT INTO map VALUES (7)").unwrap();
    eventually("the row arrives", || replica.sql("SELECT id FROM map").unwrap() == "7\n");
    let refused = replica.sql("INSERT INTO map VALUES (8)").unwrap_err();
    assert!(refused.to_string().contains("read-only transaction"), "{refused}");
    replica.promote().unwrap();
    replica.sql("INSERT INTO map VALUES (8)").unwrap();
    assert_eq!(primary.sql("SELECT count(*) FROM map").unwrap(), "1\n");
}

#[test]
fn a_synchronous_primary_waits_for_its_replica() {
    let settings = PostgresSettings::new().synchronous().password("one for 'both'");
    let Some(mut primary) = settings.start().unwrap() else { return };
    let Some(replica) = PostgresSettings::new().replica_of(&primary).start().unwrap() else { return };
    primary.sql("CREATE TABLE map (id int PRIMARY KEY)").unwrap();
    replica.server().pause().unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    std::thread::scope(|scope| {
        let psql = purlin_testkit::Binary::new("psql")
            .args(["-X", "-w", "-h", "127.0.0.1", "-U", "app", "-d", "test", "-c", "CREATE TABLE t (id int)"])
            .args(["-p", &primary.address().port().to_string()])
            .env("PGPASSWORD", primary.password().expose());
        let waiting = scope.spawn(move || psql.run().unwrap().code());
        eventually("the commit waits", || primary.sql(sql).unwrap() == "1\n");
        primary.server_mut().kill().unwrap();
        assert_ne!(waiting.join().unwrap(), Some(0));
    });
    replica.server().resume().unwrap();
    replica.promote().unwrap();
    replica.sql("INSERT INTO map VALUES (8)").unwrap();
}

#[test]
fn a_paused_one_stands_still_with_all_its_processes() {
    let Some(postgres) = start() else { return };
    postgres.server().pause().unwrap();
    let folder = postgres.server().dir();
    let still = || processes(folder).iter().all(|pid| state(*pid) == Some('T'));
    eventually("it stands still", || processes(folder).len() > 3 && still());
    postgres.server().resume().unwrap();
    assert_eq!(postgres.sql("SELECT 1").unwrap(), "1\n");
}

#[cfg(feature = "ca")]
#[test]
fn it_offers_tls() {
    let ca = purlin_testkit::TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let settings = PostgresSettings::new().tls(leaf.path(), leaf.key_path());
    let Some(postgres) = settings.start().unwrap() else { return };
    let answer = postgres.sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").unwrap();
    assert_eq!(answer, "t\n");
}

#[test]
fn a_killed_test_leaves_no_postgres() {
    if part().is_some() {
        let Some(postgres) = start() else { return };
        announce(postgres.server().pid().unwrap(), postgres.server().dir());
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    let Some(_installed) = start() else { return };
    let running = again("starts postgres").spawn().unwrap();
    running.wait_for_stdout("server ").unwrap();
    let (_, folder) = announced(&running.stdout());
    assert!(processes(Path::new(&folder)).len() > 3);
    running.signal(Signal::Kill).unwrap();
    assert_eq!(running.wait().unwrap().signal(), Some(9));
    eventually("no process is left", || processes(Path::new(&folder)).is_empty());
    eventually("its folder is gone", || !std::fs::exists(&folder).unwrap());
}
