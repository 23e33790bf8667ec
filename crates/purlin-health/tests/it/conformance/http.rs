//! Web servers: new connections, kept ones, TLS.

use super::conforms;
use purlin_core::{Result, TlsSettings};
use purlin_health::checks::Http;
use purlin_health::{Cause, Check, Phase};
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject};
use purlin_testkit::{Nginx, NginxSettings, TestCa};
use std::net::SocketAddr;
use std::sync::Arc;

struct Web {
    nginx: Nginx,
    name: &'static str,
    is_kept: bool,
}

impl CheckSubject for Web {
    fn implementation(&self) -> &str {
        self.name
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        let check = Http::get(&format!("http://{at}/health"))?.expect_text("ok\n");
        Ok(Arc::new(if self.is_kept { check.keep_connection() } else { check }))
    }

    fn server(&self) -> Option<SocketAddr> {
        Some(self.nginx.http())
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        peer.usual_ends()
    }
}

#[tokio::test]
async fn http() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    conforms(&Web { nginx, name: "http", is_kept: false }).await;
}

#[tokio::test]
async fn http_kept() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    conforms(&Web { nginx, name: "http-kept", is_kept: true }).await;
}

struct Secure(Nginx, TlsSettings);

impl CheckSubject for Secure {
    fn implementation(&self) -> &str {
        "https"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        Ok(Arc::new(Http::get(&format!("https://{at}/health"))?.tls(self.1.clone())))
    }

    fn server(&self) -> Option<SocketAddr> {
        self.0.https()
    }

    fn tail(&self) -> u64 {
        // The goodbye is a record of 24 bytes, and signatures differ by a few.
        40
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        let shaking = |cause| CheckEnd::Failed(Phase::Tls, cause);
        match peer {
            CheckPeer::Silent => vec![shaking(Cause::Timeout)],
            CheckPeer::Closes => vec![shaking(Cause::Closed)],
            CheckPeer::Resets => {
                vec![CheckEnd::Failed(Phase::Connect, Cause::Closed), shaking(Cause::Closed)]
            }
            CheckPeer::Garbage => vec![shaking(Cause::Tls("not-tls".to_owned()))],
            CheckPeer::Half => [peer.usual_ends(), vec![shaking(Cause::Closed)]].concat(),
            CheckPeer::Stalls | CheckPeer::Drips => {
                [peer.usual_ends(), vec![shaking(Cause::Timeout)]].concat()
            }
            _ => peer.usual_ends(),
        }
    }
}

#[tokio::test]
async fn https() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().address([127, 0, 0, 1]).issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path());
    let Some(nginx) = settings.start().unwrap() else { return };
    conforms(&Secure(nginx, TlsSettings::new().ca_only(ca.path()))).await;
}
