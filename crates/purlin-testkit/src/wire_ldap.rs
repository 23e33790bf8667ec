//! An LDAP server that says what a test tells it to, byte by byte: for answers that no real server gives when asked.

mod message;

pub use message::{LdapAttribute, LdapRequest, LdapResponse, malformed_ldap};

use purlin_core::{Error, Result};
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

type Handler = dyn Fn(&LdapRequest) -> LdapResponse + Send + Sync;

/// Between two looks at whether the server is to end.
const LOOK: Duration = Duration::from_millis(50);

/// A server on a free port of 127.0.0.1 whose answers a closure makes, one for each request. It notes all requests.
/// Dropping it ends it with all its connections.
///
/// ```
/// use purlin_testkit::{LdapResponse, WireLdap};
///
/// # fn main() -> purlin_core::Result<()> {
/// let server = WireLdap::start(|request| match request.is_bind() {
///     true => LdapResponse::done(request, 49, "no"),
///     false => LdapResponse::Silence,
/// })?;
/// assert!(server.requests().is_empty() && server.address().port() > 0);
/// # Ok(())
/// # }
/// ```
pub struct WireLdap {
    address: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    handler: Box<Handler>,
    ended: AtomicBool,
    requests: Mutex<Vec<LdapRequest>>,
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<LdapRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WireLdap {
    /// Starts it.
    ///
    /// # Errors
    /// The system's, when there is no port or thread left.
    pub fn start(handler: impl Fn(&LdapRequest) -> LdapResponse + Send + Sync + 'static) -> Result<Self> {
        let failed = |error| Error::io("ldap.start", error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            ended: AtomicBool::new(false),
            requests: Mutex::default(),
        });
        let accepting = shared.clone();
        let thread = std::thread::Builder::new().name("wire-ldap".to_owned());
        let thread = thread.spawn(move || accept(&listener, &accepting)).map_err(failed)?;
        Ok(Self { address, shared, threads: vec![thread] })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far, in the order in which they came.
    pub fn requests(&self) -> Vec<LdapRequest> {
        self.shared.requests().clone()
    }

    /// Waits until the requests are as wanted; whether they became so within 20 s.
    pub fn wait_until(&self, done: impl Fn(&[LdapRequest]) -> bool) -> bool {
        crate::wait::until(Duration::from_secs(20), || done(&self.shared.requests()).then_some(())).is_some()
    }
}

impl Drop for WireLdap {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        // It waits for a connection.
        drop(TcpStream::connect(self.address));
        for thread in self.threads.drain(..) {
            // A panic of the thread has been printed by then.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for WireLdap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireLdap").field("address", &self.address).finish_non_exhaustive()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        if shared.ended.load(Ordering::Acquire) {
            break;
        }
        let shared = shared.clone();
        threads.push(std::thread::spawn(move || serve(stream, &shared)));
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// Until the client leaves, the script hangs up, or the server ends.
fn serve(mut stream: TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(LOOK));
    let _ = stream.set_nodelay(true);
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while !shared.ended.load(Ordering::Acquire) {
        match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => bytes.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
        while let Some((request, length)) = message::request(&bytes) {
            bytes.drain(..length);
            let response = (shared.handler)(&request);
            shared.requests().push(request);
            let (send, hang_up) = match response {
                LdapResponse::Bytes(bytes) => (bytes, false),
                LdapResponse::Silence => (Vec::new(), false),
                LdapResponse::HangUp(bytes) => (bytes, true),
            };
            if stream.write_all(&send).is_err() || hang_up {
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}
