//! One connection of a client through the proxy.

use super::counters::Tally;
use super::fault::{Accept, Fault};
use super::lane::{CHUNK, End, Lane, finish, read};
use rustix::net::sockopt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

/// How long the server may take to accept.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What the test wants, for all connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    pub(super) to_server: Arc<[Fault]>,
    pub(super) to_client: Arc<[Fault]>,
    pub(super) accept: Accept,
    /// How often all connections were to be reset.
    pub(super) disconnects: u64,
}

/// Treats one accepted connection until it ends.
pub(super) async fn run(
    client: TcpStream,
    target: SocketAddr,
    orders: watch::Receiver<Orders>,
    tally: Arc<Tally>,
) {
    let _open = Open::count(&tally);
    let disconnects = orders.borrow().disconnects;
    let mut watching = orders.clone();
    tokio::select! {
        biased;
        _ = watching.wait_for(|orders| orders.disconnects != disconnects) => {}
        () = treat(client, target, orders, &tally) => {}
    }
}

/// Counts a connection as open until it is dropped, also by force.
struct Open<'a>(&'a Tally);

impl<'a> Open<'a> {
    fn count(tally: &'a Tally) -> Self {
        tally.open.fetch_add(1, Ordering::Relaxed);
        Self(tally)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn treat(client: TcpStream, target: SocketAddr, mut orders: watch::Receiver<Orders>, tally: &Tally) {
    let accept = orders.wait_for(|orders| orders.accept != Accept::Hold).await;
    match accept.map(|orders| orders.accept) {
        Ok(Accept::Forward) => {}
        Ok(Accept::Ignore) => return pending().await,
        _ => return,
    }
    match tokio::time::timeout(CONNECT_LIMIT, connect(target)).await {
        Ok(Ok(server)) => relay(&client, &server, &orders, tally).await,
        _ => {
            tally.unreachable.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_nodelay(true)?;
    socket.set_zero_linger()?;
    socket.connect(target).await
}

async fn relay(client: &TcpStream, server: &TcpStream, orders: &watch::Receiver<Orders>, tally: &Tally) {
    let end = {
        let up = Lane::new(client, server, orders, |orders| &orders.to_server, &tally.to_server);
        let down = Lane::new(server, client, orders, |orders| &orders.to_client, &tally.to_client);
        let (mut up, mut down) = (pin!(up.run()), pin!(down.run()));
        tokio::select! {
            end = &mut up => match end {
                End::Finished => down.await,
                end => end,
            },
            end = &mut down => match end {
                End::Finished => up.await,
                end => end,
            },
        }
    };
    match end {
        End::Finished => settle(client, server),
        End::Close => {
            settle(client, server);
            // A socket that is closed with something unread is reset, so all is read first.
            tokio::join!(close(client), close(server));
        }
        End::Reset => {}
    }
}

/// For a connection at once when it is accepted: one that is dropped in the midst of its work is reset. See `settle`
/// for the others.
pub(super) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_zero_linger()
}

/// Lets two sockets end in good order when they are dropped.
fn settle(client: &TcpStream, server: &TcpStream) {
    for stream in [client, server] {
        // It fails for a socket that is gone already, which is what is wanted.
        let _ = sockopt::set_socket_linger(stream, None);
    }
}

async fn close(stream: &TcpStream) {
    let mut buffer = vec![0; CHUNK];
    if finish(stream) == End::Finished {
        while read(stream, &mut buffer).await.is_ok_and(|count| count > 0) {}
    }
}
