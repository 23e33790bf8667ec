//! Several servers, and what happens when one is dead.

use crate::server::{cx, failed, opened, profile, settings};
use purlin_core::{Cx, ErrorKind, Secret};
use purlin_ldap::{Directory, DirectoryExt, Dn, Filter, LdapDirectory, LdapSettings, Search, Verdict};
use purlin_testkit::{Accept, FaultProxy, LdapResponse, ReservedPort, Slapd, SlapdSettings, WireLdap};
use std::time::Duration;

/// Two servers that copy each other.
fn mirrors() -> Option<(Slapd, Slapd)> {
    let mut one = SlapdSettings::new().id(1).start().unwrap()?;
    let mut other = SlapdSettings::new().id(2).start().unwrap()?;
    one.copy(&other).unwrap();
    other.copy(&one).unwrap();
    Some((one, other))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_look_up_of_a_fresh_process_is_answered_while_the_first_server_is_stopped() {
    let Some((one, other)) = mirrors() else { return };
    one.server().pause().unwrap();
    for _ in 0..20 {
        // A directory of its own each time: nobody remembers the dead server.
        let directory = opened([one.ldap(), other.ldap()]).await;
        assert_eq!(directory.user(&cx(), "u000003").await.unwrap().name, "u000003");
    }
    one.server().resume().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_passed_over_and_used_again() {
    let Some((mut one, other)) = mirrors() else { return };
    let directory = opened([one.ldap(), other.ldap()]).await;
    directory.user(&cx(), "u000001").await.unwrap();
    one.server_mut().kill().unwrap();
    for number in 1..=50 {
        let name = format!("u{number:06}");
        assert_eq!(directory.user(&cx(), &name).await.unwrap().name, name);
    }
    assert!(directory.stats()[0].out_of_favour);
    let opened_before = directory.stats()[0].opened;
    one.server_mut().restart().unwrap();
    // It is asked again after its time, by one question first.
    let mut asked = 0;
    while directory.stats()[0].opened == opened_before {
        directory.user(&cx(), "u000001").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        asked += 1;
        assert!(asked < 300, "it was never asked again");
    }
    assert!(!directory.stats()[0].out_of_favour);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_under_way_survive_the_end_of_their_server() {
    let Some((mut one, other)) = mirrors() else { return };
    let directory = opened([one.ldap(), other.ldap()]).await;
    let many: Vec<_> = (0..400)
        .map(|number| {
            let directory = directory.clone();
            tokio::spawn(async move { directory.user(&cx(), &format!("u{:06}", number % 100 + 1)).await })
        })
        .collect();
    tokio::task::block_in_place(|| one.server_mut().kill().unwrap());
    for task in many {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loser_is_abandoned() {
    let slow = WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::Silence,
        false => LdapResponse::done(request, 0, ""),
    });
    let (slow, quick) =
        (slow.unwrap(), WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap());
    let directory = opened([slow.address(), quick.address()]).await;
    let search = Search::new("dc=x".parse().unwrap(), Filter::any());
    assert!(directory.search(&cx(), &search).await.unwrap().next().await.unwrap().is_none());
    assert!(slow.wait_until(|requests| requests.iter().any(|request| request.is_abandon())));
}

#[tokio::test]
async fn an_answer_is_an_answer_and_no_other_server_is_asked() {
    let no = WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::done(request, 50, "not for you"),
        false => LdapResponse::done(request, 0, ""),
    });
    let (no, other) = (no.unwrap(), WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap());
    let directory = opened([no.address(), other.address()]).await;
    let search = Search::new("dc=x".parse().unwrap(), Filter::any());
    assert_eq!(failed(directory.search(&cx(), &search).await).kind(), ErrorKind::Denied);
    assert!(other.requests().is_empty());
    // One that is too busy has not answered.
    let busy = WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::done(request, 51, "busy"),
        false => LdapResponse::done(request, 0, ""),
    });
    let busy = busy.unwrap();
    let directory = opened([busy.address(), other.address()]).await;
    assert!(directory.search(&cx(), &search).await.unwrap().next().await.unwrap().is_none());
}

#[tokio::test]
async fn where_all_are_dead_each_is_named() {
    let (one, other) = (ReservedPort::new().unwrap(), ReservedPort::new().unwrap());
    let directory = opened([one.address(), other.address()]).await;
    for _ in 0..5 {
        // However often: dead servers are asked again, and a breaker is no answer.
        let error = failed(directory.user(&cx(), "ada").await);
        assert_eq!(error.kind(), ErrorKind::Refused);
        let text = format!("{error:#}");
        assert!(
            text.contains(&one.address().to_string()) && text.contains(&other.address().to_string()),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_of_one_server_and_once() {
    let mute = WireLdap::start(|_| LdapResponse::Silence).unwrap();
    let other = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let settings = LdapSettings::new(profile()).danger_password_in_clear();
    let urls = [mute.address(), other.address()].map(|address| format!("ldap://{address}"));
    let directory = LdapDirectory::open(&cx(), settings.servers(urls).unwrap()).await.unwrap();
    let dn: Dn = "uid=ada,dc=x".parse().unwrap();
    let impatient = Cx::background().with_timeout(Duration::from_secs(1));
    let error = failed(directory.authenticate(&impatient, &dn, &Secret::from("secret")).await);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(mute.requests().iter().filter(|request| request.is_bind()).count(), 1);
    assert!(other.requests().is_empty(), "a second server was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_be_reached_leaves_the_password_to_the_next() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let proxy = FaultProxy::start(slapd.ldap()).unwrap();
    let dn: Dn = format!("uid=u000001,ou=people,{}", Slapd::BASE).parse().unwrap();
    proxy.accept(Accept::Refuse).unwrap();
    let directory = opened([proxy.address(), slapd.ldap()]).await;
    let verdict = directory.authenticate(&cx(), &dn, &Secret::from("pw-u000001")).await.unwrap();
    assert_eq!(verdict, Verdict::accepted());
}

#[tokio::test]
async fn a_network_that_fails_is_no_wrong_password() {
    let port = ReservedPort::new().unwrap();
    let directory = LdapDirectory::open(&cx(), settings([port.address()])).await.unwrap();
    let dn: Dn = "uid=ada,dc=x".parse().unwrap();
    let error = failed(directory.authenticate(&cx(), &dn, &Secret::from("secret")).await);
    assert_eq!(error.kind(), ErrorKind::Refused);
    let hangs_up = WireLdap::start(|_| LdapResponse::HangUp(Vec::new())).unwrap();
    let error =
        failed(opened([hangs_up.address()]).await.authenticate(&cx(), &dn, &Secret::from("secret")).await);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, purlin_core::Outcome::Maybe));
}
