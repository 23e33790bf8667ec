//! What certificates a real nginx shows.

use crate::support::{answered, cx, failure};
use purlin_core::{SecretRef, TlsSettings};
use purlin_health::checks::Tls;
use purlin_health::{Cause, Check, CheckOutcome, Phase, Status};
use purlin_testkit::{Leaf, Nginx, NginxSettings, TestCa};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn serve(leaf: &Leaf) -> Option<Nginx> {
    NginxSettings::new().https(leaf.path(), leaf.key_path()).start().unwrap()
}

fn check(nginx: &Nginx, ca: &TestCa) -> Tls {
    let check = Tls::to(&nginx.https().unwrap().to_string()).unwrap();
    check.tls(TlsSettings::new().ca_only(ca.path()).server_name("www.example.org"))
}

#[tokio::test]
async fn days_are_counted_and_warned_of() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").valid_for(DAY * 30 + DAY / 2).issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    for (warn, critical, status) in
        [(21, 7, Status::Ok), (30, 7, Status::Ok), (31, 7, Status::Warning), (60, 31, Status::Critical)]
    {
        let check = check(&nginx, &ca).warn_before(DAY * warn).critical_before(DAY * critical);
        let evidence = answered(&check).await;
        assert_eq!(evidence.verdict(), status, "{warn} {critical}");
        let days = evidence.measurements.iter().find(|it| it.name == "days").unwrap();
        assert_eq!(days.value, 30.0);
        assert_eq!(evidence.message, format!("www.example.org by CN={}: 30 days left", ca.name()));
    }
}

#[tokio::test]
async fn each_fault_has_its_code_and_the_days_are_told_all_the_same() {
    let (ca, stranger) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = || ca.leaf().name("www.example.org");
    for (leaf, code) in [
        (leaf().expired(), "expired"),
        (leaf().not_yet_valid(), "not-yet-valid"),
        (ca.leaf().name("mail.example.org"), "wrong-name"),
        (stranger.leaf().name("www.example.org"), "unknown-issuer"),
    ] {
        let Some(nginx) = serve(&leaf.issue().unwrap()) else { return };
        let failure = failure(&check(&nginx, &ca)).await;
        assert_eq!((failure.phase, failure.cause), (Phase::Tls, Cause::Tls(code.to_owned())));
        assert!(failure.measurements.iter().any(|it| it.name == "days"), "{:?}", failure.measurements);
    }
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let plain = Tls::to(&nginx.http().to_string()).unwrap().tls(TlsSettings::new().ca_only(ca.path()));
    assert_eq!(failure(&plain).await.cause, Cause::Tls("not-tls".to_owned()));
}

#[tokio::test]
async fn the_issuer_is_the_one_that_is_wanted() {
    let root = TestCa::new().unwrap();
    let between = root.intermediate().unwrap();
    let leaf = between.leaf().name("www.example.org").valid_for(DAY * 200).issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let wanted = format!("CN={}", between.name());
    assert!(answered(&check(&nginx, &root).expect_issuer(&wanted)).await.message.contains(&wanted));
    let failure = failure(&check(&nginx, &root).expect_issuer("CN=Somebody else")).await;
    assert_eq!(failure.cause, Cause::Assertion("issuer".to_owned()));
}

/// It has shown its own certificate before it asks for ours.
#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_looked_at_without_one() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").valid_for(DAY * 200).issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).client_ca(ca.path());
    let Some(nginx) = settings.start().unwrap() else { return };
    assert_eq!(answered(&check(&nginx, &ca)).await.status, Status::Ok);
}

#[tokio::test]
async fn what_is_wrong_here_is_not_the_targets_fault() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let key = SecretRef::file("no-such-key.pem");
    for settings in [
        TlsSettings::new().ca_only(std::path::Path::new("no-such-file.pem")),
        TlsSettings::new().ca_only(ca.path()).client_certificate(leaf.path(), key),
    ] {
        let outcome = check(&nginx, &ca).tls(settings).run(&cx()).await;
        assert!(matches!(outcome, CheckOutcome::Prober(_)), "{outcome:?}");
    }
}
