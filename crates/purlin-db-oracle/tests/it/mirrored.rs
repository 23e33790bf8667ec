//! The probe against an independent listener: what it answers was written by others, from captures of real ones.

use crate::listener::{cx, patient, probe};
use crate::stage::{FIELD_VERSIONS, mirror, over_tls, session, settings, target};
use purlin_core::{Endpoint, ErrorKind, Outcome, TlsSettings};
use purlin_db_oracle::{DatabaseName, ListenerAnswer, ListenerProbe, ListenerStage};
use purlin_testkit::{Fault, FaultProxy, OracleMirror};

fn endpoint(mirror: &OracleMirror) -> Endpoint {
    Endpoint::new("localhost", mirror.address().port()).unwrap()
}

#[tokio::test]
async fn it_is_up_by_service_by_sid_and_by_itself_in_every_version_of_the_fields() {
    for (version, protocol) in FIELD_VERSIONS.into_iter().zip([316, 316, 318, 319]) {
        let Some(mirror) = settings().field_version(version).start().unwrap() else { return };
        let asked = ListenerProbe::new(endpoint(&mirror));
        let service = asked.clone().name(DatabaseName::service("map.example.org").unwrap());
        let sid = asked.clone().name(DatabaseName::sid("map").unwrap());
        for probe in [asked, service, sid] {
            let report = probe.ask(&cx()).await.unwrap();
            assert_eq!((report.answer, report.redirects), (ListenerAnswer::Up, 0), "{}", report.message);
            assert_eq!(report.protocol, Some(protocol), "{version}");
        }
        // The connections that were given up hold no session.
        let mut session = session(&target(mirror.address())).await.unwrap();
        let all: i64 = session.query(&cx(), "SELECT COUNT(*) FROM v$session").value().await.unwrap();
        assert_eq!(all, 1);
    }
}

/// The probe says that a server before 12.1 is up, and the driver's way there that it cannot use it.
#[tokio::test]
async fn an_old_server_is_up_and_unsupported() {
    let Some(mirror) = settings().field_version(6).start().unwrap() else { return };
    let report = probe(mirror.address()).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(314)), "{}", report.message);
    let error = session(&target(mirror.address())).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{error:#}");
    assert!(error.message().contains("12.1"), "{error}");
}

#[tokio::test]
async fn it_is_verified_over_tls() {
    let Some((mirror, _, ca, _)) = over_tls() else { return };
    let probe = ListenerProbe::new(endpoint(&mirror)).name(DatabaseName::service("map").unwrap());
    let report = probe.clone().tls(TlsSettings::new().ca_only(ca.path())).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(319)), "{}", report.message);
    let error = probe.clone().tls(TlsSettings::new()).ask(&cx()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error:#}");
    // Asked in the clear it is not up, whatever its TLS says to that.
    let report = probe.ask(&cx()).await.unwrap();
    let no = [ListenerAnswer::NotOracle, ListenerAnswer::Closed(ListenerStage::Reply)];
    assert!(no.contains(&report.answer), "{} ({})", report.answer, report.message);
}

#[tokio::test]
async fn it_is_silent_while_it_is_stopped_and_gone_once_it_is_killed() {
    let Some(mut mirror) = mirror() else { return };
    let probe = probe(mirror.address());
    mirror.server().pause().unwrap();
    let report = probe.ask(&patient()).await.unwrap();
    assert_eq!(report.answer, ListenerAnswer::Silent(ListenerStage::Reply), "{}", report.message);
    mirror.server().resume().unwrap();
    assert_eq!(probe.ask(&cx()).await.unwrap().answer, ListenerAnswer::Up);
    mirror.server_mut().kill().unwrap();
    assert_eq!(probe.ask(&cx()).await.unwrap().answer, ListenerAnswer::NoListener);
    mirror.server_mut().restart().unwrap();
    assert_eq!(probe.ask(&cx()).await.unwrap().answer, ListenerAnswer::Up);
}

/// Cut at each offset it hangs up, and is never taken for one that is up or for nobody.
#[tokio::test]
async fn its_answer_is_told_wherever_it_is_cut() {
    let Some(mirror) = mirror() else { return };
    let proxy = FaultProxy::start(mirror.address()).unwrap();
    let mut whole = None;
    for at in 0..400 {
        proxy.to_client([Fault::cut().at(at)]);
        let report = probe(proxy.address()).ask(&cx()).await.unwrap();
        match report.answer {
            ListenerAnswer::Up => {
                whole = Some(at);
                break;
            }
            answer => assert_eq!(answer, ListenerAnswer::Closed(ListenerStage::Reply), "at {at}"),
        }
    }
    assert!(whole.is_some_and(|at| at > 8), "{whole:?}");
    // And one byte after the other it is up.
    proxy.to_client([Fault::pieces(1)]);
    assert_eq!(probe(proxy.address()).ask(&cx()).await.unwrap().answer, ListenerAnswer::Up);
}
