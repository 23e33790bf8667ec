//! Connections: shared, limited, lost and made anew.

use super::server::{start, with};
use crate::here::{cx, until};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_testkit::{FaultProxy, SshdSettings};
use purlin_transport::{
    Command, FaultClass, Host, Probe, SessionExt, Shell, ShellSettings, Ssh, Transport, TransportDetail,
};
use std::time::Duration;

fn logins(server: &super::server::Server) -> usize {
    server.sshd.server().log().matches("Accepted publickey").count()
}

#[tokio::test]
async fn whoever_wants_the_same_host_shares_its_connection() {
    let Some(server) = start().await else { return };
    let ssh = server.transport();
    let (cx, host) = (cx(), server.host());
    let (one, two) = tokio::join!(ssh.connect(&cx, &host), ssh.connect(&cx, &host));
    let three = ssh.clone().connect(&cx, &host).await.unwrap();
    for session in [one.unwrap(), two.unwrap(), three] {
        assert!(session.run(&cx, &Command::new("true")).await.unwrap().is_success());
    }
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_and_comes_back() {
    let Some(server) = start().await else { return };
    let settings = server.settings().identity(server.sshd.key()).idle(Duration::from_millis(200));
    let ssh = Ssh::new(settings);
    let session = ssh.connect(&cx(), &server.host()).await.unwrap();
    // The server tells of a client that went, beside those that looked whether it listens.
    until("it is closed", || server.sshd.server().log().contains("Closing connection to")).await;
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
    assert_eq!(logins(&server), 2);
}

#[tokio::test]
async fn a_link_that_broke_while_nobody_looked_is_made_anew() {
    let Some(mut server) = start().await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let shell = Shell::new(session.clone(), ShellSettings::new());
    assert!(shell.ask(&cx(), &Probe::new(":")).await.unwrap().is_success());
    // The group of the listener alone: what serves a connection ends when it is told so.
    session.run(&cx(), &Command::new("sh").args(["-c", "kill -KILL $PPID"])).await.unwrap_err();
    server.sshd.server_mut().restart().unwrap();
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
    assert!(shell.ask(&cx(), &Probe::new(":")).await.unwrap().is_success());
}

#[tokio::test]
async fn a_link_lost_during_a_command_leaves_it_in_doubt() {
    let Some(server) = start().await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let command = Command::new("sh").args(["-c", "echo begun; kill -KILL $PPID; sleep 5"]);
    let error = session.run(&cx(), &command).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::LinkLost), "{error}");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Maybe));
    assert!(error.to_string().contains("web01"), "{error}");
}

#[tokio::test]
async fn a_host_without_room_is_busy_and_not_down() {
    let Some(server) = with(SshdSettings::new().option("MaxSessions", "2")).await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let sleep = Command::new("sleep").arg("60");
    let one = session.start(&cx(), &sleep).await.unwrap();
    let two = session.start(&cx(), &sleep).await.unwrap();
    let error = session.run(&cx(), &Command::new("true")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::Busy), "{error}");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
    drop((one, two));
    // Those that were dropped are ended, and there is room again.
    for _ in 0..200 {
        if session.run(&cx(), &Command::new("true")).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("there is never room again");
}

#[tokio::test]
async fn our_own_limit_is_waited_for_and_then_busy() {
    let Some(server) = start().await else { return };
    let ssh = Ssh::new(server.settings().identity(server.sshd.key()).channels(1));
    let session = ssh.connect(&cx(), &server.host()).await.unwrap();
    let one = session.start(&cx(), &Command::new("sleep").arg("60")).await.unwrap();
    let short = Cx::background().with_timeout(Duration::from_millis(200));
    let error = session.run(&short, &Command::new("true")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::Busy), "{error}");
    drop(one);
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
}

#[tokio::test]
async fn connecting_is_patient_with_a_host_that_turns_away() {
    // From the second one on that has not logged in yet, half are dropped; from the tenth on all.
    let Some(server) = with(SshdSettings::new().option("MaxStartups", "2:30:10")).await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        // Settings that differ in nothing that matters, so that each makes a connection of its own.
        let ssh = Ssh::new(server.settings().identity(server.sshd.key()).channels(number + 1));
        let host = server.host();
        tasks.spawn(async move { ssh.connect(&cx(), &host).await.map(drop) });
    }
    let mut busy = 0;
    while let Some(result) = tasks.join_next().await {
        match result.unwrap() {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::Busy), "{error}");
                busy += 1;
            }
        }
    }
    assert!(busy < 12, "none came through");
}

