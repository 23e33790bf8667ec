//! From the driver's first packet to the listener's ACCEPT. What the listener answers instead is told here, with its
//! number, and never seen by the driver.

use super::frame::{self, ACCEPT, CONNECT, DATA, HEADER, REDIRECT, REFUSE, RESEND, Width, malformed};
use super::{Channel, Opened, Way, of_own};
use crate::fault::Meanings;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
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
/// Protocol 315 is that of Oracle 12.1.
const OLDEST: u16 = 315;
/// Native network encryption is required (the ANO flags of ACCEPT).
const ENCRYPTION_REQUIRED: u8 = 0x10;
const FLAG_REDIRECT: u8 = 0x04;
const FLAG_TLS_AGAIN: u8 = 0x08;
/// Connect data longer than this travel in a packet of their own.
const MOST_WITHIN: usize = 230;
/// Where CONNECT says how long they are, and where they begin.
const DATA_LENGTH: usize = 24;
const DATA_OFFSET: usize = 26;

/// The driver's CONNECT, and its connect data where they travel apart.
#[derive(Debug, Clone)]
pub(super) struct Request {
    connect: Vec<u8>,
    apart: Option<Vec<u8>>,
}

/// Takes the driver's connection: the only one whose first packet bears the token. The listener is closed then.
pub(super) async fn accept(cx: &Cx, listener: TcpListener, token: &str) -> Result<(TcpStream, Request)> {
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

async fn introduced(mut stream: TcpStream, token: &str) -> Option<(TcpStream, Request)> {
    let reading = async {
        let connect = packet(&mut stream).await.ok()?;
        if connect[4] != CONNECT || connect.len() < DATA_OFFSET + 2 {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([connect[DATA_LENGTH], connect[DATA_LENGTH + 1]]));
        let apart = if length > MOST_WITHIN { Some(packet(&mut stream).await.ok()?) } else { None };
        let said = apart.as_deref().unwrap_or(&connect);
        let is_ours = said.windows(token.len()).any(|part| part == token.as_bytes());
        is_ours.then_some(Request { connect, apart })
    };
    let request = tokio::time::timeout(INTRODUCTION, reading).await.ok()??;
    stream.set_nodelay(true).ok()?;
    Some((stream, request))
}

/// Has the listener accept, following where it sends the session on.
pub(super) async fn open(
    cx: &Cx,
    way: &Way,
    server: Channel,
    mut driver: TcpStream,
    request: Request,
) -> Result<Opened> {
    let (mut way, mut server, mut request) = (way.clone(), server, request);
    for _ in 0..=REDIRECTS {
        let answered = cx.run("db.connect", answer(cx, &way, server, &request)).await;
        let answered = answered.map_err(|error| unsent(error).or_endpoint(&way.endpoint))?;
        match answered {
            Answer::Accepted(server, accept) => {
                driver.write_all(&accept).await.map_err(of_own)?;
                return Ok(Opened { driver, server });
            }
            Answer::Onwards(place, data) => {
                let onwards = target(&place);
                way.endpoint = onwards.ok_or_else(|| unsent(malformed("a redirect without an address")))?;
                request = request.redirected(&data);
                server = way.dial(cx).await?;
            }
        }
    }
    let message = format!("the listener has sent the session on {REDIRECTS} times, and nobody takes it");
    Err(unsent(Error::new(ErrorKind::Unavailable, message).with_operation("db.redirect")))
}

enum Answer {
    Accepted(Channel, Vec<u8>),
    /// To that address, with those connect data.
    Onwards(String, String),
}

async fn answer(cx: &Cx, way: &Way, mut server: Channel, request: &Request) -> Result<Answer> {
    for _ in 0..=RESENDS {
        for part in [Some(&request.connect), request.apart.as_ref()].into_iter().flatten() {
            server.write_all(part).await.map_err(of_server)?;
        }
        server.flush().await.map_err(of_server)?;
        let packet = packet(&mut server).await?;
        match packet[4] {
            ACCEPT => return accepted(&packet).map(|()| Answer::Accepted(server, packet)),
            REFUSE => return Err(refused(&packet)),
            REDIRECT => return onwards(&mut server, &packet).await,
            RESEND if packet[5] & FLAG_TLS_AGAIN != 0 => server = way.renew(cx, server).await?,
            RESEND => {}
            other => return Err(malformed(format!("a packet of type {other} in answer to a CONNECT"))),
        }
    }
    Err(malformed("the same packet is asked for again and again"))
}

/// Whether the driver can go on from there.
fn accepted(packet: &[u8]) -> Result<()> {
    let version = packet.get(8..10).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    let version = version.ok_or_else(|| malformed("an ACCEPT without a version"))?;
    if version < OLDEST {
        let message = format!(
            "the server speaks protocol {version}: the thin driver needs {OLDEST}, that of Oracle 12.1; a driver over \
             Oracle's client library would do"
        );
        return Err(unsupported(message));
    }
    if packet.len() < if version >= 318 { 45 } else { 36 } {
        return Err(malformed("an ACCEPT that is cut off"));
    }
    if packet[22] & ENCRYPTION_REQUIRED != 0 {
        let message = "the server requires native network encryption (SQLNET.ENCRYPTION_SERVER), which the thin \
                       driver has not: use TCPS, or a driver over Oracle's client library";
        return Err(unsupported(message.to_owned()));
    }
    Ok(())
}

fn unsupported(message: String) -> Error {
    Error::new(ErrorKind::Unsupported, message).with_operation("db.connect")
}

/// The listener says no. Its text has the number: `(DESCRIPTION=(ERR=12514)…)`.
fn refused(packet: &[u8]) -> Error {
    let text = String::from_utf8_lossy(packet.get(HEADER + 4..).unwrap_or_default()).into_owned();
    let code = field(&text, "ERR=").and_then(|number| number.parse::<i64>().ok()).filter(|code| *code > 0);
    let error = match code {
        Some(code) => {
            Meanings::default().of_code(code, format!("the listener refuses the session: ORA-{code:05}"))
        }
        None => Error::new(ErrorKind::Unavailable, "the listener refuses the session and does not say why"),
    };
    error.with_operation("db.connect")
}

async fn onwards(server: &mut Channel, first: &[u8]) -> Result<Answer> {
    let within = first.get(HEADER + 2..).unwrap_or_default();
    let bytes = if within.is_empty() {
        let second = packet(server).await?;
        if second[4] != DATA {
            return Err(malformed("a redirect without an address"));
        }
        second[HEADER + 2..].to_vec()
    } else {
        within.to_vec()
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (place, data) = text.split_once('\0').unwrap_or((&text, ""));
    Ok(Answer::Onwards(place.to_owned(), data.trim_end_matches('\0').to_owned()))
}

/// `(ADDRESS=(PROTOCOL=tcp)(HOST=node2)(PORT=1521))`
fn target(place: &str) -> Option<Endpoint> {
    let port = field(place, "PORT=")?.parse().ok()?;
    Endpoint::new(field(place, "HOST=")?, port).ok()
}

/// What stands behind a key, whatever its case, up to the parenthesis.
fn field<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let upper = text.to_ascii_uppercase();
    let start = upper.find(&format!("({key}"))? + key.len() + 1;
    text.get(start..)?.split(')').next().map(str::trim)
}

impl Request {
    /// The same for the place that the listener named; it says what connect data that one wants.
    fn redirected(mut self, data: &str) -> Self {
        let begin =
            usize::from(u16::from_be_bytes([self.connect[DATA_OFFSET], self.connect[DATA_OFFSET + 1]]));
        self.connect.truncate(begin.max(DATA_OFFSET + 2));
        self.connect[5] |= FLAG_REDIRECT;
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
        self.connect[DATA_LENGTH..DATA_LENGTH + 2].copy_from_slice(&length);
        self.apart = None;
        if data.len() > MOST_WITHIN {
            let mut apart = vec![0, 0, 0, 0, DATA, 0, 0, 0, 0, 0];
            apart.extend(data.bytes());
            measured(&mut apart);
            self.apart = Some(apart);
        } else {
            self.connect.extend(data.bytes());
        }
        measured(&mut self.connect);
        self
    }
}

fn measured(packet: &mut [u8]) {
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX).to_be_bytes();
    packet[..2].copy_from_slice(&length);
}

