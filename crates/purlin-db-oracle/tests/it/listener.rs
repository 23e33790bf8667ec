//! The listener's probe against every misbehaviour that drivers have hung at, panicked at or lost the reason of.

use crate::peer::{Act, Peer, accept, packet, redirect, refuse, refuse_with};
use purlin_core::{Cx, Endpoint, ErrorKind, Outcome};
use purlin_db::{Listener as _, ListenerFault};
use purlin_db_oracle::{
    DatabaseName, Descriptor, ListenerAnswer, ListenerProbe, ListenerReport, ListenerStage,
};
use purlin_testkit::ReservedPort;
use std::net::SocketAddr;
use std::time::Duration;

/// Nobody who answers takes as long.
pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(20))
}

/// For those who never answer.
pub(crate) fn short() -> Cx {
    Cx::background().with_timeout(Duration::from_millis(150))
}

/// The same where it counts how far it came: time enough for that on a machine with much else to do.
pub(crate) fn patient() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(2))
}

pub(crate) fn probe(address: SocketAddr) -> ListenerProbe {
    let endpoint = Endpoint::new(&address.ip().to_string(), address.port()).unwrap();
    ListenerProbe::new(endpoint).name(DatabaseName::service("map").unwrap())
}

async fn ask(cx: &Cx, acts: Vec<Act>) -> ListenerReport {
    let peer = Peer::start([acts]).await;
    let report = probe(peer.address).ask(cx).await.unwrap();
    assert_eq!(report.endpoint.port(), Some(peer.address.port()));
    report
}

/// Answers a question with these bytes, and hangs up or not.
fn answer(bytes: &[u8], then: Act) -> Vec<Act> {
    vec![Act::Hear, Act::Say(bytes.to_vec()), then]
}

const CLOSED: ListenerAnswer = ListenerAnswer::Closed(ListenerStage::Reply);
const SILENT: ListenerAnswer = ListenerAnswer::Silent(ListenerStage::Reply);

#[tokio::test]
async fn a_closed_port_is_no_listener() {
    let port = ReservedPort::new().unwrap();
    let report = probe(port.address()).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.code), (ListenerAnswer::NoListener, None));
    assert_eq!(report.message, "nobody listens there");
}

#[tokio::test]
async fn who_is_silent_costs_the_deadline_and_says_how_far_it_came() {
    let half = refuse_with("12514");
    let cx = patient();
    let (at_once, heard, half_said, four) = tokio::join!(
        ask(&cx, vec![Act::Wait]),
        ask(&cx, vec![Act::Hear, Act::Wait]),
        ask(&cx, answer(&half[..half.len() / 2], Act::Wait)),
        ask(&cx, answer(&half[..4], Act::Wait)),
    );
    assert_eq!(four.message, "4 bytes of an answer, and no more in time");
    for report in [at_once, heard, half_said, four] {
        assert_eq!((report.answer, report.code), (SILENT, None), "{}", report.message);
    }
}

#[tokio::test]
async fn who_hangs_up_is_not_taken_for_nobody() {
    let half = refuse_with("12514");
    for acts in [vec![Act::Close], vec![Act::Hear, Act::Close], answer(&half[..20], Act::Close)] {
        let report = ask(&cx(), acts).await;
        assert_eq!(report.answer, CLOSED, "{}", report.message);
    }
    // A connection that is reset is closed, too.
    assert_eq!(ask(&cx(), vec![]).await.answer, CLOSED);
}

#[tokio::test]
async fn an_accept_is_up_whatever_follows_it() {
    for (version, then) in [(319, Act::Wait), (318, Act::Close), (315, Act::Wait), (314, Act::Wait)] {
        let report = ask(&cx(), answer(&accept(version, 0x41), then)).await;
        assert_eq!((report.answer, report.protocol), (ListenerAnswer::Up, Some(version)));
    }
    let noise = [accept(319, 0), (0..200).map(|_| fastrand::u8(..)).collect()].concat();
    assert_eq!(ask(&cx(), answer(&noise, Act::Wait)).await.answer, ListenerAnswer::Up);
}

