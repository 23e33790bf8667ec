//! A question to name servers.

use super::SrvDomain;
use super::order::Record;
use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;

const RESOLV_CONF: &str = "/etc/resolv.conf";
/// More are not read by the system either (resolv.conf(5), MAXNS).
const MOST: usize = 3;
/// How long one server is waited for before the next is asked.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often each is asked: datagrams get lost.
const ROUNDS: usize = 2;
/// Longer ones come over TCP.
const LONGEST: usize = 4096;

/// The records of a domain, and how long they may be used.
pub(super) async fn ask(cx: &Cx, domain: &SrvDomain) -> Result<(Vec<Record>, Duration)> {
    let servers = match domain.name_servers.is_empty() {
        false => domain.name_servers.clone(),
        true => system(cx).await?,
    };
    let name = format!("_ldap._tcp.{}.", domain.domain);
    let name = Name::from_ascii(&name).map_err(|_| fault(ErrorKind::Invalid, "it is no name of the DNS"))?;
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, RecordType::SRV));
    let mut failed: Option<Error> = None;
    for server in std::iter::repeat_n(&servers, ROUNDS).flatten() {
        if let Err(over) = cx.check("dns.ask") {
            return Err(failed.unwrap_or(over));
        }
        let answer = exchange(&cx.with_timeout(PATIENCE), server, &message).await;
        let error = match answer {
            Ok(answer) if !gives_up(&answer) => {
                let read = read(&answer, &domain.domain);
                return read.map_err(|error| error.or_endpoint(server));
            }
            Ok(answer) => {
                let code = answer.metadata.response_code;
                fault(ErrorKind::Unavailable, &format!("the name server says {code}"))
            }
            Err(error) => error.with_outcome(Outcome::NotSent),
        };
        failed.get_or_insert(error.or_endpoint(server));
    }
    Err(failed.unwrap_or_else(|| fault(ErrorKind::Unresolved, "there is no name server")))
}

fn fault(kind: ErrorKind, message: &str) -> Error {
    Error::new(kind, message.to_owned()).with_operation("dns.ask").with_outcome(Outcome::NotSent)
}

/// The name servers of the system.
async fn system(cx: &Cx) -> Result<Vec<Endpoint>> {
    let text = cx.run_blocking("dns.ask", |_| {
        std::fs::read_to_string(RESOLV_CONF).map_err(|error| Error::io("dns.ask", error))
    });
    let text =
        text.await.map_err(|error| error.with_note(format!("{RESOLV_CONF} names the name servers")))?;
    Ok(named(&text))
}

/// Those that a text in the form of resolv.conf(5) names; the machine itself where it names none.
fn named(text: &str) -> Vec<Endpoint> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("nameserver"));
    let addresses = lines.filter_map(|rest| rest.split_whitespace().next()?.parse::<IpAddr>().ok());
    let mut addresses: Vec<IpAddr> = addresses.take(MOST).collect();
    if addresses.is_empty() {
        addresses.push(Ipv4Addr::LOCALHOST.into());
    }
    addresses.iter().filter_map(|address| Endpoint::new(&address.to_string(), 53).ok()).collect()
}

/// Asks one server, over TCP too where the answer does not fit into a datagram (RFC 7766).
async fn exchange(cx: &Cx, server: &Endpoint, asked: &Message) -> Result<Message> {
    let bytes = asked.to_vec().map_err(|_| fault(ErrorKind::Internal, "the question cannot be written"))?;
    let addresses = net::resolve(cx, server).await?;
    let address =
        addresses.first().copied().ok_or_else(|| fault(ErrorKind::Unresolved, "it has no address"))?;
    let answer = cx.run("dns.ask", by_datagram(address, &bytes, asked)).await?;
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    let mut stream = net::dial(cx, server).await?.stream;
    let talk = async {
        let io = |error| Error::io("dns.ask", error);
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        stream.write_all(&[&length, bytes.as_slice()].concat()).await.map_err(io)?;
        let mut answer = vec![0; stream.read_u16().await.map_err(io)?.into()];
        stream.read_exact(&mut answer).await.map_err(io)?;
        understood(&answer, asked)
            .ok_or_else(|| fault(ErrorKind::Protocol, "it answers something that was not asked"))
    };
    cx.run("dns.ask", talk).await
}

async fn by_datagram(server: SocketAddr, bytes: &[u8], asked: &Message) -> Result<Message> {
    let io = |error| Error::io("dns.ask", error);
    let own: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(own).await.map_err(io)?;
    // So that the system tells when nobody listens, and nobody else is heard.
    socket.connect(server).await.map_err(io)?;
    socket.send(bytes).await.map_err(io)?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let count = socket.recv(&mut buffer).await.map_err(io)?;
        if let Some(answer) = understood(buffer.get(..count).unwrap_or_default(), asked) {
            return Ok(answer);
        }
    }
}

/// The answer to this question; none for anything else.
fn understood(bytes: &[u8], asked: &Message) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let is_ours = answer.metadata.id == asked.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && answer.queries == asked.queries;
    is_ours.then_some(answer)
}

/// Whether another server may know better. That there is no such name is an answer.
fn gives_up(answer: &Message) -> bool {
    !matches!(answer.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain)
}

/// The records in an answer.
fn read(answer: &Message, domain: &str) -> Result<(Vec<Record>, Duration)> {
    let mut life = u32::MAX;
    let mut records = Vec::new();
    for found in &answer.answers {
        if let RData::SRV(srv) = &found.data {
            life = life.min(found.ttl);
            let target = srv.target.to_ascii();
            let target = target.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(&target);
            records.push(Record {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: target.to_owned(),
            });
        }
    }
    match records.is_empty() {
        true => Err(fault(ErrorKind::Unresolved, &format!("_ldap._tcp.{domain} has no SRV record"))),
        false => Ok((records, Duration::from_secs(life.into()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_servers_of_the_system_are_read() {
        let text = "# by hand\nsearch example.org\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # two\n\
                    nameserver nonsense\noptions timeout:1\n";
        let shown = |text| named(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(text), ["192.0.2.1:53", "[2001:db8::1]:53"]);
        assert_eq!(shown("search example.org"), ["127.0.0.1:53"]);
        assert_eq!(shown(&"nameserver 192.0.2.1\n".repeat(9)).len(), MOST);
    }

    #[test]
    fn other_answers_are_no_answer() {
        let question = |name: &str| {
            let mut message = Message::query();
            message.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::SRV));
            message
        };
        let asked = question("_ldap._tcp.example.org.");
        let mut answer = asked.clone();
        answer.metadata.message_type = MessageType::Response;
        assert!(understood(&answer.to_vec().unwrap(), &asked).is_some());
        // A question, another number, another name, and no message at all.
        assert!(understood(&asked.to_vec().unwrap(), &asked).is_none());
        let mut other = answer.clone();
        other.metadata.id = asked.metadata.id.wrapping_add(1);
        assert!(understood(&other.to_vec().unwrap(), &asked).is_none());
        let mut other = question("_ldap._tcp.evil.net.");
        other.metadata = answer.metadata;
        assert!(understood(&other.to_vec().unwrap(), &asked).is_none());
        assert!(understood(b"nonsense", &asked).is_none());
        assert_eq!(read(&answer, "x").unwrap_err().kind(), ErrorKind::Unresolved);
    }
}
