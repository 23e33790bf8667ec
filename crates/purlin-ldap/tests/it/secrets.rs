//! No secret stands where it may not, and nothing is left behind.

use crate::server::{cx, failed, open, opened, profile};
use purlin_core::{Secret, SecretRef};
use purlin_ldap::{AttrName, Directory, DirectoryExt, Dn, Filter, LdapSettings, Search};
use purlin_testkit::{Canary, LdapResponse, Leaks, Slapd, SlapdSettings, WireLdap, capture, count};
use std::time::Duration;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn no_password_is_in_errors_spans_or_debug() {
    let canary = Canary::new();
    let password = canary.secret();
    let ((), told) = capture(|| {
        runtime().block_on(async {
            for response in [49, 52] {
                let server =
                    WireLdap::start(move |request| LdapResponse::done(request, response, "no")).unwrap();
                check(&server, &canary, password.expose()).await;
            }
            let server = WireLdap::start(|_| LdapResponse::HangUp(Vec::new())).unwrap();
            check(&server, &canary, password.expose()).await;
        });
    });
    canary.assert_absent(told);
}

async fn check(server: &WireLdap, canary: &Canary, password: &str) {
    let dn: Dn = "uid=ada,dc=example,dc=org".parse().unwrap();
    let settings = LdapSettings::new(profile()).danger_password_in_clear();
    let settings = settings.server(&format!("ldap://{}", server.address())).unwrap();
    let settings = settings.bind(dn.clone(), SecretRef::literal(password));
    canary.assert_absent(format!("{settings:?}"));
    let directory = open(settings).await;
    canary.assert_absent(format!("{directory:?} {:?}", directory.stats()));
    let filter = AttrName::known("userPassword").is(password);
    let search = Search::new(dn.clone(), filter);
    canary.assert_absent(format!("{search:?}"));
    let error = failed(directory.search(&cx(), &search).await);
    canary.assert_absent(format!("{error:?} {error:#}"));
    let answer = directory.authenticate(&cx(), &dn, &Secret::from(password)).await;
    canary.assert_absent(format!("{answer:?}"));
}

#[test]
fn values_of_passwords_are_not_in_debug() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    runtime().block_on(async {
        let settings = LdapSettings::new(profile()).server(&slapd.ldapi()).unwrap().bind_external();
        let directory = open(settings).await;
        let user = directory.user(&cx(), "u000001").wanting([AttrName::known("userPassword")]).await.unwrap();
        assert!(user.entry.bytes("userPassword").is_some());
        let shown = format!("{user:?}");
        assert!(!shown.contains("pw-u000001") && shown.contains("userPassword: ***"), "{shown}");
    });
}

#[test]
fn nothing_is_left_behind() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // The first runtime of a process opens a pair of sockets for signals, which stays.
    drop(runtime());
    let leaks = Leaks::start().unwrap();
    let runtime = runtime();
    runtime.block_on(async {
        for _ in 0..count(10, 100) {
            let directory = opened([slapd.ldap()]).await;
            directory.user(&cx(), "u000001").await.unwrap();
            let search = Search::new(Slapd::BASE.parse().unwrap(), Filter::any()).page(20);
            let mut entries = directory.search(&cx(), &search).await.unwrap();
            entries.next().await.unwrap().unwrap();
            let dn: Dn = format!("uid=u000001,ou=people,{}", Slapd::BASE).parse().unwrap();
            directory.authenticate(&cx(), &dn, &Secret::from("pw-u000001")).await.unwrap();
        }
        // Farewells are said behind the back of whoever leaves.
        let handle = tokio::runtime::Handle::current();
        for _ in 0..200 {
            if handle.metrics().num_alive_tasks() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} tasks are left", handle.metrics().num_alive_tasks());
    });
    drop(runtime);
    leaks.within(Duration::from_secs(10)).check().unwrap();
}
