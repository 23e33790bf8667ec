//! A real nginx over plain HTTP.

use crate::again::{again, part};
use crate::gone::{announce, announced, eventually, members, state};
use purlin_testkit::{Nginx, NginxSettings, Signal};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    stream
}

fn read(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(address: SocketAddr, path: &str) -> String {
    read(ask(address, path))
}

fn start() -> Option<Nginx> {
    NginxSettings::new().start().unwrap()
}

#[test]
fn it_answers_over_plain_http() {
    let body = "costs 5$ and a \"quote\"\\\r\n";
    let Some(nginx) = NginxSettings::new().path("/odd", 503, body).start().unwrap() else { return };
    let health = get(nginx.http(), "/health");
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    assert!(health.ends_with("\r\n\r\nok\n"), "{health}");
    let odd = get(nginx.http(), "/odd");
    assert!(odd.starts_with("HTTP/1.1 503 "), "{odd}");
    assert!(odd.ends_with(&format!("\r\n\r\n{body}")), "{odd}");
    assert!(get(nginx.http(), "/other").starts_with("HTTP/1.1 404 "));
    assert_eq!(nginx.https(), None);
    eventually("the access is logged", || nginx.server().log().contains("GET /other HTTP/1.0"));
}

#[test]
fn two_of_them_do_not_meet() {
    let (Some(first), Some(second)) = (start(), start()) else { return };
    assert_ne!(first.http(), second.http());
    drop(first);
    assert!(get(second.http(), "/health").ends_with("ok\n"));
}

#[test]
fn a_stopped_one_refuses_and_a_restarted_one_answers_again() {
    let Some(mut nginx) = start() else { return };
    // SIGTERM is enough for nginx, and leaves no worker behind.
    assert_eq!(nginx.server_mut().stop().unwrap().code(), Some(0));
    let refused = TcpStream::connect(nginx.http()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    nginx.server_mut().restart().unwrap();
    assert!(get(nginx.http(), "/health").ends_with("ok\n"));
}

#[test]
fn a_paused_one_answers_when_it_goes_on() {
    let Some(nginx) = start() else { return };
    nginx.server().pause().unwrap();
    let pid = nginx.server().pid().unwrap();
    eventually("it stands still", || state(pid) == Some('T'));
    // The system accepts for it.
    let waiting = ask(nginx.http(), "/health");
    nginx.server().resume().unwrap();
    assert!(read(waiting).ends_with("ok\n"));
}

#[test]
fn a_reloaded_one_reads_its_configuration_again() {
    let Some(nginx) = start() else { return };
    let file = nginx.server().dir().join("nginx.conf");
    let config = std::fs::read_to_string(&file).unwrap().replace("ok\\n", "new\\n");
    std::fs::write(&file, config).unwrap();
    nginx.server().reload().unwrap();
    eventually("the new answer", || get(nginx.http(), "/health").ends_with("new\n"));
}

#[test]
fn a_killed_test_leaves_no_nginx() {
    if part().is_some() {
        let Some(nginx) = start() else { return };
        announce(nginx.server().pid().unwrap(), nginx.server().dir());
        loop {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    if purlin_testkit::require_program("nginx").is_none() {
        return;
    }
    let running = again("starts nginx").spawn().unwrap();
    running.wait_for_stdout("server ").unwrap();
    let (pid, folder) = announced(&running.stdout());
    eventually("master and worker run", || members(pid) == 2);
    running.signal(Signal::Kill).unwrap();
    assert_eq!(running.wait().unwrap().signal(), Some(9));
    eventually("no nginx is left", || members(pid) == 0);
    eventually("its folder is gone", || !std::fs::exists(&folder).unwrap());
}