#[tokio::test]
async fn what_is_no_listener_is_told_at_its_first_bytes() {
    let row = |bytes: &[u8], word: &str| (bytes.to_vec(), word.to_owned());
    for (bytes, word) in [
        row(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "HTTP"),
        row(b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
        row(b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        row(&[0; 64], "0 bytes long"),
        row(&[0, 6, 0, 0, 4, 0], "6 bytes long"),
        row(&[0, 5, 0, 0, 4], "5 bytes long"),
        row(&packet(77, 0, &[1, 2, 3]), "type 77"),
        row(&packet(6, 0, &[0, 0, 1]), "type 6"),
        row(&packet(2, 0, &[1]), "an ACCEPT that is none"),
        row(&packet(5, 0, &[0, 3, b'a', b'b', b'c']), "where to"),
        row(&packet(11, 0, &[]).repeat(9), "RESEND"),
    ] {
        // It is told while the other side keeps the connection: nobody waits for more.
        for then in [Act::Wait, Act::Close] {
            let report = ask(&cx(), answer(&bytes, then)).await;
            assert_eq!(report.answer, ListenerAnswer::NotOracle, "{word}: {}", report.message);
            assert!(report.message.contains(&word), "{word}: {}", report.message);
        }
        // And so is who speaks first.
        assert_eq!(ask(&cx(), vec![Act::Say(bytes), Act::Wait]).await.answer, ListenerAnswer::NotOracle);
    }
}

#[tokio::test]
async fn a_refusal_keeps_its_number() {
    for (code, wanted) in [
        (12514, ListenerAnswer::NoSuchService),
        (12505, ListenerAnswer::NoSuchSid),
        (12516, ListenerAnswer::Full),
        (12519, ListenerAnswer::Full),
        (12520, ListenerAnswer::Full),
        (12526, ListenerAnswer::Restricted),
        (12527, ListenerAnswer::Restricted),
        (12528, ListenerAnswer::Restricted),
        (12518, ListenerAnswer::Refused),
    ] {
        let report = ask(&cx(), answer(&refuse_with(&code.to_string()), Act::Close)).await;
        assert_eq!((report.answer, report.code), (wanted, Some(code)));
        assert!(report.message.ends_with(&format!("(ORA-{code})")), "{}", report.message);
        assert_eq!(report.release.as_deref(), Some("21.0.0.0.0"));
    }
    for without in [refuse("(DESCRIPTION=(ERR=abc))"), refuse(""), packet(4, 0, &[]), packet(9, 0, &[0; 4])] {
        let report = ask(&cx(), answer(&without, Act::Wait)).await;
        assert_eq!((report.answer, report.code), (ListenerAnswer::Refused, None), "{}", report.message);
    }
}

#[tokio::test]
async fn a_server_that_requires_native_encryption_is_told_before_any_driver_meets_it() {
    let report = ask(&cx(), answer(&accept(318, 0x10), Act::Wait)).await;
    assert_eq!((report.answer, report.protocol), (ListenerAnswer::EncryptionRequired, Some(318)));
}

#[tokio::test]
async fn redirects_are_followed_and_not_in_circles() {
    let node = Peer::start([answer(&accept(319, 0), Act::Wait)]).await;
    let scan = Peer::start([answer(&redirect(node.address, "tcp"), Act::Close)]).await;
    let report = probe(scan.address).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.redirects), (ListenerAnswer::Up, 1));
    assert_eq!(report.endpoint.port(), Some(node.address.port()));
    assert!(String::from_utf8_lossy(&node.heard()[0]).contains("(SERVICE_NAME=map)"));
    let itself = Peer::with(|me| vec![answer(&redirect(me, "tcp"), Act::Close)]).await;
    let report = probe(itself.address).ask(&cx()).await.unwrap();
    // The second question is that of the redirect; a third would be the same.
    assert_eq!((report.answer, itself.heard().len()), (ListenerAnswer::Redirected, 2), "{}", report.message);
    let nobody = ReservedPort::new().unwrap();
    let dead = Peer::start([answer(&redirect(nobody.address(), "tcp"), Act::Close)]).await;
    let report = probe(dead.address).ask(&cx()).await.unwrap();
    assert_eq!(
        (report.answer, report.endpoint.port()),
        (ListenerAnswer::NoListener, Some(nobody.address().port()))
    );
}

#[tokio::test]
async fn a_long_way_ends() {
    let mut last = Peer::start([answer(&accept(319, 0), Act::Wait)]).await;
    let mut kept = Vec::new();
    for hop in 1..8 {
        let next = Peer::start([answer(&redirect(last.address, "tcp"), Act::Close)]).await;
        kept.push(std::mem::replace(&mut last, next));
        let report = probe(last.address).ask(&cx()).await.unwrap();
        let wanted = if hop <= 5 { ListenerAnswer::Up } else { ListenerAnswer::Redirected };
        assert_eq!((report.answer, report.redirects), (wanted, hop.min(5)), "{}", report.message);
    }
}

