//! Active Directory's ways, played by a scripted server: what it does was seen at real ones.

use crate::server::{cx, failed, open};
use purlin_core::{ErrorKind, Secret, SecretRef};
use purlin_ldap::{
    Directory, DirectoryExt, Dn, Filter, LdapClass, LdapDetail, LdapDirectory, LdapSettings, Profile, Reason,
    Search, Truncated,
};
use purlin_testkit::{LdapRequest, LdapResponse, WireLdap};

const BASE: &str = "DC=ad,DC=example,DC=org";

async fn directory(server: &WireLdap) -> LdapDirectory {
    let settings =
        LdapSettings::new(Profile::active_directory(BASE.parse().unwrap())).danger_password_in_clear();
    let settings = settings.server(&format!("ldap://{}", server.address())).unwrap();
    open(settings.bind("CN=svc,DC=ad".parse().unwrap(), SecretRef::literal("svc"))).await
}

fn done(request: &LdapRequest) -> LdapResponse {
    LdapResponse::done(request, 0, "")
}

/// 3,700 members, at most 1,500 at a time.
fn group_of_many(request: &LdapRequest) -> LdapResponse {
    let dn = format!("CN=all,OU=Grp,{BASE}");
    let member = |number: usize| format!("CN=u{number:06},OU=Staff,{BASE}").into_bytes();
    let range =
        request.attributes.iter().find_map(|name| name.strip_prefix("member;range=")?.strip_suffix("-*"));
    let from = range.map_or(0, |from| from.parse::<usize>().unwrap());
    let to = (from + 1500).min(3700);
    let end = if to == 3700 { "*".to_owned() } else { (to - 1).to_string() };
    let name = format!("member;range={from}-{end}");
    let attributes = [
        ("sAMAccountName", vec![b"all".to_vec()]),
        ("objectClass", vec![b"group".to_vec()]),
        ("member", Vec::new()),
        (name.as_str(), (from..to).map(member).collect()),
    ];
    LdapResponse::entry(request, &dn, &attributes).then(done(request))
}

#[tokio::test]
async fn values_that_come_in_ranges_are_all_fetched() {
    let server = WireLdap::start(|request| match request.is_search() {
        true => group_of_many(request),
        false => done(request),
    });
    let server = server.unwrap();
    let search = Search::new(BASE.parse().unwrap(), Filter::any()).attributes(["member"]).unwrap();
    let entries = directory(&server).await.search(&cx(), &search).await.unwrap().all().await.unwrap();
    let members = entries[0].dns("member").unwrap();
    assert_eq!(members.len(), 3700);
    assert_eq!(members[3699], format!("cn=u003699,ou=staff,{BASE}").parse::<Dn>().unwrap());
    assert_eq!(server.requests().iter().filter(|request| request.is_search()).count(), 3);
}

