//! Every wait ends, and the server is told.

use crate::server::{cx, failed, opened};
use purlin_core::{Cx, ErrorKind};
use purlin_ldap::{Directory, DirectoryExt, Filter, Search};
use purlin_testkit::{LdapResponse, SlapdSettings, WireLdap};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(300);

fn silent() -> WireLdap {
    WireLdap::start(|request| match request.is_search() {
        true => LdapResponse::Silence,
        false => LdapResponse::done(request, 0, ""),
    })
    .unwrap()
}

fn search() -> Search {
    Search::new("dc=example,dc=org".parse().unwrap(), Filter::any())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_ends_at_the_call_s_deadline_and_abandons() {
    let server = silent();
    let directory = opened([server.address()]).await;
    let error = failed(directory.user(&Cx::background().with_timeout(SHORT), "ada").await);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(server.wait_until(|requests| requests.iter().any(|request| request.is_abandon())));
    let requests = server.requests();
    let asked = requests.iter().find(|request| request.is_search()).unwrap();
    let abandoned = requests.iter().find(|request| request.is_abandon()).unwrap();
    assert_eq!(abandoned.abandons, asked.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_look_up_abandons_and_leaves_the_connection_in_use() {
    let server = silent();
    let directory = opened([server.address()]).await;
    for number in 1..=20 {
        let call = cx();
        let asking = directory.user(&call, "ada").into_future();
        tokio::select! {
            _ = asking => panic!("it was answered"),
            () = until(&server, |requests| requests.iter().filter(|r| r.is_search()).count() == number) => {}
        }
        until(&server, |requests| requests.iter().filter(|r| r.is_abandon()).count() == number).await;
    }
    assert_eq!(server.requests().iter().filter(|request| request.is_bind()).count(), 1);
    assert_eq!(directory.stats()[0].in_flight, 0);
}

async fn until(server: &WireLdap, done: impl Fn(&[purlin_testkit::LdapRequest]) -> bool) {
    let call = cx();
    while !done(&server.requests()) {
        call.sleep(Duration::from_millis(2)).await.expect("it never was so");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_drip_ends_at_the_one_deadline_of_the_look_up() {
    // An entry each 50 ms, for ever: each wait is short, the whole is not.
    let (server, _guard) = dripping();
    let directory = opened([server]).await;
    let asked =
        async { directory.search(&Cx::background().with_timeout(SHORT), &search()).await?.all().await };
    assert_eq!(failed(asked.await).kind(), ErrorKind::Timeout);
}

fn dripping() -> (std::net::SocketAddr, std::sync::mpsc::Sender<()>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (guard, gone) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4096];
        let _ = stream.read(&mut bytes);
        let _ = stream.write_all(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00");
        let _ = stream.read(&mut bytes);
        let entry = b"\x30\x0d\x02\x01\x02\x64\x08\x04\x04cn=a\x30\x00";
        while stream.write_all(entry).is_ok() {
            if gone.recv_timeout(Duration::from_millis(50))
                == Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
            {
                return;
            }
        }
    });
    (address, guard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_ends_nobody_s_patience_but_its_own() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    directory.user(&cx(), "u000001").await.unwrap();
    slapd.server().pause().unwrap();
    let impatient = Cx::background().with_timeout(SHORT);
    assert_eq!(failed(directory.user(&impatient, "u000001").await).kind(), ErrorKind::Timeout);
    // A fresh connection is accepted by the system, and nobody answers.
    let fresh = opened([slapd.ldap()]).await;
    let impatient = Cx::background().with_timeout(SHORT);
    assert_eq!(failed(fresh.user(&impatient, "u000001").await).kind(), ErrorKind::Timeout);
    slapd.server().resume().unwrap();
    assert_eq!(directory.user(&cx(), "u000001").await.unwrap().name, "u000001");
    assert_eq!(fresh.user(&cx(), "u000001").await.unwrap().name, "u000001");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_told_how_much_time_is_left() {
    let server = WireLdap::start(|request| LdapResponse::done(request, 0, "")).unwrap();
    let directory = opened([server.address()]).await;
    let mut entries =
        directory.search(&Cx::background().with_timeout(Duration::from_secs(7)), &search()).await.unwrap();
    assert!(entries.next().await.unwrap().is_none());
    let request = server.requests().into_iter().find(|request| request.is_search()).unwrap();
    // base, scope, aliases, size, then the time: INTEGER 7.
    let base = 2 + "dc=example,dc=org".len();
    assert_eq!(request.content[base + 3 + 3..][..4 + 3], [2, 2, 1, 0xf4, 2, 1, 7], "{:x?}", request.content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_stands_still_makes_nothing_pile_up() {
    let Some(slapd) = SlapdSettings::new().users(1200).tells_operations().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    let search = Search::new("ou=people,dc=example,dc=org".parse().unwrap(), Filter::any()).page(100);
    let mut entries = directory.search(&cx(), &search).await.unwrap();
    for _ in 0..50 {
        entries.next().await.unwrap().unwrap();
    }
    // One question that was too large, and one page: the next is not asked for before it is wanted.
    let asked = || slapd.server().log().matches(" SRCH base=\"ou=people").count();
    directory.user(&cx(), "u000001").await.unwrap();
    let before = asked();
    for _ in 0..50 {
        entries.next().await.unwrap().unwrap();
    }
    directory.user(&cx(), "u000001").await.unwrap();
    assert_eq!(asked(), before, "a page was asked for before it was wanted");
    entries.next().await.unwrap().unwrap();
    directory.user(&cx(), "u000001").await.unwrap();
    assert_eq!(asked(), before + 1);
}

#[tokio::test]
async fn what_is_known_to_be_large_is_asked_for_in_pages_at_once() {
    let Some(slapd) = SlapdSettings::new().users(250).tells_operations().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    let filter = Filter::equal("objectClass", "posixAccount").unwrap();
    let search = Search::new("ou=people,dc=example,dc=org".parse().unwrap(), filter).page(100);
    let asked = || slapd.server().log().matches(" SRCH base=\"ou=people").count();
    for (search, questions) in [(search.clone(), 4), (search.in_pages(), 3)] {
        let before = asked();
        assert_eq!(directory.search(&cx(), &search).await.unwrap().all().await.unwrap().len(), 253);
        // What the server has said of them stands in its log behind one more question.
        directory.user(&cx(), "u000001").await.unwrap();
        assert_eq!(asked() - before, questions);
    }
}