/// Reads one packet and nothing of the next; it has a header at least, and the two bytes of flags if it is DATA.
async fn packet(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
    let mut packet = vec![0; HEADER];
    stream.read_exact(&mut packet).await.map_err(of_server)?;
    let length = frame::length(&packet, Width::Narrow)?.unwrap_or(HEADER);
    packet.resize(length, 0);
    stream.read_exact(&mut packet[HEADER..]).await.map_err(of_server)?;
    Ok(packet)
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
    fn a_redirect_names_its_address() {
        let place = "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(host=node2.lon)(PORT= 1522)))";
        assert_eq!(target(place).unwrap().to_string(), "node2.lon:1522");
        assert!(target("(ADDRESS=(HOST=node2))").is_none() && target("").is_none());
    }

    #[test]
    fn a_refusal_keeps_its_number() {
        let packet = |text: &str| [&[0; 12], text.as_bytes()].concat();
        let error = refused(&packet("(DESCRIPTION=(TMP=)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514))))"));
        assert_eq!(error.kind(), ErrorKind::NotFound);
        for text in ["", "(ERR=abc)", "(ERR=", "(ERR=99999999999999999999)"] {
            assert_eq!(refused(&packet(text)).kind(), ErrorKind::Unavailable, "{text}");
        }
        assert_eq!(refused(&[0; 8]).kind(), ErrorKind::Unavailable);
    }
}
