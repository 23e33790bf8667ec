//! The suite that every check passes.

use purlin_core::Result;
use purlin_health::checks::{Plugin, Tcp};
use purlin_health::fake::FakeCheck;
use purlin_health::{Cause, Check, Evidence, Phase, Status};
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, CheckWire, check};
use purlin_testkit::{Nginx, NginxSettings};
use std::net::SocketAddr;
use std::sync::Arc;

#[cfg(feature = "db")]
mod database;
#[cfg(feature = "http")]
mod http;
mod machine;
mod network;
#[cfg(feature = "tls")]
mod tls;

/// Compares what came of it with the golden file of this name.
async fn conforms(subject: &dyn CheckSubject) {
    let file = format!("tests/golden/check.{}.txt", subject.implementation());
    check(subject).await.assert_golden(file);
}

struct Port(Nginx);

impl CheckSubject for Port {
    fn implementation(&self) -> &str {
        "tcp"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        Ok(Arc::new(Tcp::to(&at.to_string())?))
    }

    fn server(&self) -> Option<SocketAddr> {
        Some(self.0.http())
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        match peer {
            CheckPeer::Refuses | CheckPeer::BlackHole => peer.usual_ends(),
            // Whoever accepts is up, whatever comes then.
            CheckPeer::Silent | CheckPeer::Closes => vec![CheckEnd::Answered(Status::Ok)],
            _ => Vec::new(),
        }
    }
}

#[tokio::test]
async fn tcp() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    conforms(&Port(nginx)).await;
}

/// A plugin that asks a web server.
const PLUGIN: &str = r#"
trap '' PIPE
end() { echo "HTTP $1"; exit "$2"; }
{
    printf 'GET /health HTTP/1.0\r\n\r\n' >&3
    IFS= read -r line <&3 || end 'CRITICAL - it hung up' 2
    case $line in HTTP/*) end "OK - it answers | lines=1;;;0" 0 ;; esac
    end 'CRITICAL - that is no HTTP' 2
} 3<>/dev/tcp/127.0.0.1/"$1" 2>/dev/null
end 'CRITICAL - nobody is there' 2
"#;

struct Script(Nginx);

impl CheckSubject for Script {
    fn implementation(&self) -> &str {
        "plugin"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        let port = at.port().to_string();
        Ok(Arc::new(Plugin::new(["bash", "-c", PLUGIN, "plugin", &port])?.on("127.0.0.1")))
    }

    fn server(&self) -> Option<SocketAddr> {
        Some(self.0.http())
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        match peer {
            CheckPeer::BlackHole | CheckPeer::Silent | CheckPeer::Drips => {
                vec![CheckEnd::Failed(Phase::Execute, Cause::Timeout)]
            }
            // It reads no further than one line.
            CheckPeer::Half | CheckPeer::Stalls => Vec::new(),
            _ => vec![CheckEnd::Answered(Status::Critical)],
        }
    }
}

#[tokio::test]
async fn plugin() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    conforms(&Script(nginx)).await;
}

struct Fake;

impl CheckSubject for Fake {
    fn implementation(&self) -> &str {
        "fake"
    }

    fn wire(&self) -> CheckWire {
        CheckWire::None
    }

    fn check(&self, _: SocketAddr) -> Result<Arc<dyn Check>> {
        Ok(Arc::new(FakeCheck::answering(Evidence::new(Status::Ok, "fine")).on("nowhere")))
    }

    fn expects(&self, _: CheckPeer) -> Vec<CheckEnd> {
        Vec::new()
    }
}

#[tokio::test]
async fn fake() {
    conforms(&Fake).await;
}
