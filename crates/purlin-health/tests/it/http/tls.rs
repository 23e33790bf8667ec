//! HTTPS: whom it trusts, what it shows, and which name it asks for.

use crate::support::{answered, cx, failure};
use purlin_core::{Endpoint, SecretRef, TlsSettings};
use purlin_health::checks::Http;
use purlin_health::{Cause, Check, CheckOutcome, Phase};
use purlin_testkit::{Fault, FaultProxy, Leaf, Nginx, NginxSettings, TestCa};

fn serve(leaf: &Leaf) -> Option<Nginx> {
    let who = r#"return 200 "[$host|$ssl_server_name]";"#;
    NginxSettings::new().https(leaf.path(), leaf.key_path()).location("/who", who).start().unwrap()
}

/// A check that goes to this server, whatever name it asks for.
fn check(nginx: &Nginx, name: &str, ca: &TestCa) -> Http {
    let https = nginx.https().unwrap();
    let way = Endpoint::new("127.0.0.1", https.port()).unwrap();
    let check = Http::get(&format!("https://{name}/who")).unwrap().connect_to(way);
    check.tls(TlsSettings::new().ca_only(ca.path()))
}

#[tokio::test]
async fn name_and_way_are_apart() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let good = check(&nginx, "www.example.org", &ca);
    assert_eq!(good.target(), Some("127.0.0.1"));
    let evidence = answered(&good.expect_text("[www.example.org|www.example.org]")).await;
    assert!(evidence.phases.get(Phase::Tls).is_some());
    let other = check(&nginx, "www.example.org", &ca).header("Host", "inner.example.org").unwrap();
    answered(&other.expect_text("[inner.example.org|www.example.org]")).await;
}

#[tokio::test]
async fn each_fault_of_a_certificate_has_its_code() {
    let (ca, stranger) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let leaf = || ca.leaf().name("www.example.org");
    for (leaf, code) in [
        (leaf().expired(), "expired"),
        (leaf().not_yet_valid(), "not-yet-valid"),
        (ca.leaf().name("mail.example.org"), "wrong-name"),
        (stranger.leaf().name("www.example.org"), "unknown-issuer"),
    ] {
        let Some(nginx) = serve(&leaf.issue().unwrap()) else { return };
        let failure = failure(&check(&nginx, "www.example.org", &ca)).await;
        assert_eq!((failure.phase, failure.cause), (Phase::Tls, Cause::Tls(code.to_owned())));
        assert!(failure.phases.get(Phase::Tls).is_some());
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_so() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let url = format!("https://{}/health", nginx.http());
    let failure = failure(&Http::get(&url).unwrap().tls(TlsSettings::new().ca_only(ca.path()))).await;
    assert_eq!((failure.phase, failure.cause), (Phase::Tls, Cause::Tls("not-tls".to_owned())));
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_whoever_asks() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let client = ca.leaf().name("prober").client().issue().unwrap();
    let settings = NginxSettings::new().https(leaf.path(), leaf.key_path()).client_ca(ca.path());
    let Some(nginx) = settings.path("/who", 200, "welcome\n").start().unwrap() else { return };
    let without = failure(&check(&nginx, "www.example.org", &ca)).await;
    assert_eq!(without.cause, Cause::Assertion("status".to_owned()));
    let key = SecretRef::file(client.key_path());
    let settings = TlsSettings::new().ca_only(ca.path()).client_certificate(client.path(), key);
    answered(&check(&nginx, "www.example.org", &ca).tls(settings).expect_text("welcome")).await;
}

/// What is wrong on this side says nothing about the target.
#[tokio::test]
async fn an_unreadable_authority_is_our_own_fault() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let missing = TlsSettings::new().ca_only(std::path::Path::new("no-such-file.pem"));
    let outcome = check(&nginx, "www.example.org", &ca).tls(missing).run(&cx()).await;
    assert!(matches!(outcome, CheckOutcome::Prober(_)), "{outcome:?}");
}

/// A server that shakes hands half-way and then says nothing more.
#[tokio::test]
async fn half_a_handshake_ends_at_the_deadline() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("www.example.org").issue().unwrap();
    let Some(nginx) = serve(&leaf) else { return };
    let proxy = FaultProxy::start(nginx.https().unwrap()).unwrap();
    proxy.to_client([Fault::stall().at(200)]);
    let way = Endpoint::new("127.0.0.1", proxy.address().port()).unwrap();
    let check = check(&nginx, "www.example.org", &ca).connect_to(way);
    let outcome = check.run(&cx().with_timeout(std::time::Duration::from_millis(1500))).await;
    let CheckOutcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
    assert_eq!((failure.phase, failure.cause), (Phase::Tls, Cause::Timeout));
}
