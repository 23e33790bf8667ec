use crate::server::{connect, cx, encrypted, number, session, target};
use crate::tds::Browser;
use crate::tds::tokens::{done, error};
use crate::tds::{Encryption, Fake, LOGIN, Login};
use purlin_core::{Cx, ErrorKind, Outcome, TlsSettings};
use purlin_db::{
    Capability, Connector, DbDetail, Drivers, ErrorClass, Session, SessionState, Target, Vendor,
};
use purlin_db_mssql::{Client, Mssql, MssqlConnector, ServerMessage};
use purlin_testkit::ReservedPort;
use std::net::{SocketAddr, TcpListener};

#[tokio::test]
async fn a_session_says_who_answers_and_hands_out_the_drivers_client() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let info = session.info();
    assert_eq!((info.vendor, info.session_id), (Vendor::SqlServer, Some(51)));
    assert!(info.version.is_at_least(16, 0));
    assert_eq!(info.version.text(), "16.0.1000.6 Fake Edition (64-bit)");
    assert!(info.capabilities.has(Capability::RecoversAfterDrop));
    assert!(info.capabilities.has(Capability::Cancel));
    assert_eq!(session.state(), SessionState::Idle);
    session.ping(&cx()).await.unwrap();
    let client = session.native().downcast_mut::<Client>().unwrap();
    let row = client.simple_query("SELECT 5").await.unwrap().into_row().await.unwrap().unwrap();
    assert_eq!(row.get::<i32, _>(0), Some(5));
    assert_eq!(number(&mut session, 6).await, 6);
    session.close(&cx()).await.unwrap();
}

#[tokio::test]
async fn both_schemes_are_the_drivers_and_addresses_keep_their_order() {
    let drivers = Drivers::new().with(Mssql::new());
    for scheme in ["mssql", "sqlserver"] {
        let target: Target = format!("{scheme}://app@db1,db2:1444/map").parse().unwrap();
        let connector = drivers.connector(&target).unwrap();
        let endpoints: Vec<_> = connector.endpoints().iter().map(ToString::to_string).collect();
        assert_eq!(endpoints, ["db1:1433", "db2:1444"]);
    }
}

#[test]
fn what_a_url_cannot_say_is_refused_by_name() {
    let refused = |url: &str| MssqlConnector::new(&url.parse().unwrap()).unwrap_err();
    for (url, kind, words) in [
        ("mssql://db1/map", ErrorKind::Unsupported, "Kerberos"),
        ("mssql://app@db1/map?tls=off", ErrorKind::Invalid, "\"tls\" takes on, strict"),
        ("mssql://app@db1/map?tls=on&danger_no_tls=true", ErrorKind::Invalid, "contradict"),
        ("mssql://app@db1:1433/map?instance=SALES", ErrorKind::Invalid, "a port and an instance"),
        ("mssql://app@db1/map?packet_size=100", ErrorKind::Invalid, "512 to 32767"),
        ("mssql://app@db1/map?encrypt=false", ErrorKind::Invalid, "no option \"encrypt\""),
        ("mssql://app@%2Frun%2Fmssql/map", ErrorKind::Invalid, "no sockets"),
    ] {
        let error = refused(url);
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent), "{error}");
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_refused_login_is_told_by_number_state_and_class() {
    let refusal = [error(18_456, 8, 14, "Login failed for user 'app'."), done(2, 0, 0)].concat();
    let fake = Fake::start().unwrap().login(Login::Say(refusal));
    let told = connect(&target(fake.address())).await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Unauthenticated, Outcome::NotSent), "{told}");
    assert_eq!(told.operation(), Some("db.login"));
    assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(18_456));
    assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::LoginDenied));
    let said = told.detail::<ServerMessage>().unwrap();
    assert_eq!((said.number, said.state, said.class, said.server.as_str()), (18_456, 8, 14, "FAKE"));
    assert!(told.to_string().contains("Level 14, State 8"), "{told}");
}

