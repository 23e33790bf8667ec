//! The suite over this machine and over a scripted host.

use crate::here::folder;
use purlin_testkit::suites::transport::{TransportSubject, scripted, transport};
use purlin_transport::fake::{FakeTransport, Reply};
use purlin_transport::{Chaos, Host, Local, Transport};
use std::sync::Arc;

pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) host: Host,
    pub(crate) folder: String,
    pub(crate) scripted: bool,
}

impl TransportSubject for Subject {
    fn implementation(&self) -> &str {
        self.name
    }

    fn transport(&self) -> Arc<dyn Transport> {
        self.transport.clone()
    }

    fn host(&self) -> Host {
        self.host.clone()
    }

    fn folder(&self) -> String {
        self.folder.clone()
    }

    fn is_scripted(&self) -> bool {
        self.scripted
    }
}

pub(crate) async fn conforms(subject: &Subject) {
    let file = format!("{}/tests/golden/transport.{}.txt", env!("CARGO_MANIFEST_DIR"), subject.name);
    transport(subject).await.assert_golden(file);
}

#[tokio::test]
async fn local_conforms() {
    let (_folder, folder) = folder();
    std::fs::create_dir(format!("{folder}/sub")).unwrap();
    let transport = Arc::new(Local::new());
    conforms(&Subject { name: "local", transport, host: Host::new("here"), folder, scripted: false }).await;
}

/// Without a fault on the way nothing is different.
#[tokio::test]
async fn chaos_without_faults_conforms() {
    let (_folder, folder) = folder();
    std::fs::create_dir(format!("{folder}/sub")).unwrap();
    let transport = Arc::new(Chaos::new(Local::new()));
    conforms(&Subject { name: "chaos", transport, host: Host::new("here"), folder, scripted: false }).await;
}

#[tokio::test]
async fn the_fake_conforms() {
    let transport = FakeTransport::new();
    let host = transport.host("web01");
    host.folder("/suite/sub");
    for script in scripted() {
        let reply = match (script.code, script.echoes) {
            (_, true) => Reply::echo(),
            (Some(code), _) => Reply::stdout(script.stdout).stderr(script.stderr).code(code),
            (None, _) => Reply::silence(),
        };
        host.on(script.argv.iter().copied(), reply);
    }
    let (transport, host, folder) = (Arc::new(transport), Host::new("web01"), "/suite".to_owned());
    conforms(&Subject { name: "fake", transport, host, folder, scripted: true }).await;
}
