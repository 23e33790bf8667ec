//! What looks at this machine: no wire, so the cases of bad servers mean nothing to it.

use super::conforms;
use purlin_core::Result;
use purlin_health::checks::{Disk, FileAge, Load, Mount, ProcessTable, Processes, Systemd, Touch};
use purlin_health::{Check, Range};
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, CheckWire};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

struct Local {
    name: &'static str,
    make: Box<dyn Fn() -> Result<Arc<dyn Check>> + Send + Sync>,
}

impl Local {
    fn new<C: Check + 'static>(
        name: &'static str,
        make: impl Fn() -> Result<C> + Send + Sync + 'static,
    ) -> Self {
        Self { name, make: Box::new(move || Ok(Arc::new(make()?))) }
    }
}

impl CheckSubject for Local {
    fn implementation(&self) -> &str {
        self.name
    }

    fn wire(&self) -> CheckWire {
        CheckWire::None
    }

    fn check(&self, _: SocketAddr) -> Result<Arc<dyn Check>> {
        (self.make)()
    }

    fn expects(&self, _: CheckPeer) -> Vec<CheckEnd> {
        Vec::new()
    }
}

#[tokio::test]
async fn disk() {
    conforms(&Local::new("disk", || Disk::at("/"))).await;
}

#[tokio::test]
async fn mount() {
    // Several callers at a time want more than one child on the same mount: each check has its own.
    conforms(&Local::new("mount", || Ok(Mount::at("/proc")?.file_system("proc").touch(&Touch::new())))).await;
}

#[tokio::test]
async fn file_age() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dump.sql"), "select 1").unwrap();
    let pattern = folder.path().join("*.sql").display().to_string();
    conforms(&Local::new("file-age", move || FileAge::newest(pattern.clone()))).await;
}

#[tokio::test]
async fn load() {
    conforms(&Local::new("load", || Ok(Load::new()))).await;
}

#[tokio::test]
async fn processes() {
    // Each run looks anew.
    let table = ProcessTable::new().with_age(Duration::ZERO);
    let any = Range::up_to(1e9);
    conforms(&Local::new("processes", move || Ok(Processes::of(&table).count(any)))).await;
}

#[tokio::test]
async fn systemd() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("systemctl");
    // No systemd runs where the tests run.
    let said = "Result=success\\nNRestarts=0\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\n";
    std::fs::write(&program, format!("#!/bin/sh\nprintf '{said}'\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    conforms(&Local::new("systemd", move || Ok(Systemd::unit("tomcat10.service")?.systemctl(&program))))
        .await;
}