#[tokio::test]
async fn ranges_that_do_not_go_on_are_an_error() {
    let server = WireLdap::start(|request| match request.is_search() {
        true => {
            let attributes = [("member;range=0-1", vec![b"cn=a".to_vec()])];
            LdapResponse::entry(request, "cn=g", &attributes).then(done(request))
        }
        false => done(request),
    });
    let server = server.unwrap();
    let search = Search::new(BASE.parse().unwrap(), Filter::any());
    let error = failed(directory(&server).await.search(&cx(), &search).await);
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn nested_groups_are_what_the_directory_has_worked_out() {
    let server = WireLdap::start(|request| {
        if !request.is_search() {
            return done(request);
        }
        let ada = format!("CN=ada,OU=Staff,{BASE}");
        if request.attributes.iter().any(|name| name == "tokenGroups") {
            let sids = (0..250_u16).map(|number| [&[1, 5, 0xff, 0x28][..], &number.to_be_bytes()].concat());
            return LdapResponse::entry(request, &ada, &[("tokenGroups", sids.collect())])
                .then(done(request));
        }
        if !request.holds("objectSid") {
            let attributes =
                [("sAMAccountName", vec![b"ada".to_vec()]), ("objectClass", vec![b"user".to_vec()])];
            return LdapResponse::entry(request, &ada, &attributes).then(done(request));
        }
        // One group for each identifier that was asked for.
        let asked = (0..250_u16)
            .filter(|number| request.holds([&[1, 5, 0xff, 0x28][..], &number.to_be_bytes()].concat()));
        let groups = asked.map(|number| {
            let name = format!("g{number}");
            let attributes = [("sAMAccountName", vec![name.clone().into_bytes()])];
            LdapResponse::entry(request, &format!("CN={name},{BASE}"), &attributes)
        });
        groups.fold(LdapResponse::Silence, LdapResponse::then).then(done(request))
    });
    let server = server.unwrap();
    let groups = directory(&server).await.groups_of(&cx(), "ada").nested().await.unwrap();
    assert_eq!(groups.len(), 250);
    // The user, the identifiers, and a hundred groups at a time.
    assert_eq!(server.requests().iter().filter(|request| request.is_search()).count(), 5);
}

#[tokio::test]
async fn reasons_hidden_in_words_are_told_apart() {
    for (code, reason) in [
        ("52e", Reason::BadCredentials),
        ("530", Reason::NotNow),
        ("532", Reason::Expired),
        ("533", Reason::Disabled),
        ("701", Reason::AccountExpired),
        ("773", Reason::MustChange),
        ("775", Reason::Locked),
    ] {
        let words = format!(
            "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {code}, v3839"
        );
        let server = WireLdap::start(move |request| LdapResponse::done(request, 49, &words)).unwrap();
        let dn = format!("CN=ada,{BASE}").parse().unwrap();
        let verdict =
            directory(&server).await.authenticate(&cx(), &dn, &Secret::from("secret")).await.unwrap();
        assert_eq!(verdict.reason(), Some(reason), "{code}");
    }
}

#[tokio::test]
async fn an_answer_cut_at_a_thousand_entries_is_an_error_with_all_of_them() {
    // It does not heed pages either: what a policy of zero for them does.
    let server = WireLdap::start(|request| {
        if !request.is_search() {
            return done(request);
        }
        let entries =
            (0..1000).map(|number| LdapResponse::entry(request, &format!("CN=u{number},{BASE}"), &[]));
        entries.fold(LdapResponse::Silence, LdapResponse::then).then(LdapResponse::done(request, 4, ""))
    });
    let server = server.unwrap();
    let search = Search::new(BASE.parse().unwrap(), Filter::any());
    let asked = async { directory(&server).await.search(&cx(), &search).await?.all().await };
    let error = failed(asked.await);
    assert_eq!(LdapDetail::class_of(&error), Some(LdapClass::Truncated));
    assert_eq!(error.detail::<Truncated>().unwrap().entries.len(), 1000);
}

#[tokio::test]
async fn a_server_that_heeds_no_limit_is_stopped_and_asked_in_pages() {
    let server = WireLdap::start(|request| {
        if !request.is_search() {
            return done(request);
        }
        let entries =
            (0..2000).map(|number| LdapResponse::entry(request, &format!("CN=u{number},{BASE}"), &[]));
        entries.fold(LdapResponse::Silence, LdapResponse::then).then(done(request))
    });
    let server = server.unwrap();
    let search = Search::new(BASE.parse().unwrap(), Filter::any());
    let found = directory(&server).await.search(&cx(), &search).await.unwrap().all().await.unwrap();
    assert_eq!(found.len(), 2000);
    assert!(server.wait_until(|requests| requests.iter().any(|request| request.is_abandon())));
    let asked = server.requests().into_iter().filter(|request| request.is_search()).collect::<Vec<_>>();
    assert_eq!(asked.iter().map(|request| request.controls.len()).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn a_search_that_needs_a_login_says_so() {
    let words = "000004DC: LdapErr: DSID-0C0909AF, comment: In order to perform this operation a successful bind must be completed";
    let server = WireLdap::start(move |request| match request.is_search() {
        true => LdapResponse::done(request, 1, words),
        false => done(request),
    });
    let server = server.unwrap();
    let error = failed(directory(&server).await.user(&cx(), "ada").await);
    assert!(error.message().starts_with("operationsError: 000004DC"), "{error}");
}
