//! Referrals: reported, and followed where that was asked for by the name of the server.

use crate::server::{cx, failed, open, opened, settings};
use purlin_core::{ErrorKind, SecretRef};
use purlin_ldap::{
    Directory, DirectoryExt, Dn, Filter, Identity, LdapClass, LdapDetail, LdapSettings, Search,
};
use purlin_testkit::{LdapRequest, LdapResponse, Slapd, SlapdSettings, WireLdap};
use std::sync::{Arc, OnceLock};

/// The second has people whom the first has not, and the first refers to it.
fn two() -> Option<(Slapd, Slapd)> {
    let other = SlapdSettings::new().users(120).start().unwrap()?;
    let one = SlapdSettings::new().users(3).refers_to(other.ldap().port()).start().unwrap()?;
    Some((one, other))
}

fn sync() -> Identity {
    Identity::Simple(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"))
}

fn people(name: &str) -> Search {
    Search::new(Slapd::BASE.parse().unwrap(), Filter::equal("uid", name).unwrap())
}

fn anything() -> Search {
    Search::new("dc=x".parse().unwrap(), Filter::any())
}

/// One that answers searches so; everybody may log in.
fn wire(answer: impl Fn(&LdapRequest) -> LdapResponse + Send + Sync + 'static) -> WireLdap {
    let handler = move |request: &LdapRequest| match request.is_search() {
        true => answer(request),
        false => LdapResponse::done(request, 0, ""),
    };
    WireLdap::start(handler).unwrap()
}

fn following(from: &WireLdap, to: &[&WireLdap]) -> LdapSettings {
    let allow = |settings: LdapSettings, to: &&WireLdap| {
        settings.follow(&format!("ldap://{}", to.address())).unwrap()
    };
    to.iter().fold(settings([from.address()]), allow)
}

fn class(error: &purlin_core::Error) -> Option<LdapClass> {
    LdapDetail::class_of(error)
}

#[tokio::test]
async fn a_referral_object_leads_to_another_server_only_where_that_is_allowed() {
    let Some((one, other)) = two() else { return };
    let directory = opened([one.ldap()]).await;
    let mut entries = directory.search(&cx(), &people("u000120")).await.unwrap();
    assert!(entries.next().await.unwrap().is_none());
    assert_eq!(entries.referrals().len(), 1);
    let url = format!("ldap://127.0.0.1:{}", other.ldap().port());
    assert!(entries.referrals()[0].starts_with(&url), "{:?}", entries.referrals());
    // Somebody else is allowed: the same.
    let elsewhere = settings([one.ldap()]).follow("ldap://127.0.0.2").unwrap();
    let mut entries = open(elsewhere).await.search(&cx(), &people("u000120")).await.unwrap();
    assert!(entries.next().await.unwrap().is_none());
    assert_eq!(entries.referrals().len(), 1);
    let directory = open(settings([one.ldap()]).follow_as(&url, sync()).unwrap()).await;
    let mut entries = directory.search(&cx(), &people("u000120")).await.unwrap();
    let found = entries.next().await.unwrap().unwrap();
    assert_eq!(found.text("uid").unwrap(), Some("u000120"));
    assert!(entries.next().await.unwrap().is_none());
    assert!(entries.referrals().is_empty(), "it was followed");
    assert_eq!(directory.user(&cx(), "u000119").await.unwrap().name, "u000119");
}

#[tokio::test]
async fn a_base_below_a_referral_object_is_searched_where_it_points() {
    let Some((one, other)) = two() else { return };
    let base: Dn = format!("ou=remote,{}", Slapd::BASE).parse().unwrap();
    let search = Search::new(base, Filter::equal("uid", "u000120").unwrap());
    let error = failed(opened([one.ldap()]).await.search(&cx(), &search).await);
    assert_eq!(class(&error), Some(LdapClass::Referral), "{error:#}");
    assert_eq!(error.detail::<LdapDetail>().unwrap().referrals.len(), 1);
    let url = format!("ldap://127.0.0.1:{}", other.ldap().port());
    let directory = open(settings([one.ldap()]).follow_as(&url, sync()).unwrap()).await;
    let found = directory.search(&cx(), &search).await.unwrap().all().await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn the_password_does_not_follow_unless_it_is_given_for_that_server() {
    for logs_in in [false, true] {
        let other = wire(|request| LdapResponse::done(request, 0, ""));
        let url = format!("ldap://{}", other.address());
        let target = format!("{url}/dc=x");
        let one = wire(move |request| {
            LdapResponse::reference(request, &[&target]).then(LdapResponse::done(request, 0, ""))
        });
        let identity = if logs_in { sync() } else { Identity::Anonymous };
        let directory = open(settings([one.address()]).follow_as(&url, identity).unwrap()).await;
        directory.search(&cx(), &anything()).await.unwrap().all().await.unwrap();
        assert!(one.requests().iter().any(|request| request.is_bind()));
        let asked = other.requests();
        assert!(asked.iter().any(|request| request.is_search()));
        assert_eq!(asked.iter().any(|request| request.is_bind()), logs_in);
        assert_eq!(asked.iter().any(|request| request.holds("sync")), logs_in);
    }
}

#[tokio::test]
async fn a_circle_and_a_long_way_are_errors() {
    let back: Arc<OnceLock<String>> = Arc::default();
    let to = back.clone();
    let other = wire(move |request| LdapResponse::referral(request, &[to.get().unwrap()]));
    let there = format!("ldap://{}/dc=x", other.address());
    let one = wire(move |request| LdapResponse::referral(request, &[&there]));
    back.set(format!("ldap://{}/dc=x", one.address())).unwrap();
    let error = failed(open(following(&one, &[&one, &other])).await.search(&cx(), &anything()).await);
    assert_eq!(class(&error), Some(LdapClass::Referral));
    assert!(error.to_string().contains("circle"), "{error}");
    // One that has another name each time.
    let place: Arc<OnceLock<String>> = Arc::default();
    let own = place.clone();
    let endless = wire(move |request| {
        LdapResponse::referral(request, &[&format!("{}/cn=x,{}", own.get().unwrap(), request.dn)])
    });
    place.set(format!("ldap://{}", endless.address())).unwrap();
    let error = failed(open(following(&endless, &[&endless])).await.search(&cx(), &anything()).await);
    assert!(error.to_string().contains("more than 5"), "{error}");
    let asked = endless.requests().iter().filter(|request| request.is_search()).count();
    assert_eq!(asked, 6);
}

#[tokio::test]
async fn references_in_a_circle_are_asked_once_and_what_is_not_allowed_is_reported() {
    let place: Arc<OnceLock<String>> = Arc::default();
    let own = place.clone();
    let one = wire(move |request| {
        let own = own.get().unwrap();
        // Two that have the same, of which only the second may be asked; and one that may not.
        LdapResponse::entry(request, "cn=a,dc=x", &[("cn", vec![b"a".to_vec()])])
            .then(LdapResponse::reference(request, &["ldap://127.0.0.2/dc=y", &format!("{own}/dc=y")]))
            .then(LdapResponse::reference(request, &["ldap://127.0.0.3/dc=z"]))
            .then(LdapResponse::done(request, 0, ""))
    });
    place.set(format!("ldap://{}", one.address())).unwrap();
    let directory = open(following(&one, &[&one])).await;
    let mut entries = directory.search(&cx(), &anything()).await.unwrap();
    let mut got = 0;
    while entries.next().await.unwrap().is_some() {
        got += 1;
    }
    assert_eq!(got, 2, "dc=x, and dc=y once");
    assert!(
        entries.referrals().iter().all(|url| url == "ldap://127.0.0.3/dc=z"),
        "{:?}",
        entries.referrals()
    );
    assert!(!entries.referrals().is_empty());
}

#[tokio::test]
async fn a_dead_end_is_an_error_and_not_an_answer() {
    let dead = purlin_testkit::ReservedPort::new().unwrap();
    let url = format!("ldap://{}", dead.address());
    let target = format!("{url}/dc=x");
    let one = wire(move |request| {
        LdapResponse::reference(request, &[&target]).then(LdapResponse::done(request, 0, ""))
    });
    let directory = open(settings([one.address()]).follow(&url).unwrap()).await;
    let error = failed(directory.search(&cx(), &anything()).await.unwrap().all().await);
    assert_eq!(error.kind(), ErrorKind::Refused, "{error:#}");
}
