use crate::server::{connect, cx, encrypted};
use purlin_core::{Error, ErrorKind, Outcome, SecretRef, TlsSettings};
use purlin_db::Session;
use purlin_testkit::{Binary, Leaf, Postgres, PostgresSettings, TestCa};
use purlin_tls::{TlsDetail, TlsFault};

fn server(leaf: &Leaf) -> Option<Postgres> {
    PostgresSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap()
}

async fn is_encrypted(session: &mut Session) -> bool {
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row = session.query(&cx(), sql).one().await.unwrap();
    row.into_values() == [purlin_db::Value::Bool(true)]
}

fn fault(error: &Error) -> Option<TlsFault> {
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Tls, Outcome::NotSent), "{error}");
    assert_eq!(error.operation(), Some("tls.handshake"), "{error}");
    assert!(error.endpoint().is_some());
    error.detail::<TlsDetail>().map(|detail| detail.fault)
}

#[tokio::test]
async fn the_server_is_verified_and_nothing_less_by_default() {
    let ca = TestCa::new().unwrap();
    let Some(postgres) = server(&ca.leaf().name("localhost").issue().unwrap()) else { return };
    let own = TlsSettings::new().ca(ca.path());
    let mut session = connect(&encrypted(&postgres, "localhost", own.clone())).await.unwrap();
    assert!(is_encrypted(&mut session).await);
    let bytes = TlsSettings::new().ca(purlin_core::Pem::bytes(ca.pem().into_bytes()));
    connect(&encrypted(&postgres, "localhost", bytes)).await.unwrap();

    // Neither the bundled roots nor another authority will do.
    let error = connect(&encrypted(&postgres, "localhost", TlsSettings::new())).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::UnknownIssuer), "{error}");
    let other = TestCa::new().unwrap();
    let error =
        connect(&encrypted(&postgres, "localhost", TlsSettings::new().ca(other.path()))).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::UnknownIssuer), "{error}");

    // The right authority, another name.
    let error = connect(&encrypted(&postgres, "127.0.0.1", own.clone())).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::WrongName), "{error}");
    connect(&encrypted(&postgres, "127.0.0.1", own.danger_accept_any_name())).await.unwrap();
    let any_name = TlsSettings::new().danger_accept_any_name();
    assert_eq!(
        fault(&connect(&encrypted(&postgres, "127.0.0.1", any_name)).await.unwrap_err()),
        Some(TlsFault::UnknownIssuer)
    );
    let any = TlsSettings::new().danger_accept_any_certificate();
    assert!(is_encrypted(&mut connect(&encrypted(&postgres, "127.0.0.1", any)).await.unwrap()).await);
}

#[tokio::test]
async fn an_expired_certificate_and_a_server_without_tls_are_refused() {
    let ca = TestCa::new().unwrap();
    let Some(postgres) = server(&ca.leaf().name("localhost").expired().issue().unwrap()) else { return };
    let own = TlsSettings::new().ca(ca.path());
    let error = connect(&encrypted(&postgres, "localhost", own.clone())).await.unwrap_err();
    assert_eq!(fault(&error), Some(TlsFault::Expired), "{error}");
    let Some(plain) = PostgresSettings::new().start().unwrap() else { return };
    let error = connect(&encrypted(&plain, "localhost", own)).await.unwrap_err();
    assert_eq!(fault(&error), None);
    assert!(error.message().contains("does not support TLS"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_ours_is_shown_and_bad_files_are_named() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let settings = PostgresSettings::new()
        .tls(leaf.path(), leaf.key_path())
        .client_ca(ca.path())
        .hba("hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca");
    let Some(postgres) = settings.start().unwrap() else { return };
    let own = TlsSettings::new().ca(ca.path());
    let error = connect(&encrypted(&postgres, "localhost", own.clone())).await.unwrap_err();
    assert!(error.message().contains("client certificate"), "{error}");
    let me = ca.leaf().name("purlin").client().issue().unwrap();
    let shown = own.clone().client_certificate(me.path(), SecretRef::file(me.key_path()));
    assert!(is_encrypted(&mut connect(&encrypted(&postgres, "localhost", shown)).await.unwrap()).await);

    let missing = own.ca("no-such-folder/ca.pem");
    let error = connect(&encrypted(&postgres, "localhost", missing)).await.unwrap_err();
    assert_eq!(error.detail::<TlsDetail>().unwrap().fault, TlsFault::CaUnreadable, "{error}");
    assert!(error.to_string().contains("no-such-folder/ca.pem"), "{error}");
}

#[tokio::test]
async fn a_cancellation_takes_the_same_way() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let settings = PostgresSettings::new().tls(leaf.path(), leaf.key_path());
    let Some(postgres) = settings.hba("hostnossl all purlin 127.0.0.1/32 reject").start().unwrap() else {
        return;
    };
    let target = encrypted(&postgres, "localhost", TlsSettings::new().ca(ca.path()));
    let mut session = connect(&target).await.unwrap();
    let short = purlin_core::Cx::background().with_timeout(std::time::Duration::from_millis(100));
    let error = session.execute(&short, "SELECT pg_sleep(3600)").await.unwrap_err();
    assert!(error.note().unwrap().contains("cancelled on the server"), "{error}");
    assert!(is_encrypted(&mut session).await);
}

/// Says to the process that a test starts where to connect to.
const ADDRESS: &str = "PURLIN_TEST_TRUSTING";

#[tokio::test]
async fn what_the_environment_trusts_is_not_trusted() {
    if let Ok(port) = std::env::var(ADDRESS) {
        let mut target = purlin_db::Target::new("postgres");
        target.hosts.push(("localhost".to_owned(), Some(port.parse().unwrap())));
        target.user = Some("purlin".to_owned());
        let error = connect(&target).await.unwrap_err();
        assert_eq!(fault(&error), Some(TlsFault::UnknownIssuer), "{error}");
        return;
    }
    let ca = TestCa::new().unwrap();
    let Some(postgres) = server(&ca.leaf().name("localhost").issue().unwrap()) else { return };
    let run = Binary::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tls::what_the_environment_trusts_is_not_trusted",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ADDRESS, postgres.address().port().to_string())
        .env("SSL_CERT_FILE", ca.path())
        .env("PGSSLROOTCERT", ca.path())
        .run()
        .unwrap();
    assert!(run.status.success() && run.stdout.contains("1 passed"), "{}{}", run.stdout, run.stderr);
}
