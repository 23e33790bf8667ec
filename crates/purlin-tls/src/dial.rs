//! A TCP connection to an endpoint: resolve, then each address in turn.

use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};

pub(crate) struct Dialled {
    pub(crate) stream: TcpStream,
    pub(crate) address: SocketAddr,
    pub(crate) resolve: Duration,
    pub(crate) connect: Duration,
}

/// Connects to the first address that answers. Each gets an equal share of the time that is left, so that a silent
/// first one does not use up the turn of the second.
pub(crate) async fn dial(cx: &Cx, endpoint: &Endpoint) -> Result<Dialled> {
    let begun = cx.now();
    let addresses = resolve(cx, endpoint).await.map_err(|error| error.or_endpoint(endpoint))?;
    let resolved = cx.now();
    let mut last = None;
    for (index, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = match cx.remaining() {
            Some(remaining) => cx.with_timeout(remaining / left),
            None => cx.clone(),
        };
        match connect(&share, *address).await {
            Ok(stream) => {
                let (resolve, connect) = (resolved.since(begun), cx.now().since(resolved));
                return Ok(Dialled { stream, address: *address, resolve, connect });
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error.or_endpoint(endpoint)),
            Err(error) => last = Some((error, address)),
        }
    }
    Err(match last {
        Some((error, address)) if addresses.len() > 1 => {
            let note = format!("the last of {} addresses, {}", addresses.len(), address.ip());
            error.or_endpoint(endpoint).with_note(note)
        }
        Some((error, _)) => error.or_endpoint(endpoint),
        None => unresolved("the name has no address".to_owned()).or_endpoint(endpoint),
    })
}

async fn resolve(cx: &Cx, endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
    let (Some(host), Some(port)) = (endpoint.host(), endpoint.port()) else {
        let message = "TLS over a Unix socket is not supported here";
        return Err(Error::new(ErrorKind::Unsupported, message).with_operation("dns.resolve"));
    };
    let lookup = async {
        let addresses = lookup_host((host, port)).await;
        addresses.map(Iterator::collect).map_err(|error| unresolved(reason(&error)))
    };
    cx.run("dns.resolve", lookup).await
}

async fn connect(cx: &Cx, address: SocketAddr) -> Result<TcpStream> {
    let connect = async {
        let stream = TcpStream::connect(address).await.map_err(|error| Error::io("tcp.connect", error))?;
        // A handshake is a few small packets that wait for each other.
        stream.set_nodelay(true).map_err(|error| Error::io("tcp.connect", error))?;
        Ok(stream)
    };
    cx.run("tcp.connect", connect).await.map_err(|error| error.with_outcome(Outcome::NotSent))
}

/// The resolver's own words: "failed to lookup address information: " stands before them.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or(&text).to_owned()
}

fn unresolved(message: String) -> Error {
    Error::new(ErrorKind::Unresolved, message).with_operation("dns.resolve")
}
