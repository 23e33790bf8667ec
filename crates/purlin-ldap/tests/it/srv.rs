//! Servers that the DNS names.

use crate::server::{cx, failed, open, profile, settings};
use purlin_core::{Cx, Endpoint, ErrorKind, Secret, SecretRef, SimClock, TlsSettings};
use purlin_ldap::{
    Directory, DirectoryExt, Filter, LdapDirectory, LdapSettings, Search, Security, SrvDomain,
};
use purlin_testkit::{Bind, BindSettings, LdapResponse, Slapd, SlapdSettings, TestCa, WireLdap};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// The one name that every machine resolves to itself.
const DOMAIN: &str = "localhost";

fn bind(records: &str) -> Option<Bind> {
    BindSettings::new().zone(DOMAIN, 1, records).start().unwrap()
}

fn place(address: SocketAddr) -> Endpoint {
    address.to_string().parse().unwrap()
}

fn domain(bind: &Bind, security: Security) -> SrvDomain {
    SrvDomain::new(DOMAIN, security).unwrap().name_servers([place(bind.address())])
}

fn in_clear(bind: &Bind) -> LdapSettings {
    settings([]).domain(domain(bind, Security::Clear))
}

fn anything() -> Search {
    Search::new("dc=x".parse().unwrap(), Filter::any())
}

fn wire() -> WireLdap {
    WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap()
}

#[tokio::test]
async fn a_domain_is_enough_to_find_its_servers() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name(DOMAIN).issue().unwrap();
    let settings = SlapdSettings::new().tls(leaf.path(), leaf.key_path());
    let Some(slapd) = settings.start().unwrap() else { return };
    let port = slapd.ldap().port();
    let Some(bind) = bind(&format!("_ldap._tcp SRV 0 0 {port} localhost.")) else { return };
    let settings = LdapSettings::new(profile())
        .domain(domain(&bind, Security::StartTls))
        .bind(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"))
        .tls(TlsSettings::new().ca_only(ca.path()));
    let directory = open(settings).await;
    assert!(directory.srv_answers(&cx()).is_empty(), "nobody is asked before it is needed");
    assert_eq!(directory.user(&cx(), "u000001").await.unwrap().name, "u000001");
    let password = Secret::from("pw-u000001");
    assert!(directory.authenticate_user(&cx(), "u000001", &password).await.unwrap().is_accepted());
    let answers = directory.srv_answers(&cx());
    assert_eq!(answers[0].servers[0].to_string(), format!("ldap+starttls://localhost:{port}"));
    assert!(!answers[0].is_stale && answers[0].fault.is_none());
    let reports = directory.inspect(&cx(), None).await;
    assert!(reports.len() == 1 && reports[0].fault.is_none(), "{reports:?}");
}

#[tokio::test]
async fn the_lowest_priority_is_asked_first_and_the_next_where_it_is_dead() {
    let (first, second) = (wire(), wire());
    let dead = purlin_testkit::ReservedPort::new().unwrap();
    let records = |first: u16, second: u16| {
        format!("_ldap._tcp SRV 20 0 {second} localhost.\n_ldap._tcp SRV 10 0 {first} localhost.")
    };
    let Some(good) = bind(&records(first.address().port(), second.address().port())) else { return };
    let directory = open(in_clear(&good)).await;
    directory.search(&cx(), &anything()).await.unwrap();
    assert!(!first.requests().is_empty() && second.requests().is_empty());
    let Some(half) = bind(&records(dead.address().port(), second.address().port())) else { return };
    let directory = open(in_clear(&half)).await;
    directory.search(&cx(), &anything()).await.unwrap();
    assert!(!second.requests().is_empty());
}

#[tokio::test]
async fn servers_named_by_hand_come_first() {
    let (by_hand, found) = (wire(), wire());
    let Some(bind) = bind(&format!("_ldap._tcp SRV 0 0 {} localhost.", found.address().port())) else {
        return;
    };
    let directory = open(settings([by_hand.address()]).domain(domain(&bind, Security::Clear))).await;
    directory.search(&cx(), &anything()).await.unwrap();
    assert!(found.requests().is_empty());
    let order: Vec<_> = directory.stats().iter().map(|server| server.endpoint.port()).collect();
    assert_eq!(order, [Some(by_hand.address().port()), Some(found.address().port())]);
}

