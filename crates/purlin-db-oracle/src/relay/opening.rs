//! From the driver's first packet to the listener's ACCEPT. What the listener answers instead is told here, with its
//! number, and never seen by the driver.

use super::frame::malformed;
use super::of_own;
use crate::channel::{Channel, Way};
use crate::fault::Meanings;
use crate::packet::{self, CONNECT, FLAG_REDIRECTED, Frame, HEADER, Onwards, Packet, Refusal, Reply};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How often a listener may send the session on, and ask for the same packet again.
const REDIRECTS: usize = 3;
const RESENDS: usize = 3;
/// How long a stranger on the loopback socket may hold a place.
const INTRODUCTION: Duration = Duration::from_secs(5);
/// Protocol 315 is that of Oracle 12.1, 318 that of 18c.
const OLDEST: u16 = 315;
const OF_18: u16 = 318;
/// What the driver reads of an ACCEPT.
const ACCEPT_LEAST: usize = 28;
const ACCEPT_LEAST_OF_18: usize = 37;
/// Connect data longer than this travel in a packet of their own.
const MOST_WITHIN: u16 = 230;
/// Where a CONNECT says how long they are.
const DATA_LENGTH: usize = 24;
const LONGEST: usize = 8192;

/// Takes the driver's connection: the only one whose first packet bears the token. The listener is closed then.
pub(super) async fn accept(cx: &Cx, listener: TcpListener, token: &str) -> Result<(TcpStream, Vec<u8>)> {
    let mut callers = JoinSet::new();
    let accepted = poll_fn(|context| {
        while let Poll::Ready(caller) = listener.poll_accept(context) {
            let (stream, _) = caller.map_err(of_own)?;
            let token = token.to_owned();
            callers.spawn(async move { introduced(stream, &token).await });
        }
        while let Poll::Ready(Some(caller)) = callers.poll_join_next(context) {
            if let Ok(Some(found)) = caller {
                return Poll::Ready(Ok(found));
            }
        }
        Poll::Pending
    });
    cx.run("db.connect", accepted).await
}

async fn introduced(mut stream: TcpStream, token: &str) -> Option<(TcpStream, Vec<u8>)> {
    let reading = async {
        let mut question = question(&mut stream).await?;
        let length = question.get(DATA_LENGTH..DATA_LENGTH + 2)?;
        if u16::from_be_bytes([length[0], length[1]]) > MOST_WITHIN {
            question.extend(whole(&mut stream).await.ok()?);
        }
        question.windows(token.len()).any(|part| part == token.as_bytes()).then_some(question)
    };
    let request = tokio::time::timeout(INTRODUCTION, reading).await.ok()??;
    stream.set_nodelay(true).ok()?;
    Some((stream, request))
}

/// The first packet of a driver.
async fn question(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; HEADER];
    stream.read_exact(&mut packet).await.ok()?;
    let length = usize::from(u16::from_be_bytes([packet[0], packet[1]]));
    if packet[4] != CONNECT || !(HEADER..=LONGEST).contains(&length) {
        return None;
    }
    packet.resize(length, 0);
    stream.read_exact(&mut packet[HEADER..]).await.ok()?;
    Some(packet)
}

/// Has the listener accept, following where it sends the session on: the channel, and the ACCEPT.
pub(super) async fn open(
    cx: &Cx,
    way: &Way,
    server: Channel,
    question: Vec<u8>,
) -> Result<(Channel, Vec<u8>)> {
    let (mut way, mut server, mut question) = (way.clone(), server, question);
    for _ in 0..=REDIRECTS {
        let answered = cx.run("db.connect", answer(cx, &way, server, &question)).await;
        let answered = answered.map_err(|error| unsent(error).or_endpoint(&way.endpoint))?;
        match answered {
            Answer::Accepted(server, accept) => return Ok((server, accept)),
            Answer::Onwards(Onwards { address, question: other }) => {
                if way.tls.is_some() && !address.tls {
                    let message =
                        format!("the listener sends a session with TLS on to {} without", address.endpoint);
                    let error = Error::new(ErrorKind::Tls, message).with_operation("db.redirect");
                    return Err(unsent(error).or_endpoint(&way.endpoint));
                }
                way.endpoint = address.endpoint;
                if let Some(other) = other {
                    question = packet::connect(&other, FLAG_REDIRECTED);
                }
                server = way.dial(cx).await?;
            }
        }
    }
    let message = format!("the listener has sent the session on {REDIRECTS} times, and nobody takes it");
    Err(unsent(Error::new(ErrorKind::Unavailable, message).with_operation("db.redirect")))
}

enum Answer {
    Accepted(Channel, Vec<u8>),
    Onwards(Onwards),
}

