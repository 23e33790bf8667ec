//! The scripted hosts.

use crate::here::cx;
use purlin_core::{Cx, ErrorKind, Outcome, SimClock};
use purlin_transport::fake::{Connecting, FakeTransport, Observed, Reply};
use purlin_transport::{
    Become, Command, Exit, FaultClass, Host, Probe, SessionExt, Shell, ShellSettings, Transport,
    TransportDetail, WriteFile,
};
use std::time::Duration;

#[tokio::test]
async fn a_command_that_nobody_scripted_is_not_there() {
    let transport = FakeTransport::new();
    transport.host("web01");
    let session = transport.connect(&cx(), &Host::new("web01")).await.unwrap();
    let output = session.run(&cx(), &Command::new("reboot")).await.unwrap();
    assert_eq!(
        (output.exit.clone(), output.stderr.line()),
        (Exit::Code(127), "reboot: not found".to_owned())
    );
}

#[tokio::test]
async fn a_host_that_nobody_named_has_no_address() {
    let error = FakeTransport::new().connect(&cx(), &Host::new("nowhere")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unresolved, Outcome::NotSent));
    assert_eq!(error.to_string(), "transport.connect nowhere:22: the name has no address");
}

#[tokio::test]
async fn connecting_fails_as_it_was_told() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.connecting(Connecting::Fail(FaultClass::HostKeyChanged));
    let error = transport.connect(&cx(), &Host::new("web01")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::HostKeyChanged));
    fake.connecting(Connecting::Refuse);
    let error = transport.connect(&cx(), &Host::new("web01")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    fake.connecting(Connecting::Silence);
    let sim = SimClock::new();
    let error =
        sim.drive(transport.connect(&Cx::background().with_clock(sim.clone()), &Host::new("web01"))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_silent_command_is_killed_at_the_deadline_in_simulated_time() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.on(["deploy"], Reply::silence())
        .on(["slow"], Reply::stdout("done").after(Duration::from_secs(3600)));
    let sim = SimClock::new();
    let cx = Cx::background().with_clock(sim.clone());
    let session = transport.connect(&cx, &Host::new("web01")).await.unwrap();
    let minute = cx.with_timeout(Duration::from_secs(60));
    let error = sim.drive(session.run(&minute, &Command::new("deploy"))).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert_eq!(fake.log().last(), Some(&Observed::Killed));
    let hours = cx.with_timeout(Duration::from_secs(7200));
    // The limit of a command without a deadline of its own counts too: 10 minutes.
    assert!(sim.drive(session.run(&hours, &Command::new("slow"))).await.is_err());
}

#[tokio::test]
async fn probes_are_scripted_by_text_and_arguments() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.on(["cat \"$1\"", "/it's\nhere"], Reply::stdout("content").stderr("warning").code(2));
    let session = transport.connect(&cx(), &Host::new("web01")).await.unwrap();
    let shell = Shell::new(session, ShellSettings::new());
    let probes = [Probe::new("cat \"$1\"").arg("/it's\nhere"), Probe::new("other\ntext")];
    let answers = shell.ask_all(&cx(), &probes).await;
    let first = answers[0].as_ref().unwrap();
    assert_eq!(
        (first.stdout.line(), first.stderr.line(), first.exit.code()),
        ("content".into(), "warning".into(), Some(2))
    );
    assert_eq!(answers[1].as_ref().unwrap().exit.code(), Some(127));
    assert!(fake.log().contains(&Observed::Probed(vec!["other\ntext".to_owned()])));
}

#[tokio::test]
async fn it_tells_as_whom_a_command_ran() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.on(["id"], Reply::stdout("root"));
    let session = transport.connect(&cx(), &Host::new("web01")).await.unwrap();
    let output = session.run(&cx(), &Command::new("id").elevated(Become::root())).await.unwrap();
    assert_eq!(output.stdout.line(), "root");
    let ran = Observed::Ran { argv: vec!["id".to_owned()], user: Some("root".to_owned()) };
    assert_eq!(fake.log(), [Observed::Connected, ran]);
}

#[tokio::test]
async fn a_full_disk_keeps_the_old_file() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.file("/etc/map.conf", "old").refuse_writes(FaultClass::DiskFull);
    let session = transport.connect(&cx(), &Host::new("web01")).await.unwrap();
    let error = session.write(&cx(), &WriteFile::new("/etc/map.conf", "new")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::DiskFull));
    assert_eq!(fake.content("/etc/map.conf").unwrap(), b"old");
}