#[tokio::test]
async fn an_old_answer_stays_in_use_and_keeps_its_age() {
    let server = wire();
    let Some(mut bind) = bind(&format!("_ldap._tcp SRV 0 0 {} localhost.", server.address().port())) else {
        return;
    };
    let time = SimClock::new();
    let cx = Cx::background().with_clock(time.clone());
    let directory = open(in_clear(&bind)).await;
    directory.search(&cx, &anything()).await.unwrap();
    bind.server_mut().kill().unwrap();
    time.advance(Duration::from_secs(30));
    directory.search(&cx, &anything()).await.unwrap();
    let answer = &directory.srv_answers(&cx)[0];
    assert!(!answer.is_stale && answer.fault.is_none(), "its zone says 60 s: {answer:?}");
    time.advance(Duration::from_secs(7200));
    directory.search(&cx, &anything()).await.unwrap();
    let answer = &directory.srv_answers(&cx)[0];
    assert!(answer.is_stale && answer.age >= Duration::from_secs(7230), "{answer:?}");
    assert_eq!(answer.fault.as_ref().map(|error| error.operation()), Some(Some("dns.ask")));
    bind.server_mut().restart().unwrap();
    time.advance(Duration::from_secs(6));
    directory.search(&cx, &anything()).await.unwrap();
    let answer = &directory.srv_answers(&cx)[0];
    assert!(!answer.is_stale && answer.fault.is_none(), "{answer:?}");
}

#[tokio::test]
async fn under_tls_servers_elsewhere_are_left_out_unless_a_name_is_said() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("example.org").issue().unwrap();
    let settings = SlapdSettings::new().tls(leaf.path(), leaf.key_path());
    let Some(slapd) = settings.start().unwrap() else { return };
    let records = format!("_ldap._tcp SRV 0 0 {} localhost.", slapd.ldap().port());
    let Some(bind) = BindSettings::new().zone("example.org", 1, &records).start().unwrap() else { return };
    let domain = SrvDomain::new("example.org", Security::StartTls).unwrap();
    let settings = LdapSettings::new(profile())
        .domain(domain.name_servers([place(bind.address())]))
        .bind(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"));
    let tls = TlsSettings::new().ca_only(ca.path());
    let error = failed(open(settings.clone().tls(tls.clone())).await.user(&cx(), "u000001").await);
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:#}");
    assert!(error.to_string().contains("localhost"), "{error}");
    let directory = open(settings.tls(tls.server_name("example.org"))).await;
    assert_eq!(directory.user(&cx(), "u000001").await.unwrap().name, "u000001");
}

#[tokio::test]
async fn a_domain_without_servers_says_so() {
    for records in ["other A 192.0.2.1", "_ldap._tcp SRV 0 0 0 ."] {
        let Some(bind) = bind(records) else { return };
        let directory = open(in_clear(&bind)).await;
        let error = failed(directory.user(&cx(), "ada").await);
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Unresolved, Some("dns.ask")), "{error:#}");
        let reports = directory.inspect(&cx(), None).await;
        let fault = reports[0].fault.as_ref().map(|error| error.kind());
        assert_eq!((reports.len(), fault), (1, Some(ErrorKind::Unresolved)));
    }
}

#[tokio::test]
async fn a_mute_name_server_ends_at_the_deadline_and_the_next_is_asked() {
    let mute = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mute_place = place(mute.local_addr().unwrap());
    let only = SrvDomain::new(DOMAIN, Security::Clear).unwrap().name_servers([mute_place.clone()]);
    let directory = LdapDirectory::open(&cx(), settings([]).domain(only.clone())).await.unwrap();
    let impatient = Cx::background().with_timeout(Duration::from_millis(300));
    let error = failed(directory.search(&impatient, &anything()).await);
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:#}");
    let server = wire();
    let Some(bind) = bind(&format!("_ldap._tcp SRV 0 0 {} localhost.", server.address().port())) else {
        return;
    };
    let both = only.name_servers([mute_place, place(bind.address())]);
    let directory = open(settings([]).domain(both)).await;
    directory.search(&cx(), &anything()).await.unwrap();
}

#[tokio::test]
async fn more_records_than_a_datagram_holds_come_over_tcp() {
    let server = wire();
    let mut records = format!("_ldap._tcp SRV 0 0 {} localhost.\n", server.address().port());
    for number in 0..60 {
        records.push_str(&format!("_ldap._tcp SRV 9 0 389 a-rather-long-name-of-a-server-{number}\n"));
    }
    let Some(bind) = bind(&records) else { return };
    let directory = open(in_clear(&bind)).await;
    directory.search(&cx(), &anything()).await.unwrap();
    assert_eq!(directory.srv_answers(&cx())[0].servers.len(), 61);
}

#[tokio::test]
async fn a_password_in_clear_is_refused_here_too() {
    let domain = SrvDomain::new(DOMAIN, Security::Clear).unwrap();
    let settings = LdapSettings::new(profile()).domain(domain);
    let settings = settings.bind(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"));
    assert_eq!(failed(LdapDirectory::open(&cx(), settings).await).kind(), ErrorKind::Invalid);
}