async fn answer(cx: &Cx, way: &Way, mut server: Channel, question: &[u8]) -> Result<Answer> {
    for _ in 0..=RESENDS {
        server.write_all(question).await.map_err(of_server)?;
        server.flush().await.map_err(of_server)?;
        let bytes = whole(&mut server).await?;
        let place = match reply(&bytes)? {
            Reply::Accept { version, services_required } => {
                accepted(version, services_required, bytes.len() - HEADER)?;
                return Ok(Answer::Accepted(server, bytes));
            }
            Reply::Refuse(refusal) => return Err(refused(&refusal)),
            Reply::RedirectFollows(_) => match reply(&whole(&mut server).await?)? {
                Reply::Data(place) => place,
                _ => return Err(malformed("a redirect without an address")),
            },
            Reply::Redirect(place) => place,
            Reply::Resend { new_tls } => {
                server = if new_tls { way.renew(cx, server).await? } else { server };
                continue;
            }
            Reply::Data(_) => return Err(malformed("data in answer to a CONNECT")),
        };
        let onwards = packet::onwards(&place).ok_or_else(|| malformed("a redirect without an address"))?;
        return Ok(Answer::Onwards(onwards));
    }
    Err(malformed("the same packet is asked for again and again"))
}

fn reply(bytes: &[u8]) -> Result<Reply> {
    match packet::frame(bytes) {
        Frame::Whole(packet, _) => Reply::read(packet).map_err(malformed),
        Frame::Foreign(foreign) => Err(malformed(foreign)),
        Frame::Partial => Err(malformed("half a packet")),
    }
}

/// Whether the driver can go on from there.
fn accepted(version: u16, services_required: bool, length: usize) -> Result<()> {
    if version < OLDEST {
        let message = format!(
            "the server speaks protocol {version}: the thin driver needs {OLDEST}, that of Oracle 12.1; a driver over \
             Oracle's client library would do"
        );
        return Err(Error::new(ErrorKind::Unsupported, message).with_operation("db.connect"));
    }
    if services_required {
        let message = "the server requires native network encryption (SQLNET.ENCRYPTION_SERVER), which the thin \
                       driver has not: use TCPS, or a driver over Oracle's client library";
        return Err(Error::new(ErrorKind::Unsupported, message).with_operation("db.connect"));
    }
    let least = if version >= OF_18 { ACCEPT_LEAST_OF_18 } else { ACCEPT_LEAST };
    if length < least { Err(malformed("an ACCEPT that is cut off")) } else { Ok(()) }
}

/// The listener says no.
fn refused(refusal: &Refusal) -> Error {
    let error = match refusal.code.filter(|code| *code > 0) {
        Some(code) => Meanings::default()
            .of_code(code.into(), format!("the listener refuses the session: ORA-{code:05}")),
        None => Error::new(ErrorKind::Unavailable, "the listener refuses the session and does not say why"),
    };
    error.with_operation("db.connect")
}

/// Reads one packet of a listener and nothing of the next.
async fn whole(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(256);
    loop {
        let wanted = match packet::frame(&bytes) {
            Frame::Whole(Packet { .. }, _) => return Ok(bytes),
            Frame::Foreign(foreign) => return Err(malformed(foreign)),
            Frame::Partial => match bytes.first_chunk::<2>().filter(|_| bytes.len() >= HEADER) {
                Some(length) => usize::from(u16::from_be_bytes(*length)),
                None => HEADER,
            },
        };
        let missing = u64::try_from(wanted.saturating_sub(bytes.len()).max(1)).unwrap_or(1);
        if stream.take(missing).read_buf(&mut bytes).await.map_err(of_server)? == 0 {
            return Err(hung_up());
        }
    }
}

fn hung_up() -> Error {
    Error::new(ErrorKind::Unavailable, "the listener closed the connection").with_operation("db.connect")
}

fn of_server(error: std::io::Error) -> Error {
    purlin_tls::stream_error("db.connect", error)
}

/// No session has begun.
fn unsent(error: Error) -> Error {
    error.with_outcome(Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_number() {
        let refusal = |code| Refusal { code, release: None };
        assert_eq!(refused(&refusal(Some(12514))).kind(), ErrorKind::NotFound);
        assert_eq!(refused(&refusal(Some(12516))).kind(), ErrorKind::RateLimited);
        assert_eq!(refused(&refusal(Some(0))).kind(), ErrorKind::Unavailable);
        assert_eq!(refused(&refusal(None)).kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn the_driver_gets_no_acceptance_that_it_cannot_take() {
        assert!(accepted(319, false, 37).is_ok() && accepted(315, false, 28).is_ok());
        assert_eq!(accepted(314, false, 99).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(accepted(319, true, 99).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(accepted(319, false, 36).unwrap_err().kind(), ErrorKind::Protocol);
    }
}
