//! Checks over datagrams.

use super::conforms;
use purlin_core::Result;
use purlin_health::checks::{Icmp, Ntp};
use purlin_health::{Cause, Check, CheckOutcome, Phase};
use purlin_testkit::ChronySettings;
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, CheckWire};
use std::net::SocketAddr;
use std::sync::Arc;

/// What is said of a peer that speaks over UDP.
fn over_udp(peer: CheckPeer) -> Vec<CheckEnd> {
    let cause = match peer {
        CheckPeer::Refuses => Cause::Refused,
        CheckPeer::Silent => Cause::Timeout,
        _ => Cause::Protocol,
    };
    vec![CheckEnd::Failed(Phase::FirstByte, cause)]
}

/// A check over UDP of a real server.
struct Datagrams {
    name: &'static str,
    server: SocketAddr,
    make: fn(SocketAddr) -> Result<Arc<dyn Check>>,
}

impl CheckSubject for Datagrams {
    fn implementation(&self) -> &str {
        self.name
    }

    fn wire(&self) -> CheckWire {
        CheckWire::Udp
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        (self.make)(at)
    }

    fn server(&self) -> Option<SocketAddr> {
        Some(self.server)
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        over_udp(peer)
    }
}

#[tokio::test]
async fn ntp() {
    let Some(chrony) = ChronySettings::new().start().unwrap() else { return };
    let make = |at: SocketAddr| Ok(Arc::new(Ntp::to(&at.to_string())?) as Arc<dyn Check>);
    conforms(&Datagrams { name: "ntp", server: chrony.address(), make }).await;
}

#[cfg(feature = "dns")]
#[tokio::test]
async fn dns() {
    let zone = purlin_testkit::BindSettings::new().zone("example.org", 7, "www IN A 192.0.2.80");
    let Some(bind) = zone.start().unwrap() else { return };
    let make = |at: SocketAddr| {
        let check = purlin_health::checks::Dns::ask(&at.to_string(), "www.example.org")?;
        Ok(Arc::new(check.expect("192.0.2.80").authoritative()) as Arc<dyn Check>)
    };
    conforms(&Datagrams { name: "dns", server: bind.address(), make }).await;
}

#[cfg(feature = "dns")]
#[tokio::test]
async fn dns_serial() {
    let zone = purlin_testkit::BindSettings::new().zone("example.org", 7, "");
    let Some(bind) = zone.start().unwrap() else { return };
    let make = |at: SocketAddr| {
        let check = purlin_health::checks::DnsSerial::of("example.org")?.server(&at.to_string())?;
        Ok(Arc::new(check) as Arc<dyn Check>)
    };
    conforms(&Datagrams { name: "dns-serial", server: bind.address(), make }).await;
}

/// This machine's own loopback.
struct Echo;

impl CheckSubject for Echo {
    fn implementation(&self) -> &str {
        "icmp"
    }

    fn wire(&self) -> CheckWire {
        CheckWire::None
    }

    fn check(&self, _: SocketAddr) -> Result<Arc<dyn Check>> {
        Ok(Arc::new(Icmp::to("127.0.0.1")?))
    }

    fn expects(&self, _: CheckPeer) -> Vec<CheckEnd> {
        Vec::new()
    }
}

#[tokio::test]
async fn icmp() {
    let outcome = Icmp::to("127.0.0.1").unwrap().run(&crate::support::cx()).await;
    if let CheckOutcome::Prober(error) = outcome {
        // What this machine does not allow is proved where it is allowed: see docs/testing.md.
        println!("not run: {error}");
        return;
    }
    conforms(&Echo).await;
}
