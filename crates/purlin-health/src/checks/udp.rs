//! One question and one answer over UDP.

use crate::{Phase, Phases};
use purlin_core::{Cx, Endpoint, Error, Result, net};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::UdpSocket;

/// No answer of the protocols here is longer.
const LONGEST: usize = 4096;

/// Why there is no answer, and in which step.
pub(super) type Broken = (Phase, Error);

/// The first address of an endpoint.
pub(super) async fn resolve(
    cx: &Cx,
    endpoint: &Endpoint,
    phases: &mut Phases,
) -> std::result::Result<SocketAddr, Broken> {
    let begun = cx.now();
    let found = net::resolve(cx, endpoint).await;
    phases.push(Phase::Resolve, cx.now().since(begun));
    let found = found.map_err(|error| (Phase::Resolve, error))?;
    found.first().copied().ok_or_else(|| {
        let error = Error::new(purlin_core::ErrorKind::Unresolved, "the name has no address");
        (Phase::Resolve, error.with_operation("dns.resolve"))
    })
}

/// Sends a question and waits for the datagram that `read` takes for its answer; others, such as late answers to
/// somebody else, are passed over. Nothing is sent again: a lost datagram is a failed run, and how many of those make an
/// outage is for the cadence to say.
pub(super) async fn ask<T>(
    cx: &Cx,
    server: SocketAddr,
    question: &[u8],
    phases: &mut Phases,
    mut read: impl FnMut(&[u8]) -> Option<Result<T>>,
) -> std::result::Result<T, Broken> {
    let begun = cx.now();
    let exchange = async {
        let io = |error| Error::io("udp.ask", error);
        let own: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(own).await.map_err(io)?;
        // So that the system tells when nobody listens, and nobody else is heard.
        socket.connect(server).await.map_err(io)?;
        socket.send(question).await.map_err(io)?;
        let mut bytes = [0; LONGEST];
        loop {
            let count = socket.recv(&mut bytes).await.map_err(io)?;
            if let Some(answer) = read(&bytes[..count]) {
                return answer;
            }
        }
    };
    let answer = cx.run("udp.ask", exchange).await;
    phases.push(Phase::FirstByte, cx.now().since(begun));
    answer.map_err(|error| (Phase::FirstByte, error))
}
