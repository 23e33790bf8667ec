//! A TCP proxy that does to connections what networks do.

mod connection;
mod counters;
mod course;
mod fault;
mod lane;
mod listener;

pub use counters::{Counters, Traffic};
pub use fault::{Accept, Fault};

use crate::{ReservedPort, wait};
use connection::Orders;
use counters::Tally;
use listener::{Command, Listener};
use purlin_core::{Error, ErrorKind, Result};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long the proxy's own thread may take to answer. It never blocks, so this is only ever reached on a machine
/// that stands still.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A TCP proxy on 127.0.0.1 in front of a server, with [faults](Fault) in each direction and a [way to
/// treat](Accept) new connections, both to be changed while it runs.
///
/// It runs on a thread of its own, so it works under any runtime or none, and its methods can be called from
/// anywhere. Dropping it resets every connection and ends the thread. What one side does (end, reset) is passed on
/// to the other; without faults nothing else happens to the bytes.
///
/// ```
/// use purlin_testkit::{Fault, FaultProxy};
/// use std::io::Read;
/// use std::net::{TcpListener, TcpStream};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let proxy = FaultProxy::start(server.local_addr()?)?;
/// proxy.to_client([Fault::cut().at(5)]);
///
/// let mut client = TcpStream::connect(proxy.address())?;
/// std::io::Write::write_all(&mut server.accept()?.0, b"welcome")?;
/// let mut heard = String::new();
/// client.read_to_string(&mut heard)?;
/// assert_eq!(heard, "welco");
/// # Ok(())
/// # }
/// ```
pub struct FaultProxy {
    port: ReservedPort,
    target: SocketAddr,
    orders: Arc<watch::Sender<Orders>>,
    tally: Arc<Tally>,
    commands: Option<mpsc::UnboundedSender<Command>>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// A proxy in front of this server, on a free port. The server need not run yet: a client whose connection
    /// cannot be passed on is reset.
    ///
    /// # Errors
    /// The system's, when there is no port, no descriptor or no thread left.
    pub fn start(target: SocketAddr) -> Result<Self> {
        let port = ReservedPort::new()?;
        let orders = Arc::new(watch::Sender::new(Orders::default()));
        let tally = Arc::new(Tally::default());
        let (commands, received) = mpsc::unbounded_channel();
        let (alive, ended) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed)?;
        let listener = {
            let _context = runtime.enter();
            Listener::new(port.address(), target, orders.clone(), tally.clone()).map_err(failed)?
        };
        let thread = std::thread::Builder::new()
            .name("fault-proxy".to_owned())
            .spawn(move || {
                runtime.block_on(listener.run(received));
                // With the runtime go all connections; only then is it told that all has ended.
                drop(runtime);
                drop(alive);
            })
            .map_err(failed)?;
        Ok(Self { port, target, orders, tally, commands: Some(commands), ended, thread: Some(thread) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The server behind it.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Replaces the faults of all connections, open ones included, in what clients send. Several act together; of
    /// those at the same place the first acts first.
    pub fn to_server(&self, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().collect();
        self.orders.send_modify(|orders| orders.to_server = faults);
    }

    /// The same in what the server sends.
    pub fn to_client(&self, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().collect();
        self.orders.send_modify(|orders| orders.to_client = faults);
    }

    /// Takes all faults away, in both directions.
    pub fn clear(&self) {
        self.to_server([]);
        self.to_client([]);
    }

    /// Says what becomes of new connections. When it returns, this is so: after [`Accept::Refuse`] the port is
    /// closed.
    ///
    /// # Errors
    /// The system's, when the port cannot be opened again.
    pub fn accept(&self, accept: Accept) -> Result<()> {
        let (done, answer) = channel();
        let command = Command { accept, done };
        let sent = self.commands.as_ref().map(|commands| commands.send(command));
        match (sent, answer.recv_timeout(ANSWER_LIMIT)) {
            (Some(Ok(())), Ok(result)) => result.map_err(failed),
            _ => Err(Error::new(ErrorKind::Internal, "the proxy's thread does not answer")
                .with_operation("proxy.accept")),
        }
    }

    /// Resets every open connection, held and ignored ones included; new ones are not affected.
    pub fn disconnect(&self) {
        self.orders.send_modify(|orders| orders.disconnects += 1);
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.tally.read()
    }

    /// Waits until the counters say so.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when they do not within `limit`, with the counters in the message.
    pub fn wait_until(&self, limit: Duration, done: impl Fn(&Counters) -> bool) -> Result<Counters> {
        let seen = wait::until(limit, || Some(self.counters()).filter(&done));
        seen.ok_or_else(|| {
            let message = format!("not within {limit:?}: {:?}", self.counters());
            Error::new(ErrorKind::Timeout, message).with_operation("proxy.wait")
        })
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::io("proxy.start", error)
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.commands = None;
        let ended = self.ended.recv_timeout(ANSWER_LIMIT);
        if let (Err(RecvTimeoutError::Disconnected), Some(thread)) = (ended, self.thread.take()) {
            // A panic of the thread has been printed by then.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultProxy")
            .field("address", &self.address())
            .field("target", &self.target)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}
