use crate::stage::{admin, connect, number, run, server, target, values};
use purlin_core::{ErrorKind, Outcome, Pem, SecretRef, TlsSettings};
use purlin_db::{Driver, Target, Value};
use purlin_db_mysql::MySql;
use purlin_testkit::{MariaDb, MariaDbSettings, TestCa};
use purlin_tls::{TlsDetail, TlsFault};

/// A server whose certificate is for `localhost`, and the authority.
fn secured() -> Option<(MariaDb, TestCa)> {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let settings = MariaDbSettings::new().tls(leaf.path(), leaf.key_path()).client_ca(ca.path());
    Some((settings.start().unwrap()?, ca))
}

fn by_name(server: &MariaDb, name: &str, tls: TlsSettings) -> Target {
    let mut target = target(server, server.address());
    target.hosts = vec![(name.to_owned(), Some(server.address().port()))];
    target.options.clear();
    target.tls = tls;
    target
}

async fn fault(target: &Target) -> TlsFault {
    let error = connect(target).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Tls, Outcome::NotSent), "{error}");
    assert!(error.endpoint().is_some());
    error.detail::<TlsDetail>().unwrap_or_else(|| panic!("{error:?}")).fault
}

fn pem(ca: &TestCa) -> Pem {
    Pem::bytes(ca.pem().into_bytes())
}

#[tokio::test]
async fn a_certificate_is_verified() {
    let Some((server, ca)) = secured() else { return };
    for tls in [TlsSettings::new().ca(pem(&ca)), TlsSettings::new().ca_only(ca.path())] {
        let mut session = connect(&by_name(&server, "localhost", tls)).await.unwrap();
        let cipher = values(&mut session, "SHOW SESSION STATUS LIKE 'Ssl_cipher'").await;
        assert!(matches!(&cipher[1], Value::Text(cipher) if !cipher.is_empty()));
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
    }
    // Neither the system nor what the raw driver bundles knows this authority, and another one is of no help.
    assert_eq!(fault(&by_name(&server, "localhost", TlsSettings::new())).await, TlsFault::UnknownIssuer);
    let stranger = TestCa::new().unwrap();
    for tls in [TlsSettings::new().ca(pem(&stranger)), TlsSettings::new().ca_only(pem(&stranger))] {
        assert_eq!(fault(&by_name(&server, "localhost", tls)).await, TlsFault::UnknownIssuer);
    }
}

#[tokio::test]
async fn names_have_to_fit() {
    let Some((server, ca)) = secured() else { return };
    let trusting = || TlsSettings::new().ca(pem(&ca));
    assert_eq!(fault(&by_name(&server, "127.0.0.1", trusting())).await, TlsFault::WrongName);
    assert_eq!(
        fault(&by_name(&server, "localhost", trusting().server_name("db.example"))).await,
        TlsFault::WrongName
    );
    let any_name = by_name(&server, "127.0.0.1", trusting().danger_accept_any_name());
    let error = MySql::new().connector(&any_name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    for tls in [trusting().server_name("localhost"), TlsSettings::new().danger_accept_any_certificate()] {
        let mut session = connect(&by_name(&server, "127.0.0.1", tls)).await.unwrap();
        assert_eq!(number(&mut session, "SELECT 42").await, 42);
    }
}

#[tokio::test]
async fn a_statement_is_cancelled_over_tls_too() {
    let Some((server, ca)) = secured() else { return };
    let mut session = connect(&by_name(&server, "localhost", TlsSettings::new().ca(pem(&ca)))).await.unwrap();
    let short = purlin_core::Cx::background().with_timeout(std::time::Duration::from_millis(100));
    let error = session.query(&short, "SELECT SLEEP(60)").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let Some((server, ca)) = secured() else { return };
    let mut observer = admin(&server).await;
    run(&mut observer, "ALTER USER 'app'@'%' REQUIRE X509").await;
    let client = ca.leaf().client().name("app").issue().unwrap();
    let tls = TlsSettings::new().ca(pem(&ca));
    let with = tls.clone().client_certificate(client.path(), SecretRef::file(client.key_path()));
    let mut session = connect(&by_name(&server, "localhost", with)).await.unwrap();
    assert_eq!(number(&mut session, "SELECT 42").await, 42);
    let error = connect(&by_name(&server, "localhost", tls.clone())).await.unwrap_err();
    assert_eq!(error.detail::<purlin_db::DbDetail>().unwrap().code, Some(1045), "{error}");
    let half = tls.client_certificate("no-such-file.pem", SecretRef::file(client.key_path()));
    let error = connect(&by_name(&server, "localhost", half)).await.unwrap_err();
    assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::ClientIdentity, "{error}");
}

#[tokio::test]
async fn a_server_without_tls_gets_no_password() {
    let Some(server) = server() else { return };
    let tls = TlsSettings::new().danger_accept_any_certificate();
    let error = connect(&by_name(&server, "localhost", tls)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(error.message().contains("tls=off"));
}
