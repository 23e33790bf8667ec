//! A real name server, and one that garbles what it says.

use crate::support::{answered, failure};
use purlin_health::checks::{Dns, DnsRecord, DnsSerial};
use purlin_health::{Cause, Phase, Status};
use purlin_testkit::{Bind, BindSettings};
use std::net::{SocketAddr, UdpSocket};

const ZONE: &str = r#"
www IN A 192.0.2.80
www IN A 192.0.2.81
www IN AAAA 2001:db8::80
alias IN CNAME www
@ IN MX 10 Mail.Example.ORG.
_ldap._tcp IN SRV 0 5 389 ldap
@ IN TXT "v=spf1 " "-all"
80 IN PTR www
sub IN NS ns.elsewhere.example.
"#;

fn serve(serial: u32) -> Option<Bind> {
    let many: String = (1..=100).map(|n| format!("many IN A 192.0.2.{n}\n")).collect();
    BindSettings::new().zone("example.org", serial, &format!("{ZONE}{many}")).start().unwrap()
}

fn ask(server: SocketAddr, name: &str) -> Dns {
    Dns::ask(&server.to_string(), name).unwrap()
}

fn broken(what: &str) -> Cause {
    Cause::Assertion(what.to_owned())
}

#[tokio::test]
async fn each_record_is_read_and_compared() {
    let Some(bind) = serve(7) else { return };
    for (name, record, value) in [
        ("www.example.org", DnsRecord::A, "192.0.2.81"),
        ("WWW.example.org.", DnsRecord::Aaaa, "2001:db8::80"),
        ("alias.example.org", DnsRecord::Cname, "www.example.org."),
        ("alias.example.org", DnsRecord::A, "192.0.2.80"),
        ("example.org", DnsRecord::Mx, "10 mail.example.org"),
        ("example.org", DnsRecord::Ns, "ns.example.org"),
        ("example.org", DnsRecord::Soa, "ns.example.org hostmaster.example.org 7 60 60 3600 60"),
        ("_ldap._tcp.example.org", DnsRecord::Srv, "0 5 389 ldap.example.org"),
        ("example.org", DnsRecord::Txt, "v=spf1 -all"),
        ("80.example.org", DnsRecord::Ptr, "www.example.org"),
    ] {
        let check = ask(bind.address(), name).record(record).authoritative();
        assert_eq!(answered(&check.clone().expect(value)).await.status, Status::Ok, "{record:?}");
        let failure = failure(&check.expect("something else")).await;
        assert_eq!(failure.cause, broken("answer"), "{record:?}");
    }
    let both = ask(bind.address(), "www.example.org").expect("192.0.2.80").expect("192.0.2.81");
    assert_eq!(answered(&both).await.measurements[1].value, 2.0);
    assert_eq!(failure(&both.expect("192.0.2.82")).await.cause, broken("answer"));
}

#[tokio::test]
async fn what_is_no_answer_is_told_by_its_code() {
    let Some(bind) = serve(7) else { return };
    for (name, record, what) in [
        ("nobody.example.org", DnsRecord::A, "nxdomain"),
        ("www.example.com", DnsRecord::A, "refused"),
        ("www.example.org", DnsRecord::Mx, "answer"),
        // It knows only who would know.
        ("www.sub.example.org", DnsRecord::A, "answer"),
    ] {
        let failure = failure(&ask(bind.address(), name).record(record)).await;
        assert_eq!((failure.phase, failure.cause), (Phase::FirstByte, broken(what)), "{name}");
    }
    assert!(Dns::ask("192.0.2.53", &"x".repeat(64)).is_err() && Dns::ask("", "www.example.org").is_err());
}

#[tokio::test]
async fn a_long_answer_is_fetched_over_tcp() {
    let Some(bind) = serve(7) else { return };
    let evidence = answered(&ask(bind.address(), "many.example.org").expect("192.0.2.100")).await;
    assert_eq!(evidence.measurements[1].value, 100.0);
    assert!(evidence.phases.get(Phase::Connect).is_some() && evidence.phases.get(Phase::Transfer).is_some());
}

/// A server that passes on what a real one says, changed; until the process ends.
fn garbler(server: SocketAddr, change: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok((count, from)) = socket.recv_from(&mut bytes) {
            let own = UdpSocket::bind("127.0.0.1:0").unwrap();
            own.send_to(&bytes[..count], server).unwrap();
            let count = own.recv(&mut bytes).unwrap();
            for answer in change(&bytes[..count]) {
                socket.send_to(&answer, from).unwrap();
            }
        }
    });
    address
}

fn changed(bytes: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    bytes
}

#[tokio::test]
async fn authority_is_seen_in_the_answer_and_not_believed_of_a_cache() {
    let Some(bind) = serve(7) else { return };
    let cache = garbler(bind.address(), |bytes| vec![changed(bytes, |bytes| bytes[2] &= !4)]);
    let check = ask(cache, "www.example.org").expect("192.0.2.80");
    answered(&check).await;
    assert_eq!(failure(&check.authoritative()).await.cause, broken("authoritative"));
    let serial = DnsSerial::of("example.org").unwrap().server(&cache.to_string()).unwrap();
    assert_eq!(failure(&serial).await.cause, broken("authoritative"));
}

/// RFC 5452, section 9.1: number and question must be those that were sent.
#[tokio::test]
async fn an_answer_to_another_question_is_passed_over() {
    let Some(bind) = serve(7) else { return };
    let liar = garbler(bind.address(), |bytes| {
        let other_number = changed(bytes, |bytes| bytes[0] ^= 0xff);
        // The first letter of the name that was asked for.
        let other_name = changed(bytes, |bytes| bytes[13] ^= 1);
        let question = changed(bytes, |bytes| bytes[2] &= 0x7f);
        vec![other_number, other_name, question, bytes.to_vec()]
    });
    answered(&ask(liar, "www.example.org").expect("192.0.2.80")).await;
}

#[tokio::test]
async fn servers_that_disagree_are_named_with_what_they_have() {
    let (Some(one), Some(two), Some(old)) = (serve(7), serve(7), serve(6)) else { return };
    let check = |servers: &[&Bind]| {
        servers.iter().fold(DnsSerial::of("example.org").unwrap(), |check, server| {
            check.server(&server.address().to_string()).unwrap()
        })
    };
    let evidence = answered(&check(&[&one, &two])).await;
    assert_eq!((&*evidence.message, evidence.measurements[0].value), ("2 servers have 7", 7.0));
    let failure = failure(&check(&[&one, &old, &two])).await;
    let said = [(&one, 7), (&old, 6), (&two, 7)].map(|(it, has)| format!("{} has {has}", it.address()));
    assert_eq!((failure.cause, failure.message), (broken("serial"), said.join(", ")));
}
