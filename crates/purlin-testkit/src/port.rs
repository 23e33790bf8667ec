//! Loopback ports that nobody else is given.

use purlin_core::{Error, Result};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with, sockopt};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;

/// A TCP port of 127.0.0.1 that the system gives to nobody else while this value lives.
///
/// A socket stays bound to it and never listens: connections are refused, no other process is given the port as a
/// free one, and a server that sets `SO_REUSEADDR` (almost all do) can still listen there. So it serves as the port
/// of a server that is started later, and as a port where surely nobody listens.
///
/// ```
/// # fn main() -> purlin_core::Result<()> {
/// let closed = purlin_testkit::ReservedPort::new()?;
/// let refused = std::net::TcpStream::connect(closed.address()).unwrap_err();
/// assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
/// # Ok(())
/// # }
/// ```
pub struct ReservedPort {
    address: SocketAddr,
    _socket: OwnedFd,
}

impl ReservedPort {
    /// A free port.
    ///
    /// # Errors
    /// The system's, when there is no free port or no descriptor left.
    pub fn new() -> Result<Self> {
        Self::reserve().map_err(|error| Error::io("port.reserve", error.into()))
    }

    fn reserve() -> rustix::io::Result<Self> {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        let address = SocketAddr::try_from(getsockname(&socket)?)?;
        Ok(Self { address, _socket: socket })
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.address.port()
    }

    /// 127.0.0.1 with its number.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Debug for ReservedPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReservedPort({})", self.number())
    }
}
