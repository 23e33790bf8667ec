use crate::gone::eventually;
use purlin_testkit::{MariaDb, MariaDbSettings};
use std::process::Command;

/// What the server answers to `purlin`, or what its client complains of.
fn ask(server: &MariaDb, user: &str, sql: &str) -> Result<String, String> {
    let output = Command::new("mariadb")
        .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=10", "-N", "-B"])
        .arg(format!("--port={}", server.address().port()))
        .args([format!("--user={user}"), "-e".to_owned(), sql.to_owned()])
        .env("MYSQL_PWD", server.password().expose())
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
    assert_eq!(server.sql("select n, user() from t").unwrap(), "42|purlin@127.0.0.1\n");
    assert!(server.sql("select").unwrap_err().to_string().contains("ERROR 1064"));
    let folder = server.server().dir().to_owned();
    assert_eq!(server.socket_folder(), folder);
    assert!(server.socket().exists());
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn a_replica_follows_refuses_to_write_and_is_promoted() {
    let settings = MariaDbSettings::new().password("one for 'both'");
    let Some(mut primary) = settings.start().unwrap() else { return };
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
    primary.server_mut().kill().unwrap();
    replica.promote().unwrap();
    ask(&replica, "app", "insert into test.t values (3)").unwrap();
    assert!(replica.promote().unwrap_err().to_string().contains("no replica"));
}

#[test]
fn a_synchronous_primary_waits_for_its_replica() {
    let Some(mut primary) = MariaDbSettings::new().synchronous().start().unwrap() else { return };
    let Some(replica) = MariaDbSettings::new().replica_of(&primary).start().unwrap() else { return };
    primary.sql("create table t (n int)").unwrap();
    replica.server().pause().unwrap();
    let socket = primary.socket();
    let waiting = std::thread::spawn({
        let password = primary.password().clone();
        move || {
            let mut client = Command::new("mariadb");
            client.args(["--no-defaults", "--user=app", "test", "-e", "insert into t values (1)"]);
            client.arg(format!("--socket={}", socket.display())).env("MYSQL_PWD", password.expose());
            client.output().unwrap().status.success()
        }
    });
    let sql = "select variable_value from information_schema.global_status \
               where variable_name = 'Rpl_semi_sync_master_wait_sessions'";
    eventually("the commit waits", || primary.sql(sql).unwrap() == "1\n");
    primary.server_mut().kill().unwrap();
    assert!(!waiting.join().unwrap());
    replica.server().resume().unwrap();
    replica.promote().unwrap();
}
