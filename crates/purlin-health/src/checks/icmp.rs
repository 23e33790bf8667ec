//! Whether a machine answers an echo request.

mod packet;

use super::{failed, limited, udp};
use crate::{Check, CheckKind, CheckOutcome, Evidence, Measurement, Phase, Phases, Status, Unit};
use async_trait::async_trait;
use packet::Echo;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, socket_with};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

/// Whether a machine answers an echo request, as `ping` asks it (RFC 792, RFC 4443).
///
/// Kind `icmp`. Measures `time`, in seconds, from the request to the answer. One request is sent and none repeated: how
/// many lost ones make an outage is for the cadence to say. Default limit: 10 s, where the call has no deadline.
///
/// It needs no privilege where the system lets ordinary users ask: on Linux `net.ipv4.ping_group_range` must hold one of
/// the process's groups (for IPv6 too). Else a raw socket is tried, which takes `CAP_NET_RAW`. Where neither is allowed,
/// that is a fault of the prober, [`ErrorKind::Unsupported`], and says nothing about the target.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Icmp;
/// use purlin_health::{Check, CheckOutcome};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// match Icmp::to("127.0.0.1")?.run(&Cx::background()).await {
///     CheckOutcome::Answered(evidence) => assert!(evidence.message.contains("127.0.0.1")),
///     CheckOutcome::Prober(error) => assert!(error.to_string().contains("net.ipv4.ping_group_range")),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Icmp {
    endpoint: Endpoint,
}

impl Icmp {
    /// Checks the machine of this name or address.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the text is none.
    pub fn to(host: &str) -> Result<Self> {
        // Echo requests know no ports; the resolver wants one.
        Ok(Self { endpoint: Endpoint::new(host, 7)? })
    }

    async fn ask(&self, cx: &Cx, phases: &mut Phases) -> std::result::Result<SocketAddr, udp::Broken> {
        let address = udp::resolve(cx, &self.endpoint, phases).await?;
        let address = SocketAddr::new(address.ip(), 0);
        let begun = cx.now();
        let asked = cx.run("icmp.ask", exchange(address)).await;
        phases.push(Phase::FirstByte, cx.now().since(begun));
        asked.map(|()| address).map_err(|error| (Phase::FirstByte, error))
    }
}

async fn exchange(address: SocketAddr) -> Result<()> {
    let io = |error| Error::io("icmp.ask", error);
    let (socket, echo) = open(address)?;
    socket.connect(address).await.map_err(io)?;
    socket.send(&echo.bytes()).await.map_err(io)?;
    let mut bytes = [0; 1024];
    loop {
        let count = socket.recv(&mut bytes).await.map_err(io)?;
        if echo.is_answered_by(&bytes[..count]) {
            return Ok(());
        }
    }
}

/// A socket without privilege, or one with.
fn open(address: SocketAddr) -> Result<(tokio::net::UdpSocket, Echo)> {
    let of = |kind| {
        let (family, protocol) = match address {
            SocketAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
            SocketAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        socket_with(family, kind, flags, Some(protocol))
    };
    let has_header = |is_raw| is_raw && address.is_ipv4();
    let (socket, is_raw) = match of(SocketType::DGRAM) {
        Ok(socket) => (socket, false),
        Err(first) => match of(SocketType::RAW) {
            Ok(socket) => (socket, true),
            Err(_) => return Err(refused(first)),
        },
    };
    let echo = Echo::new(address.is_ipv6(), has_header(is_raw));
    Ok((into_tokio(socket)?, echo))
}

/// What it is connected to and sends are datagrams, whatever their protocol.
fn into_tokio(socket: OwnedFd) -> Result<tokio::net::UdpSocket> {
    tokio::net::UdpSocket::from_std(UdpSocket::from(socket)).map_err(|error| Error::io("icmp.open", error))
}

fn refused(errno: Errno) -> Error {
    match errno {
        Errno::ACCESS | Errno::PERM | Errno::PROTONOSUPPORT => {
            let message = "echo requests are not allowed here: net.ipv4.ping_group_range holds no group of this process, \
                           and it lacks CAP_NET_RAW";
            Error::new(ErrorKind::Unsupported, message).with_operation("icmp.open").with_source(errno)
        }
        errno => Error::io("icmp.open", errno.into()),
    }
}

#[async_trait]
impl Check for Icmp {
    fn kind(&self) -> CheckKind {
        CheckKind::from("icmp")
    }

    fn target(&self) -> Option<&str> {
        self.endpoint.host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let mut phases = Phases::default();
        match self.ask(&limited(cx), &mut phases).await {
            Ok(address) => {
                let time = phases.get(Phase::FirstByte).unwrap_or_default();
                let time = Measurement::new("time", time.as_secs_f64(), Unit::Seconds);
                let line = format!("{} answers", address.ip());
                CheckOutcome::Answered(Evidence::new(Status::Ok, line).measured(time).phases(phases))
            }
            Err((phase, error)) => failed(phase, error, phases),
        }
    }
}
