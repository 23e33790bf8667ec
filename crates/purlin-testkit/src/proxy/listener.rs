//! The port of the proxy.

use super::connection::{self, Orders};
use super::counters::Tally;
use super::fault::Accept;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// After a failed accept, most likely for lack of descriptors.
const PAUSE: Duration = Duration::from_millis(10);

/// What becomes of new connections from now on, and where to say that it is so.
pub(super) struct Command {
    pub(super) accept: Accept,
    pub(super) done: Sender<io::Result<()>>,
}

pub(super) struct Listener {
    address: SocketAddr,
    target: SocketAddr,
    socket: Option<TcpListener>,
    orders: Arc<watch::Sender<Orders>>,
    tally: Arc<Tally>,
}

impl Listener {
    /// Opens the port; needs the context of a runtime.
    pub(super) fn new(
        address: SocketAddr,
        target: SocketAddr,
        orders: Arc<watch::Sender<Orders>>,
        tally: Arc<Tally>,
    ) -> io::Result<Self> {
        Ok(Self { address, target, socket: Some(open(address)?), orders, tally })
    }

    /// Until nobody gives commands any more. All connections are dropped then.
    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => {
                        let result = self.apply(command.accept);
                        // Somebody who no longer waits need not be told.
                        let _ = command.done.send(result);
                    }
                    None => return,
                },
                Some(_) = connections.join_next() => {}
                client = accept(self.socket.as_ref()) => {
                    self.tally.accepted.fetch_add(1, Ordering::Relaxed);
                    let orders = self.orders.subscribe();
                    connections.spawn(connection::run(client, self.target, orders, self.tally.clone()));
                }
            }
        }
    }

    fn apply(&mut self, accept: Accept) -> io::Result<()> {
        match accept {
            Accept::Refuse => self.socket = None,
            _ if self.socket.is_none() => self.socket = Some(open(self.address)?),
            _ => {}
        }
        self.orders.send_modify(|orders| orders.accept = accept);
        Ok(())
    }
}

/// The standard library sets `SO_REUSEADDR`, which the reservation of the port asks for.
fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = std::net::TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

async fn accept(socket: Option<&TcpListener>) -> TcpStream {
    let Some(socket) = socket else {
        return pending().await;
    };
    loop {
        match socket.accept().await {
            Ok((client, _)) if connection::prepare(&client).is_ok() => return client,
            Ok(_) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
