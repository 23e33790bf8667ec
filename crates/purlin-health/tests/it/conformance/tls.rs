//! Certificates.

use super::conforms;
use purlin_core::{Result, TlsSettings};
use purlin_health::checks::Tls;
use purlin_health::{Cause, Check, Phase};
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject};
use purlin_testkit::{Nginx, NginxSettings, TestCa};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

struct Certificates(Nginx, TlsSettings);

impl CheckSubject for Certificates {
    fn implementation(&self) -> &str {
        "tls"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        Ok(Arc::new(Tls::to(&at.to_string())?.tls(self.1.clone())))
    }

    fn server(&self) -> Option<SocketAddr> {
        self.0.https()
    }

    fn tail(&self) -> u64 {
        // Tickets for the next time come after the handshake: two, each far shorter than this, in TLS 1.3.
        700
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        let shaking = |cause| CheckEnd::Failed(Phase::Tls, cause);
        match peer {
            CheckPeer::Silent | CheckPeer::Stalls | CheckPeer::Drips => vec![shaking(Cause::Timeout)],
            CheckPeer::Closes | CheckPeer::Half => vec![shaking(Cause::Closed)],
            CheckPeer::Resets => {
                vec![CheckEnd::Failed(Phase::Connect, Cause::Closed), shaking(Cause::Closed)]
            }
            CheckPeer::Garbage => vec![shaking(Cause::Tls("not-tls".to_owned()))],
            _ => peer.usual_ends(),
        }
    }
}

#[tokio::test]
async fn tls() {
    let ca = TestCa::new().unwrap();
    let leaf =
        ca.leaf().address([127, 0, 0, 1]).valid_for(Duration::from_secs(100 * 86_400)).issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path());
    let Some(nginx) = settings.start().unwrap() else { return };
    conforms(&Certificates(nginx, TlsSettings::new().ca_only(ca.path()))).await;
}