#[tokio::test]
async fn a_jump_host_is_gone_through() {
    let (Some(gate), Some(inner)) = (start().await, start().await) else { return };
    let line = |server: &super::server::Server| {
        format!("[127.0.0.1]:{} {}\n", server.sshd.address().port(), server.sshd.host_key())
    };
    let known = gate.known(&(line(&gate) + &line(&inner)));
    let settings = gate.settings().known_hosts(known).identity(gate.sshd.key()).identity(inner.sshd.key());
    let ssh = Ssh::new(settings.clone());
    let host = inner.host().via(gate.host());
    let session = ssh.connect(&cx(), &host).await.unwrap();
    let port = Command::new("sh").args(["-c", "echo ${SSH_CONNECTION##* }"]);
    let output = session.run(&cx(), &port).await.unwrap();
    assert_eq!(output.stdout.line(), inner.sshd.address().port().to_string());
    assert_eq!((logins(&gate), logins(&inner)), (1, 1));

    // The key of the host behind is checked as any other.
    let unknown = Ssh::new(gate.settings().known_hosts(gate.known(&line(&gate))).identity(gate.sshd.key()));
    let error = unknown.connect(&cx(), &host).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::HostKeyUnknown), "{error}");

    let closed = purlin_testkit::ReservedPort::new().unwrap();
    let nobody = Host::new("web01").address("127.0.0.1").port(closed.number()).via(gate.host());
    let error = ssh.connect(&cx(), &nobody).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Refused, Outcome::NotSent), "{error}");
}

#[tokio::test]
async fn a_jump_host_that_forbids_it_is_told_apart() {
    let Some(gate) = with(SshdSettings::new().option("AllowTcpForwarding", "no")).await else { return };
    let host = Host::new("web01").address("127.0.0.1").port(gate.sshd.address().port()).via(gate.host());
    let error = gate.transport().connect(&cx(), &host).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Denied, Outcome::NotSent), "{error}");
}

#[tokio::test]
async fn nobody_there_is_refused_and_a_silent_one_times_out() {
    let Some(server) = start().await else { return };
    let closed = purlin_testkit::ReservedPort::new().unwrap();
    let host = Host::new("web01").address("127.0.0.1").port(closed.number());
    let error = server.transport().connect(&cx(), &host).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Refused, Outcome::NotSent), "{error}");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = Host::new("web01").address("127.0.0.1").port(listener.local_addr().unwrap().port());
    let short = Cx::background().with_timeout(Duration::from_millis(300));
    let error = server.transport().connect(&short, &silent).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error}");
    assert!(error.to_string().contains("web01"), "{error}");
}

#[tokio::test]
async fn what_is_no_ssh_server_is_told_so() {
    let Some(server) = start().await else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let speak = async {
        use tokio::io::AsyncWriteExt;
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all("HTTP/1.1 400 Bad Request\r\n".repeat(20_000).as_bytes()).await;
    };
    let host = Host::new("web01").address("127.0.0.1").port(port);
    let (cx, ssh) = (Cx::background().with_timeout(Duration::from_secs(5)), server.transport());
    let (error, ()) = tokio::join!(ssh.connect(&cx, &host), speak);
    let error = error.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
    assert_ne!(error.kind(), ErrorKind::Internal, "{error}");
}

#[tokio::test]
async fn a_link_through_a_slow_and_then_dead_line_ends_by_itself() {
    use purlin_testkit::Fault;
    let Some(server) = start().await else { return };
    let proxy = FaultProxy::start(server.sshd.address()).unwrap();
    let known = server.known(&format!("[127.0.0.1]:{} KEY\n", proxy.address().port()));
    let settings = server.settings().identity(server.sshd.key()).known_hosts(known);
    let ssh = Ssh::new(settings.keepalive(Duration::from_millis(200)));
    let host = Host::new("web01").address("127.0.0.1").port(proxy.address().port());
    let session = ssh.connect(&cx(), &host).await.unwrap();
    let command = Command::new("sh").args(["-c", "echo begun; sleep 60"]);
    let mut running = session.start(&cx(), &command).await.unwrap();
    assert!(running.next(&cx()).await.unwrap().is_some());
    proxy.to_server([Fault::stall()]);
    proxy.to_client([Fault::stall()]);
    let error = running.next(&cx()).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::LinkLost), "{error}");
    assert_eq!(error.outcome(), Outcome::Maybe);
}
