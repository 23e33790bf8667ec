//! Connections that are kept from run to run.

use super::at;
use crate::support::{answered, failure};
use purlin_health::checks::Http;
use purlin_health::{Cause, Phase};
use purlin_testkit::{Accept, FaultProxy, NginxSettings};

#[tokio::test]
async fn a_kept_connection_is_used_again_and_made_anew_when_the_server_has_closed_it() {
    let Some(mut nginx) = NginxSettings::new().start().unwrap() else { return };
    let proxy = FaultProxy::start(nginx.http()).unwrap();
    let check = Http::get(&format!("http://{}/health", proxy.address())).unwrap().keep_connection();
    for _ in 0..3 {
        answered(&check).await;
    }
    assert_eq!(proxy.counters().accepted, 1);
    let again = answered(&check).await;
    assert!(again.phases.get(Phase::Connect).is_none(), "{:?}", again.phases);

    // The server ends it between two runs; nobody is troubled.
    nginx.server_mut().restart().unwrap();
    let anew = answered(&check).await;
    assert!(anew.phases.get(Phase::Connect).is_some(), "{:?}", anew.phases);
    assert_eq!(proxy.counters().accepted, 2);

    // What was kept does not hide that nobody is there.
    proxy.accept(Accept::Refuse).unwrap();
    proxy.disconnect();
    let refused = failure(&check).await;
    assert_eq!((refused.phase, refused.cause), (Phase::Connect, Cause::Refused));
}

#[tokio::test]
async fn a_server_that_says_close_is_believed() {
    let settings = NginxSettings::new().location("/last", "keepalive_timeout 0; return 200 bye;");
    let Some(nginx) = settings.start().unwrap() else { return };
    let check = Http::get(&at(&nginx, "/last")).unwrap().keep_connection();
    for _ in 0..3 {
        let evidence = answered(&check).await;
        assert!(evidence.phases.get(Phase::Connect).is_some(), "{:?}", evidence.phases);
    }
}

/// A new connection is made for each run unless it is told to keep one.
#[tokio::test]
async fn none_is_kept_unless_asked_for() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let proxy = FaultProxy::start(nginx.http()).unwrap();
    let check = Http::get(&format!("http://{}/health", proxy.address())).unwrap();
    for runs in 1..=3 {
        answered(&check).await;
        assert_eq!(proxy.counters().accepted, runs);
    }
}
