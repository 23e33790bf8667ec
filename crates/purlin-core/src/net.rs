//! Connecting over TCP (feature `net`): resolve a name, try its addresses, tell what each part took.

mod race;

use crate::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use race::Race;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::net::TcpStream;
use tracing::Instrument;
use tracing::field::{Empty, display};

/// Resolving and connecting together take this long at most where the call has no deadline.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);
/// How many silent addresses a note names.
const NAMED: usize = 3;

/// A TCP connection, and what it took to get it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Dialled {
    /// The connection, without Nagle's delay (`TCP_NODELAY`): what is spoken over it are questions and answers.
    pub stream: TcpStream,
    /// The address that answered.
    pub address: SocketAddr,
    /// How long it took from the name to its addresses; next to nothing where the host is an address.
    pub resolve: Duration,
    /// How long it took from the addresses to the connection.
    pub connect: Duration,
}

/// Connects to an endpoint: resolves its host, then tries the addresses in the order of the resolver. The next one
/// is started as soon as one has failed, or after 250 ms without an answer (the connection attempt delay of RFC 8305)
/// while those before it go on; the first connection wins and the others are dropped. Default limit: 10 s,
/// where the call has no deadline.
///
/// The system's resolver cannot be interrupted. It runs on a thread of its own, which a program does not wait for
/// when it ends.
///
/// # Errors
/// Nothing has been sent in any of these ([`Outcome::NotSent`]), and each names the endpoint.
/// - operation `dns.resolve`: [`ErrorKind::Unresolved`] when the name has no address; [`ErrorKind::Unsupported`] for a
///   Unix socket;
/// - operation `tcp.connect`: [`ErrorKind::Refused`] and others of the system. Where several addresses failed, it is the
///   error of the first that was not merely unreachable, and a note names that address;
/// - either: [`ErrorKind::Timeout`], with a note of the addresses that kept silent where there are several, and
///   [`ErrorKind::Cancelled`].
///
/// ```
/// use purlin_core::{Cx, Endpoint, ErrorKind, net};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let error = net::dial(&Cx::background(), &Endpoint::new("127.0.0.1", 1)?).await.unwrap_err();
/// assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, Some("tcp.connect")));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn dial(cx: &Cx, endpoint: &Endpoint) -> Result<Dialled> {
    let span = tracing::debug_span!(
        "purlin.net.dial",
        server.address = endpoint.host(),
        server.port = endpoint.port(),
        network.peer.address = Empty,
    );
    let cx = match cx.deadline() {
        Some(_) => cx.clone(),
        None => cx.with_timeout(DEFAULT_LIMIT),
    };
    let dialled = connected(&cx, endpoint).instrument(span.clone()).await;
    match dialled {
        Ok(dialled) => {
            span.record("network.peer.address", display(dialled.address.ip()));
            Ok(dialled)
        }
        Err(error) => Err(error.with_outcome(Outcome::NotSent).or_endpoint(endpoint)),
    }
}

async fn connected(cx: &Cx, endpoint: &Endpoint) -> Result<Dialled> {
    let begun = cx.now();
    let addresses = addresses(cx, endpoint).await?;
    let resolved = cx.now();
    let (stream, address) = connect(cx, &addresses).await?;
    Ok(Dialled { stream, address, resolve: resolved.since(begun), connect: cx.now().since(resolved) })
}

/// Resolves an endpoint's host as [`dial`] does, for a driver that dials by itself: the addresses in the order of the
/// system's resolver, at least one, none twice. Default limit: 10 s, where the call has no deadline.
///
/// # Errors
/// Those of [`dial`] with operation `dns.resolve`.
pub async fn resolve(cx: &Cx, endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
    let cx = match cx.deadline() {
        Some(_) => cx.clone(),
        None => cx.with_timeout(DEFAULT_LIMIT),
    };
    let found = addresses(&cx, endpoint).await;
    found.map_err(|error| error.with_outcome(Outcome::NotSent).or_endpoint(endpoint))
}

async fn addresses(cx: &Cx, endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
    let (Some(host), Some(port)) = (endpoint.host(), endpoint.port()) else {
        let message = "a Unix socket cannot be reached over TCP";
        return Err(Error::new(ErrorKind::Unsupported, message).with_operation("dns.resolve"));
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_owned();
    let lookup = move |_: &Cx| match (host.as_str(), port).to_socket_addrs() {
        Ok(found) => Ok(found.collect::<Vec<_>>()),
        Err(error) => Err(unresolved(error)),
    };
    let found = cx.run_blocking("dns.resolve", lookup).await?;
    let mut addresses = Vec::with_capacity(found.len());
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(
            Error::new(ErrorKind::Unresolved, "the name has no address").with_operation("dns.resolve")
        );
    }
    Ok(addresses)
}

fn unresolved(error: io::Error) -> Error {
    if error.raw_os_error().is_some() {
        // A fault of this machine, such as no file descriptor left, and no answer of the resolver.
        return Error::io("dns.resolve", error);
    }
    // The resolver's own words: "failed to lookup address information: " stands before them.
    let text = error.to_string();
    let reason = text.rsplit(": ").next().unwrap_or(&text).to_owned();
    Error::new(ErrorKind::Unresolved, reason).with_operation("dns.resolve")
}

async fn connect(cx: &Cx, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr)> {
    let mut race = Race::new(cx.clock(), addresses, |address| async move {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    let ran = cx.run("tcp.connect", async { Ok(race.winner().await) }).await;
    let count = addresses.len();
    match ran {
        Ok(Some(won)) => Ok(won),
        Ok(None) => Err(match race.telling() {
            Some((address, error)) => {
                let error = Error::io("tcp.connect", error);
                if count > 1 {
                    error.with_note(format!("{}, one of {count} addresses", address.ip()))
                } else {
                    error
                }
            }
            None => Error::new(ErrorKind::Internal, "no address was tried").with_operation("tcp.connect"),
        }),
        Err(error) if error.kind() == ErrorKind::Timeout && count > 1 => {
            let silent = race.silent();
            let named: Vec<_> = silent.iter().take(NAMED).map(|address| address.ip().to_string()).collect();
            let more = if silent.len() > NAMED { ", …" } else { "" };
            Err(error.with_note(format!("silent of {count} addresses: {}{more}", named.join(", "))))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
