//! Where a named instance listens: the SQL Server Browser says it over UDP (MC-SQLR).

use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// Where it listens, unless somebody has moved it.
pub(crate) const PORT: u16 = 1434;
const OPERATION: &str = "db.browser";
/// A datagram may be lost: the question is asked again after this.
const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: usize = 4;
const ASK_INSTANCE: u8 = 0x04;
const ANSWER: u8 = 0x05;

/// The port of that instance at one of these addresses.
pub(crate) async fn port(cx: &Cx, addresses: &[SocketAddr], instance: &str, at: &Endpoint) -> Result<u16> {
    let told = |error: Error| error.with_outcome(Outcome::NotSent).or_endpoint(at);
    let mut last = silent(instance);
    // A name may have addresses of both kinds, and the browser listen at one of them: they take turns.
    let (new, old): (Vec<_>, Vec<_>) = addresses.iter().copied().partition(SocketAddr::is_ipv6);
    let first_is_new = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let turns = if first_is_new { [new, old] } else { [old, new] };
    for addresses in turns.iter().filter(|addresses| !addresses.is_empty()).cycle().take(TRIES) {
        let bounded = cx.with_timeout(PATIENCE);
        match bounded.run(OPERATION, asked(addresses, instance)).await {
            Ok(port) => return Ok(port),
            Err(error) if error.kind() != ErrorKind::Timeout => return Err(told(error)),
            Err(error) => {
                cx.check(OPERATION).map_err(told)?;
                last = silent(instance).with_source(error);
            }
        }
    }
    Err(told(last))
}

/// Asks addresses of one kind at once.
async fn asked(addresses: &[SocketAddr], instance: &str) -> Result<u16> {
    let mut question = vec![ASK_INSTANCE];
    question.extend_from_slice(instance.as_bytes());
    question.push(0);
    let io = |error: io::Error| Error::io(OPERATION, error);
    let local: SocketAddr = match addresses.first() {
        Some(SocketAddr::V6(_)) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        _ => (Ipv4Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local).await.map_err(io)?;
    for address in addresses {
        socket.send_to(&question, address).await.map_err(io)?;
    }
    let mut answer = [0; 2048];
    loop {
        let (size, from) = socket.recv_from(&mut answer).await.map_err(io)?;
        // Anybody can send a datagram; only those who were asked count.
        if addresses.contains(&from) {
            return read(&answer[..size], instance);
        }
    }
}

/// `ServerName;…;InstanceName;…;IsClustered;…;Version;…;tcp;1433;;`, after three bytes.
fn read(answer: &[u8], instance: &str) -> Result<u16> {
    let wrong = || protocol(format!("the browser's answer for instance {instance} cannot be read"));
    let Some((&[ANSWER, _, _], text)) = answer.split_first_chunk::<3>() else { return Err(wrong()) };
    let text = String::from_utf8_lossy(text);
    let words: Vec<&str> = text.split(';').collect();
    let value = |name: &str| {
        let pairs = words.chunks_exact(2);
        pairs.into_iter().find(|pair| pair[0].eq_ignore_ascii_case(name)).map(|pair| pair[1])
    };
    if !value("InstanceName").is_some_and(|name| name.eq_ignore_ascii_case(instance)) {
        return Err(wrong());
    }
    let Some(port) = value("tcp") else {
        let message = format!("instance {instance} does not listen on TCP");
        return Err(Error::new(ErrorKind::NotFound, message).with_operation(OPERATION));
    };
    port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)
}

fn silent(instance: &str) -> Error {
    let message = format!("the SQL Server Browser does not answer for instance {instance}");
    Error::new(ErrorKind::Unavailable, message)
        .with_operation(OPERATION)
        .with_note("the browser is silent about instances that it does not know; or UDP does not reach it")
}

fn protocol(message: String) -> Error {
    Error::new(ErrorKind::Protocol, message).with_operation(OPERATION)
}

#[cfg(test)]
mod tests {
    use super::{ErrorKind, read};

    fn answer(text: &str) -> Vec<u8> {
        let mut bytes = vec![0x05, text.len() as u8, 0];
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    #[test]
    fn the_port_is_read_and_nothing_else_taken_for_it() {
        let whole = "ServerName;DB1;InstanceName;SALES;IsClustered;No;Version;16.0.1000.6;tcp;51433;;";
        assert_eq!(read(&answer(whole), "sales").unwrap(), 51433);
        let pipe = "ServerName;DB1;InstanceName;SALES;IsClustered;No;Version;16.0.1000.6;np;\\\\DB1\\pipe;;";
        assert_eq!(read(&answer(pipe), "sales").unwrap_err().kind(), ErrorKind::NotFound);
        let other = whole.replace("SALES", "OTHER");
        for bytes in [
            answer(&other),
            answer(&whole.replace("51433", "0")),
            answer(&whole.replace("51433", "99999")),
            answer(""),
            vec![0x05],
            vec![],
            vec![0xff; 400],
        ] {
            assert_eq!(read(&bytes, "sales").unwrap_err().kind(), ErrorKind::Protocol);
        }
    }
}
