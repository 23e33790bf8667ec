//! A process without descriptors to spare.

use purlin_core::{Cx, Endpoint};
use purlin_health::checks::{Disk, Load, Mount, Plugin, ProcessTable, Processes, Systemd, Tcp};
use purlin_health::{Check, CheckOutcome};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::net::TcpListener;
use std::time::Duration;

fn checks(port: u16) -> Vec<Box<dyn Check>> {
    let table = ProcessTable::new().with_age(Duration::ZERO);
    vec![
        Box::new(Tcp::at(Endpoint::new("127.0.0.1", port).unwrap())),
        Box::new(Plugin::new(["true"]).unwrap()),
        Box::new(Disk::at("/").unwrap()),
        Box::new(Mount::at("/proc").unwrap()),
        Box::new(Load::new()),
        Box::new(Processes::of(&table)),
        Box::new(Systemd::unit("x").unwrap().systemctl("true")),
    ]
}

/// It has the whole process, as every test has under nextest.
#[tokio::test]
async fn nothing_is_blamed_for_a_monitor_without_descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let checks = checks(listener.local_addr().unwrap().port());
    let cx = Cx::background().with_timeout(Duration::from_secs(30));
    let usual = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(100), maximum: usual.maximum }).unwrap();
    let held: Vec<_> = (0..200).map_while(|_| File::open("/dev/null").ok()).collect();
    for check in &checks {
        let outcome = check.run(&cx).await;
        assert!(matches!(outcome, CheckOutcome::Prober(_)), "{}: {outcome:?}", check.kind());
    }
    drop(held);
    for check in checks.iter().filter(|check| check.kind().as_str() != "systemd") {
        let outcome = check.run(&cx).await;
        assert!(matches!(outcome, CheckOutcome::Answered(_)), "{}: {outcome:?}", check.kind());
    }
}