/// The driver waits for the last byte, and reports the end of the stream.
#[tokio::test]
async fn a_login_error_survives_an_answer_that_is_a_byte_short() {
    let mut refusal = error(18_456, 1, 14, "Login failed for user 'app'.");
    let end = done(2, 0, 0);
    refusal.extend_from_slice(&end[..end.len() - 1]);
    let fake = Fake::start().unwrap().login(Login::Say(refusal));
    let told = connect(&target(fake.address())).await.unwrap_err();
    assert_eq!(told.detail::<DbDetail>().map(|detail| detail.code), Some(Some(18_456)), "{told}");
    assert_eq!(told.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_missing_database_is_told_although_the_login_goes_on() {
    let refusal = [
        error(4060, 1, 11, "Cannot open database \"map\" requested by the login."),
        error(18_456, 1, 14, "Login failed for user 'app'."),
        done(2, 0, 0),
    ];
    let fake = Fake::start().unwrap().login(Login::Say(refusal.concat()));
    let told = connect(&target(fake.address())).await.unwrap_err();
    assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::NoSuchDatabase), "{told}");
}

#[tokio::test]
async fn redirects_are_followed_and_not_in_circles() {
    let secondary = Fake::start().unwrap();
    let port = secondary.address().port();
    let primary = Fake::start().unwrap().login(Login::Redirect("127.0.0.1\\AG1".to_owned(), port));
    let wanted = target(primary.address()).option("application_intent", "read_only");
    let mut session = connect(&wanted).await.unwrap();
    assert_eq!(number(&mut session, 8).await, 8);
    assert_eq!((primary.count(LOGIN), secondary.count(LOGIN)), (1, 1));
    // Bit 5 of the login's type flags asks for reading only.
    assert_eq!(primary.last(LOGIN)[26] & 0x20, 0x20);
    assert_eq!(session.info().endpoint.port(), Some(primary.address().port()));

    // A node that is down is told by its own address, not by that of the one who sent on.
    let dead = ReservedPort::new().unwrap();
    let sending = Fake::start().unwrap().login(Login::Redirect("127.0.0.1".to_owned(), dead.number()));
    let told = connect(&target(sending.address())).await.unwrap_err();
    assert_eq!((told.kind(), told.operation()), (ErrorKind::Refused, Some("tcp.connect")), "{told}");
    assert_eq!(told.endpoint().and_then(|endpoint| endpoint.port()), Some(dead.number()), "{told}");

    let own = Fake::start().unwrap();
    let port = own.address().port();
    let own = own.login(Login::Redirect("127.0.0.1".to_owned(), port));
    let told = connect(&target(own.address())).await.unwrap_err();
    assert_eq!((told.kind(), told.operation()), (ErrorKind::Unavailable, Some("db.redirect")), "{told}");
    assert_eq!(own.count(LOGIN), 1);

    let mut hop = Fake::start().unwrap();
    let mut chain = Vec::new();
    for _ in 0..6 {
        let port = hop.address().port();
        chain.push(hop);
        hop = Fake::start().unwrap().login(Login::Redirect("127.0.0.1".to_owned(), port));
    }
    let told = connect(&target(hop.address())).await.unwrap_err();
    assert_eq!(told.operation(), Some("db.redirect"), "{told}");
    assert_eq!(chain.iter().map(|fake| fake.count(LOGIN)).sum::<usize>(), 3);
}

