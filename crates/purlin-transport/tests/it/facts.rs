//! Facts of this machine, and of hosts that do not tell all.

use crate::here::{cx, session};
use purlin_core::{Cx, ErrorKind};
use purlin_transport::fake::{FakeTransport, Reply};
use purlin_transport::{Facts, Host, Shell, ShellSettings, Transport};
use std::time::Duration;

#[tokio::test]
async fn this_machine_is_what_the_kernel_says() {
    let shell = Shell::new(session().await, ShellSettings::new());
    let facts = Facts::gather(&cx(), &shell).await.unwrap();
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(facts.kernel.known().unwrap().release, release.trim());
    assert!(facts.cpu.known().unwrap().logical > 0, "{:?}", facts.cpu);
    assert!(facts.memory.known().unwrap().total > 1_000_000, "{:?}", facts.memory);
    assert!(facts.os.known().is_some(), "{:?}", facts.os);
    let mounts = facts.mounts.known().unwrap();
    assert!(mounts.iter().any(|mount| mount.point == "/"), "{mounts:?}");
    assert!(facts.interfaces.known().unwrap().iter().any(|interface| interface.name == "lo"), "{facts:?}");
    let clock = facts.clock.known().unwrap();
    assert!(clock.ahead_ms.unsigned_abs() <= clock.uncertainty_ms + 50, "{clock:?}");
    assert!(
        facts.virtualization.known().is_some()
            && facts.disks.known().is_some()
            && facts.usage.known().is_some()
    );
}

#[tokio::test]
async fn parts_that_a_host_does_not_tell_have_their_reasons() {
    let transport = FakeTransport::new();
    let fake = transport.host("web01");
    fake.on(["cat /proc/meminfo"], Reply::stdout("MemTotal: 16 kB\n"));
    fake.on(["cat /proc/self/mountinfo"], Reply::silence());
    fake.on(["uname -s && uname -r && uname -m && uname -n"], Reply::exit(1).stderr("uname: not allowed\n"));
    let sim = purlin_core::SimClock::new();
    let cx = Cx::background().with_clock(sim.clone());
    let session = transport.connect(&cx, &Host::new("web01")).await.unwrap();
    let shell = Shell::new(session, ShellSettings::new());
    let facts = sim.drive(Facts::gather(&cx, &shell)).await.unwrap();
    assert_eq!(facts.memory.known().unwrap().total, 16_384);
    assert!(facts.mounts.missing().unwrap().contains("no answer within 5s"), "{:?}", facts.mounts);
    assert!(facts.kernel.missing().unwrap().contains("uname: not allowed"), "{:?}", facts.kernel);
}

#[tokio::test]
async fn a_host_that_cannot_be_asked_is_one_error() {
    let transport = FakeTransport::new();
    transport.host("web01").on(["cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release"], Reply::lost());
    let session = transport.connect(&cx(), &Host::new("web01")).await.unwrap();
    let shell = Shell::new(session, ShellSettings::new());
    let short = Cx::background().with_timeout(Duration::from_secs(5));
    let error = Facts::gather(&short, &shell).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}
