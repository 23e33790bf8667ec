use crate::gone::eventually;
use purlin_testkit::{MariaDb, MariaDbSettings};
use std::process::Command;

/// What the server answers to `purlin`, or what its client complains of.
fn ask(server: &MariaDb, user: &str, sql: &str) -> Result<String, String> {
    let output = Command::new("mariadb")
        .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=10", "-N", "-B"])
        .arg(format!("--port={}", server.address().port()))
        .args([format!("--user={user}"), "-e".to_owned(), sql.to_owned()])
        .env("MYSQL_PWD", server.password())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn what_was_committed_survives_a_kill() {
    let Some(mut server) = MariaDbSettings::new().start().unwrap() else { return };
    ask(&server, "app", "create table test.t (n int); insert into test.t values (42)").unwrap();
    assert!(ask(&server, "app", "create database other").unwrap_err().contains("Access denied"));
    server.server_mut().kill().unwrap();
    assert!(ask(&server, "app", "select 1").is_err());
    server.server_mut().restart().unwrap();
    assert_eq!(ask(&server, "purlin", "select n from test.t").as_deref(), Ok("42"));
    let folder = server.server().dir().to_owned();
    assert!(server.socket().starts_with(&folder));
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn a_replica_follows_and_refuses_to_write() {
    let Some(primary) = MariaDbSettings::new().semi_sync().start().unwrap() else { return };
    ask(&primary, "app", "create table test.t (n int); insert into test.t values (1)").unwrap();
    let settings = MariaDbSettings::new().replica_of(&primary);
    let Some(mut replica) = settings.start().unwrap() else { return };
    let seen = |replica: &MariaDb, rows: &str| {
        ask(replica, "app", "select count(*) from test.t").as_deref() == Ok(rows)
    };
    eventually("the replica has what came before it", || seen(&replica, "1"));
    assert!(ask(&replica, "app", "insert into test.t values (2)").unwrap_err().contains("read-only"));
    replica.server_mut().restart().unwrap();
    ask(&primary, "app", "insert into test.t values (2)").unwrap();
    eventually("it follows after a restart", || seen(&replica, "2"));
}
