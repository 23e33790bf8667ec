use crate::server::{connect, cx, encrypted, number};
use crate::tds::{Encryption, Fake, LOGIN, tls};
use purlin_core::{Error, ErrorKind, Outcome, TlsSettings};
use purlin_testkit::{Leaf, TestCa};
use purlin_tls::{TlsDetail, TlsFault};

fn fault(error: &Error) -> Option<TlsFault> {
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Tls, Outcome::NotSent), "{error}");
    assert_eq!(error.operation(), Some("tls.handshake"), "{error}");
    assert!(error.endpoint().is_some());
    error.detail::<TlsDetail>().map(|detail| detail.fault)
}

fn within(leaf: &Leaf) -> Fake {
    Fake::start().unwrap().encrypt(Encryption::Within(tls(leaf, false, None)))
}

#[tokio::test]
async fn the_server_is_verified_and_nothing_less_by_default() {
    let ca = TestCa::new().unwrap();
    let fake = within(&ca.leaf().name("localhost").issue().unwrap());
    let port = fake.address().port();
    let own = TlsSettings::new().ca(ca.path());
    let mut session = connect(&encrypted("localhost", port, own.clone())).await.unwrap();
    assert_eq!(number(&mut session, 7).await, 7);
    let only = TlsSettings::new().ca_only(ca.path());
    connect(&encrypted("localhost", port, only)).await.unwrap();
    let logins = fake.count(LOGIN);

    let error = connect(&encrypted("localhost", port, TlsSettings::new())).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::UnknownIssuer), "{error}");
    let another = TestCa::new().unwrap();
    let other = TlsSettings::new().ca_only(another.path());
    let error = connect(&encrypted("localhost", port, other)).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::UnknownIssuer), "{error}");
    let error = connect(&encrypted("127.0.0.1", port, own.clone())).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::WrongName), "{error}");
    assert_eq!(fake.count(LOGIN), logins, "a login went to a server that was not verified");

    connect(&encrypted("127.0.0.1", port, own.clone().server_name("localhost"))).await.unwrap();
    connect(&encrypted("127.0.0.1", port, own.danger_accept_any_name())).await.unwrap();
    let any = TlsSettings::new().danger_accept_any_certificate();
    connect(&encrypted("127.0.0.1", port, any)).await.unwrap();
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let ca = TestCa::new().unwrap();
    let fake = within(&ca.leaf().name("localhost").expired().issue().unwrap());
    let own = TlsSettings::new().ca(ca.path());
    let error = connect(&encrypted("localhost", fake.address().port(), own)).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::Expired), "{error}");
}

/// What TLS 1.3 sends after its handshake comes without a packet of TDS.
#[tokio::test]
async fn tls_1_3_within_tds_7_works_too() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let fake = Fake::start().unwrap().encrypt(Encryption::Within(tls(&leaf, true, None)));
    let own = TlsSettings::new().ca(ca.path());
    let mut session = connect(&encrypted("localhost", fake.address().port(), own)).await.unwrap();
    let rows = crate::tds::tokens::ints(0..20_000);
    fake.answer("ROWS", rows);
    assert_eq!(session.query(&cx(), "ROWS").all().await.unwrap().len(), 20_000);
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn strict_is_tls_around_everything() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let fake = Fake::start().unwrap().encrypt(Encryption::Around(tls(&leaf, true, Some("tds/8.0"))));
    let port = fake.address().port();
    let own = TlsSettings::new().ca(ca.path());
    let wanted = encrypted("localhost", port, own).option("tls", "strict");
    let mut session = connect(&wanted).await.unwrap();
    assert_eq!(number(&mut session, 7).await, 7);
    let error = connect(&encrypted("localhost", port, TlsSettings::new()).option("tls", "strict")).await;
    assert_eq!(fault(&error.unwrap_err()), Some(TlsFault::UnknownIssuer));
    // A server that speaks another protocol there.
    let other = Fake::start().unwrap().encrypt(Encryption::Around(tls(&leaf, true, Some("http/1.1"))));
    let own = TlsSettings::new().ca(ca.path());
    let wanted = encrypted("localhost", other.address().port(), own).option("tls", "strict");
    let error = connect(&wanted).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
}

#[tokio::test]
async fn a_statement_is_cancelled_through_tls() {
    use crate::tds::{ATTENTION, Step, tokens};
    let ca = TestCa::new().unwrap();
    let fake = within(&ca.leaf().name("localhost").issue().unwrap());
    let late = [
        Step::AwaitAttention,
        Step::Send(tokens::ints([1])),
        Step::Send(tokens::done(tokens::ATTENTION, 0, 0)),
    ];
    fake.on("SLOW", late);
    let own = TlsSettings::new().ca(ca.path());
    let mut session = connect(&encrypted("localhost", fake.address().port(), own)).await.unwrap();
    session.query(&crate::server::short(), "SLOW").all().await.unwrap_err();
    assert_eq!((number(&mut session, 7).await, fake.count(ATTENTION)), (7, 1));
}
