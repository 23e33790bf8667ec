//! The way between the driver and the server: a socket on loopback on this side, plain TCP or TLS on the other.
//!
//! The driver dials by itself, blocks, and takes neither a deadline nor a TLS configuration. So it dials this process,
//! which carries its bytes on. Closing the relay ends a blocked read at once. On the way packets are looked at as far as
//! their frame goes: what would make the driver panic or wait for ever never reaches it.

mod frame;
mod opening;
mod pump;

use crate::channel::{Channel, Way};
use crate::link::Shared;
use purlin_core::{Cx, Error, Outcome, Result};
use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A relay that runs; dropping it closes both of its sockets.
#[derive(Debug)]
pub(crate) struct Relay(JoinHandle<()>);

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How much a server may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// In one packet.
    pub(crate) packet: usize,
    /// In answer to one question of the driver.
    pub(crate) answer: u64,
}

/// A relay that waits for the driver, and what it knows the driver by.
pub(crate) struct Waiting {
    pub(crate) relay: Relay,
    pub(crate) port: u16,
    /// Goes into the descriptor and comes back in the driver's first packet.
    pub(crate) token: String,
}

impl Relay {
    /// Listens for the driver, and carries on between it and the server.
    pub(crate) async fn begin(
        cx: &Cx,
        way: Way,
        server: Channel,
        shared: Arc<Shared>,
        bounds: Bounds,
    ) -> Result<Waiting> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(of_own)?;
        let port = listener.local_addr().map_err(of_own)?.port();
        let token = format!("{:016X}", RandomState::new().hash_one(port));
        let (cx, expected) = (cx.clone(), token.clone());
        let task = tokio::spawn(async move {
            // Each fault is told before the driver can see that its line is dead, which is when its socket is dropped.
            let broke = |error: Error| shared.line.broke(error.or_endpoint(&way.endpoint));
            let (driver, question) = match opening::accept(&cx, listener, &expected).await {
                Ok(accepted) => accepted,
                Err(error) => return broke(error),
            };
            match opening::open(&cx, &way, server, question).await {
                Ok((server, accept)) => pump::pump(Opened { driver, server, accept }, bounds, broke).await,
                Err(error) => broke(error),
            }
        });
        Ok(Waiting { relay: Relay(task), port, token })
    }
}

/// A fault of this machine's own sockets.
fn of_own(error: std::io::Error) -> Error {
    Error::io("db.relay", error).with_outcome(Outcome::NotSent)
}

/// Both ends, once the listener has accepted.
struct Opened {
    driver: tokio::net::TcpStream,
    server: Channel,
    /// The listener's ACCEPT, which the driver has not seen yet.
    accept: Vec<u8>,
}