#[tokio::test]
async fn a_named_instance_is_found_through_its_browser() {
    let fake = Fake::start().unwrap();
    let browser = Browser::start("SALES", fake.address().port(), 1).unwrap();
    let mut wanted = target(fake.address()).option("instance", "sales");
    wanted.hosts[0].1 = None;
    let found = wanted.clone().option("browser_port", browser.port().to_string());
    let mut session = connect(&found).await.unwrap();
    assert_eq!(number(&mut session, 9).await, 9);
    // A name with addresses of both kinds, of which the browser listens at one.
    let mut named = found.clone();
    named.hosts[0].0 = "localhost".to_owned();
    connect(&named).await.unwrap();

    let nobody = found.clone().option("instance", "OTHER");
    let told = connect(&nobody).await.unwrap_err();
    assert_eq!((told.kind(), told.operation()), (ErrorKind::Unavailable, Some("db.browser")), "{told}");
    assert_eq!(told.outcome(), Outcome::NotSent);
}

/// `localhost` has two addresses where there is IPv6; only one of them listens.
#[tokio::test]
async fn all_addresses_of_a_name_are_dialled_at_once() {
    let fake = Fake::start().unwrap();
    let mut wanted = target(fake.address()).option("multi_subnet_failover", "true");
    wanted.hosts[0].0 = "localhost".to_owned();
    let mut session = connect(&wanted).await.unwrap();
    assert_eq!(number(&mut session, 4).await, 4);
    drop(session);

    let closed = ReservedPort::new().unwrap();
    let mut wanted = target(closed.address()).option("multi_subnet_failover", "true");
    wanted.hosts[0].0 = "localhost".to_owned();
    let told = connect(&wanted).await.unwrap_err();
    assert_eq!((told.kind(), told.operation()), (ErrorKind::Refused, Some("tcp.connect")), "{told}");
    assert_eq!(told.endpoint().and_then(|endpoint| endpoint.host()), Some("localhost"));
}

#[tokio::test]
async fn a_closed_port_and_a_silent_server_end_in_time() {
    let closed = ReservedPort::new().unwrap();
    let told = connect(&target(closed.address())).await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Refused, Outcome::NotSent), "{told}");

    // One that accepts and says nothing, and one that is silent after the login.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = Fake::start().unwrap().login(Login::Silence);
    for address in [silent.local_addr().unwrap(), mute.address()] {
        let connector = MssqlConnector::new(&target(address)).unwrap();
        let cx = Cx::background().with_timeout(std::time::Duration::from_millis(200));
        let told = Session::connect(&cx, &connector, &connector.endpoints()[0]).await.unwrap_err();
        assert_eq!((told.kind(), told.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{told}");
    }
    drop(silent);
}

#[tokio::test]
async fn a_server_that_insists_on_tls_and_one_that_has_none_are_told_apart() {
    let insists = Fake::start().unwrap().encrypt(Encryption::Says(3));
    let told = connect(&target(insists.address())).await.unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Denied, "{told}");
    assert!(told.message().contains("insists on TLS"), "{told}");

    // Nothing of the login leaves: it only ever goes through TLS. Both words for "no" count, also where the driver
    // alone would begin TLS with a server that has none.
    for word in [0, 2] {
        let none = Fake::start().unwrap().encrypt(Encryption::Says(word));
        let address: SocketAddr = none.address();
        let wanted = encrypted(&address.ip().to_string(), address.port(), TlsSettings::new());
        let told = connect(&wanted).await.unwrap_err();
        assert_eq!((told.kind(), told.outcome()), (ErrorKind::Tls, Outcome::NotSent), "{told}");
        assert_eq!(none.count(LOGIN), 0);
        // In the clear, where that is asked for, both words are good.
        connect(&target(address)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_said_at_login_is_what_the_target_says() {
    let fake = Fake::start().unwrap();
    let wanted = target(fake.address()).option("application_name", "fleet").option("packet_size", "8192");
    drop(connect(&wanted).await.unwrap());
    let login = fake.last(LOGIN);
    assert_eq!(u32::from_le_bytes(login[8..12].try_into().unwrap()), 8192);
    let text = crate::tds::utf16(&login[(login.len() & 1)..]) + &crate::tds::utf16(&login[1..]);
    for word in ["app", "map", "fleet"] {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains("Pa$$w0rd"));
}