#[tokio::test]
async fn a_resend_gets_the_same_question() {
    let peer = Peer::start([vec![
        Act::Hear,
        Act::Say(packet(11, 0, &[])),
        Act::Hear,
        Act::Say(refuse_with("12514")),
        Act::Close,
    ]])
    .await;
    let report = probe(peer.address).ask(&cx()).await.unwrap();
    assert_eq!(report.answer, ListenerAnswer::NoSuchService);
    let heard = peer.heard();
    assert_eq!((heard.len(), &heard[0]), (2, &heard[1]));
}

#[tokio::test]
async fn without_a_name_the_listener_itself_is_asked() {
    let alive = refuse("(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=0)(ALIAS=LISTENER))");
    let peer = Peer::start([answer(&alive, Act::Close)]).await;
    let endpoint = Endpoint::new("127.0.0.1", peer.address.port()).unwrap();
    let report = ListenerProbe::new(endpoint).ask(&cx()).await.unwrap();
    assert_eq!((report.answer, report.release.as_deref()), (ListenerAnswer::Up, Some("19.0.0.0.0")));
    assert!(String::from_utf8_lossy(&peer.heard()[0]).contains("(COMMAND=PING)"));
}

#[tokio::test]
async fn each_address_of_a_descriptor_is_asked_by_itself() {
    let (silent, up) =
        (Peer::start([vec![Act::Wait]]).await, Peer::start([answer(&accept(319, 0), Act::Wait)]).await);
    let text = format!(
        "(DESCRIPTION=(ADDRESS=(HOST=127.0.0.1)(PORT={}))(ADDRESS=(HOST=127.0.0.1)(PORT={}))(CONNECT_DATA=(SID=m)(SERVER=dedicated)))",
        silent.address.port(),
        up.address.port()
    );
    let descriptor: Descriptor = text.parse().unwrap();
    let mut answers = Vec::new();
    for (probe, cx) in descriptor.probes(0, &purlin_core::TlsSettings::new()).iter().zip([patient(), cx()]) {
        answers.push(probe.ask(&cx).await.unwrap().answer);
    }
    assert_eq!(answers, [SILENT, ListenerAnswer::Up]);
    assert!(String::from_utf8_lossy(&up.heard()[0]).contains("(SID=m)(SERVER=dedicated)"));
}

#[tokio::test]
async fn what_says_nothing_about_a_listener_is_an_error() {
    let nowhere = ListenerProbe::new(Endpoint::new("no-such-host.invalid", 1521).unwrap());
    let error = nowhere.ask(&cx()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unresolved, Outcome::NotSent));
    let peer = Peer::start([vec![Act::Wait]]).await;
    let (cx, canceller) = cx().cancellable();
    let probe = probe(peer.address);
    let (asked, ()) = tokio::join!(probe.ask(&cx), async {
        tokio::task::yield_now().await;
        canceller.cancel();
    });
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::Cancelled);
    let over = Cx::background().with_timeout(Duration::ZERO);
    assert_eq!(probe.ask(&over).await.unwrap().answer.as_str(), "silent");
}

#[tokio::test]
async fn as_anybody_asks_it_each_answer_has_a_kind_a_step_and_a_word() {
    use ErrorKind::{Denied, NotFound, Protocol, RateLimited, Timeout, Unavailable};
    use purlin_db::ListenerStep::{Refusal, Reply};
    let up = Peer::start([answer(&accept(319, 0), Act::Wait)]).await;
    let line = probe(up.address).listens(&cx()).await.unwrap();
    assert_eq!(line, format!("a listener answers at {}", up.address));
    for (acts, kind, step, word) in [
        (answer(&refuse_with("12514"), Act::Close), NotFound, Refusal, "no_such_service"),
        (answer(&refuse_with("12516"), Act::Close), RateLimited, Refusal, "full"),
        (answer(&refuse_with("12528"), Act::Close), Denied, Refusal, "restricted"),
        (answer(b"HTTP/1.1 400 Bad Request\r\n\r\n", Act::Close), Protocol, Reply, "not_oracle"),
        (vec![Act::Hear, Act::Close], Unavailable, Reply, "closed"),
        (vec![Act::Wait], Timeout, Reply, "silent"),
    ] {
        let peer = Peer::start([acts]).await;
        let cx = if kind == Timeout { short() } else { cx() };
        let error = probe(peer.address).listens(&cx).await.unwrap_err();
        let fault = error.detail::<ListenerFault>().copied();
        assert_eq!((error.kind(), fault), (kind, Some(ListenerFault::new(step, word))), "{error:#}");
        assert_eq!(error.endpoint().and_then(Endpoint::port), Some(peer.address.port()));
    }
}
