//! From the name of a server to a connection that is logged in.

use super::ber::message_length;
use super::check;
use super::link::{Link, Wire};
use super::server::{Security, Server};
use super::settings::{Identity, LdapSettings};
use super::{Phases, answer, spans};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, SecretSource, net};
use purlin_tls::TlsClient;
use socket2::{SockRef, TcpKeepalive};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// The request to begin TLS, as the first message of a connection.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// Larger than any answer to it.
const SMALL: usize = 64 << 10;

/// What all servers of a directory are reached with.
pub(super) struct Ways {
    pub(super) tls: Option<TlsClient>,
    pub(super) settings: LdapSettings,
}

/// What was seen on the way to a connection.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The address that answered.
    pub(super) address: Option<SocketAddr>,
    /// What each part took.
    pub(super) phases: Phases,
    /// The version of TLS that was agreed on, and the server's certificates in DER, its own first.
    pub(super) tls: Option<(String, Vec<Vec<u8>>)>,
}

/// A connection that is logged in.
pub(super) async fn link(cx: &Cx, server: &Server, identity: &Identity) -> Result<Link> {
    seen_link(cx, server, identity, &mut Seen::default()).await
}

/// The same, telling what was seen.
pub(super) async fn seen_link(
    cx: &Cx,
    server: &Server,
    identity: &Identity,
    seen: &mut Seen,
) -> Result<Link> {
    let endpoint = &server.url.endpoint;
    let span = spans::connect(endpoint.host(), endpoint.port());
    let cx = cx.with_timeout(server.ways.settings.limits.connect);
    let connected =
        spans::within(&span, cx.run("ldap.connect", Box::pin(logged_in(&cx, server, identity, seen)))).await;
    connected.map_err(|error| {
        spans::failed(&span, &error);
        error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)
    })
}

async fn logged_in(cx: &Cx, server: &Server, identity: &Identity, seen: &mut Seen) -> Result<Link> {
    // The secret is fetched first: without one nobody is bothered.
    let password = match identity {
        Identity::Simple(_, password) => {
            server.ways.settings.may_carry_password(&server.url)?;
            Some(password.resolve(cx).await?)
        }
        _ => None,
    };
    let link = open(cx, server, seen).await?;
    let begun = cx.now();
    let done = match (identity, password) {
        (Identity::Simple(dn, _), Some(password)) => {
            if password.expose().is_empty() {
                let error = Error::new(ErrorKind::Invalid, "the password of who asks is empty");
                return Err(error.with_operation("ldap.bind"));
            }
            Some(link.bind(dn.as_str(), password.expose()).await?)
        }
        (Identity::External, _) => Some(link.bind_external().await?),
        _ => None,
    };
    seen.phases.bind = done.as_ref().map(|_| cx.now().since(begun));
    match done {
        Some(result) if result.rc != 0 => Err(answer::refusal(&result).with_operation("ldap.bind")),
        _ => Ok(link),
    }
}

/// A connection on which nobody has logged in. What belongs to TLS is large and rarely there, so it has boxes of its own.
async fn open(cx: &Cx, server: &Server, seen: &mut Seen) -> Result<Link> {
    let ways = &server.ways;
    let stream: Box<dyn Wire> = match server.url.security {
        Security::Local => Box::new(local(server.url.endpoint.path()).await?),
        Security::Clear => Box::new(dial(cx, server, seen).await?),
        Security::Tls => {
            let stream = dial(cx, server, seen).await?;
            Box::pin(secured(cx, server, stream, seen)).await?
        }
        Security::StartTls => {
            let mut stream = dial(cx, server, seen).await?;
            let begun = cx.now();
            start_tls(&mut stream).await?;
            seen.phases.start_tls = Some(cx.now().since(begun));
            Box::pin(secured(cx, server, stream, seen)).await?
        }
    };
    server.opened.fetch_add(1, Ordering::Relaxed);
    Link::start(stream, &ways.settings.limits, cx.now())
}

async fn secured(cx: &Cx, server: &Server, stream: TcpStream, seen: &mut Seen) -> Result<Box<dyn Wire>> {
    let tls =
        server.ways.tls.as_ref().ok_or_else(|| Error::new(ErrorKind::Internal, "TLS was not loaded"))?;
    let begun = cx.now();
    let stream = tls.handshake(cx, &server.url.endpoint, stream).await?;
    seen.phases.tls = Some(cx.now().since(begun));
    let session = stream.get_ref().1;
    let version = session.protocol_version().and_then(|version| version.as_str()).unwrap_or_default();
    let chain = session.peer_certificates().unwrap_or_default();
    let chain = chain.iter().map(|certificate| certificate.as_ref().to_vec()).collect();
    seen.tls = Some((version.replace("TLSv1_", "TLS 1."), chain));
    Ok(Box::new(stream))
}

async fn dial(cx: &Cx, server: &Server, seen: &mut Seen) -> Result<TcpStream> {
    let dialled = net::dial(cx, &server.url.endpoint).await?;
    seen.address = Some(dialled.address);
    (seen.phases.resolve, seen.phases.connect) = (Some(dialled.resolve), Some(dialled.connect));
    let stream = dialled.stream;
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(30));
    // Where the system has none, the deadlines of calls find a dead server all the same.
    let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
    Ok(stream)
}

#[cfg(unix)]
async fn local(path: Option<&std::path::Path>) -> Result<tokio::net::UnixStream> {
    let path = path.unwrap_or(std::path::Path::new(""));
    tokio::net::UnixStream::connect(path).await.map_err(|error| Error::io("ldap.connect", error))
}

#[cfg(not(unix))]
async fn local(_: Option<&std::path::Path>) -> Result<TcpStream> {
    Err(Error::new(ErrorKind::Unsupported, "Unix sockets need Unix").with_operation("ldap.connect"))
}

/// Asks for TLS. What comes behind the answer, before hands are shaken, was put there by somebody else.
async fn start_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Result<()> {
    let failed = |error| Error::io("ldap.start_tls", error);
    stream.write_all(START_TLS).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut bytes = Vec::new();
    let whole = loop {
        let length = message_length(&bytes, SMALL).map_err(|fault| answer::malformed(&fault))?;
        match length {
            Some(length) if bytes.len() >= length => break length,
            _ => {}
        }
        if stream.read_buf(&mut bytes).await.map_err(failed)? == 0 {
            let error =
                Error::new(ErrorKind::Unavailable, "the server closed the connection when asked for TLS");
            return Err(error.with_operation("ldap.start_tls"));
        }
    };
    let message = check::message(bytes.get(..whole).unwrap_or_default());
    let message = message.map_err(|fault| answer::malformed(&fault))?;
    if bytes.len() > whole || message.operation != check::operation::EXTENDED_ANSWER {
        let text = "something else than the answer when asked for TLS";
        return Err(Error::new(ErrorKind::Protocol, text).with_operation("ldap.start_tls"));
    }
    match check::refusal(&bytes) {
        Some(detail) if detail.code == Some(0) => Ok(()),
        Some(detail) => {
            Err(detail.into_refusal().with_operation("ldap.start_tls").with_outcome(Outcome::NotSent))
        }
        None => Err(Error::new(ErrorKind::Protocol, "no result when asked for TLS")),
    }
}
