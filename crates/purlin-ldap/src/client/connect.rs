//! From the name of a server to a connection that is logged in.

use super::ber::message_length;
use super::check;
use super::link::{Link, Wire};
use super::server::{Security, Server};
use super::settings::{Identity, LdapSettings};
use super::{answer, spans};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, SecretSource, net};
use purlin_tls::TlsClient;
use socket2::{SockRef, TcpKeepalive};
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

/// A connection that is logged in.
pub(super) async fn link(cx: &Cx, server: &Server, identity: &Identity) -> Result<Link> {
    let endpoint = &server.url.endpoint;
    let span = spans::connect(endpoint.host(), endpoint.port());
    let cx = cx.with_timeout(server.ways.settings.limits.connect);
    let connected =
        spans::within(&span, cx.run("ldap.connect", Box::pin(logged_in(&cx, server, identity)))).await;
    connected.map_err(|error| {
        spans::failed(&span, &error);
        error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)
    })
}

async fn logged_in(cx: &Cx, server: &Server, identity: &Identity) -> Result<Link> {
    // The secret is fetched first: without one nobody is bothered.
    let password = match identity {
        Identity::Simple(_, password) => {
            server.ways.settings.may_carry_password(&server.url)?;
            Some(password.resolve(cx).await?)
        }
        _ => None,
    };
    let link = open(cx, server).await?;
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
    match done {
        Some(result) if result.rc != 0 => Err(answer::refusal(&result).with_operation("ldap.bind")),
        _ => Ok(link),
    }
}

/// A connection on which nobody has logged in. What belongs to TLS is large and rarely there, so it has boxes of its own.
async fn open(cx: &Cx, server: &Server) -> Result<Link> {
    let ways = &server.ways;
    let endpoint = &server.url.endpoint;
    let tls = || ways.tls.as_ref().ok_or_else(|| Error::new(ErrorKind::Internal, "TLS was not loaded"));
    let stream: Box<dyn Wire> = match server.url.security {
        Security::Local => Box::new(local(endpoint.path()).await?),
        Security::Clear => Box::new(dial(cx, server).await?),
        Security::Tls => {
            let stream = dial(cx, server).await?;
            Box::new(Box::pin(tls()?.handshake(cx, endpoint, stream)).await?)
        }
        Security::StartTls => {
            let mut stream = dial(cx, server).await?;
            start_tls(&mut stream).await?;
            Box::new(Box::pin(tls()?.handshake(cx, endpoint, stream)).await?)
        }
    };
    server.opened.fetch_add(1, Ordering::Relaxed);
    Link::start(stream, &ways.settings.limits, cx.now())
}

async fn dial(cx: &Cx, server: &Server) -> Result<TcpStream> {
    let stream = net::dial(cx, &server.url.endpoint).await?.stream;
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
