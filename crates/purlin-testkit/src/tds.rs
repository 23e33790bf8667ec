//! A SQL Server of our own, because no package registry has a real one: it speaks TDS (MS-TDS) in the clear, with TLS in
//! TDS 7 and with TLS around TDS 8, runs batches and `sp_executesql` over SQLite, and plays scripts for what no server
//! does on demand: cancellations that come too late, answers that end early, garbage.
//!
//! It is not SQL Server. What it answers was written from Microsoft's documents; T-SQL is understood as far as the
//! conformance suite and its neighbours go. Isolation is by SQLite's means: READ COMMITTED sees what is committed (as
//! with READ_COMMITTED_SNAPSHOT on), SNAPSHOT sees one state, REPEATABLE READ and SERIALIZABLE lock the database.
//!
//! ```
//! use purlin_testkit::tds::{FakeSqlServer, Step, tokens};
//!
//! # fn main() -> purlin_core::Result<()> {
//! let server = FakeSqlServer::start()?;
//! server.on("WAITFOR", [Step::AwaitAttention, Step::Send(tokens::done(tokens::ATTENTION, 0, 0))]);
//! // A client connects to `server.address()`, as any user, to any database.
//! assert!(server.texts().is_empty());
//! # Ok(())
//! # }
//! ```

mod browser;
mod call;
mod engine;
mod lines;
mod login;
mod serve;
pub mod tokens;

pub use browser::FakeBrowser;
pub use lines::{Encryption, utf16};

use engine::Store;
use lines::Message;
use purlin_core::{Error, Result};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The kind of a message that is a batch, for [`FakeSqlServer::count`].
pub const BATCH: u8 = 0x01;
/// The kind of a message that is a call.
pub const RPC: u8 = 0x03;
/// The kind of a message that cancels.
pub const ATTENTION: u8 = 0x06;
/// The kind of a message that asks for a transaction by the protocol's own means.
pub const TRANSACTION: u8 = 0x0e;
/// The kind of a message that logs in.
pub const LOGIN: u8 = 0x10;

/// The number of the first session; those below belong to the server itself.
const FIRST_SESSION: u16 = 51;

/// What the server does when it is asked something.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// Sends a whole message of these tokens.
    Send(Vec<u8>),
    /// Sends these tokens and leaves the message open.
    Begin(Vec<u8>),
    /// Waits until the client cancels.
    AwaitAttention,
    /// Waits until the test says so, by [`FakeSqlServer::word`]; a minute at most.
    AwaitWord,
    /// Sends these bytes as they are, without a packet.
    Raw(Vec<u8>),
    /// Closes the connection.
    Close,
}

/// What it does about a login.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Login {
    /// Whoever comes is let in.
    #[default]
    Accept,
    /// Only this user with this password, into this database; others are told 18456 or 4060.
    Only(String, String, String),
    /// These tokens, and the end of the connection.
    Say(Vec<u8>),
    /// Sends the client on, to that host and port.
    Redirect(String, u16),
    /// No answer.
    Silence,
}

#[derive(Debug, Clone)]
struct Rule {
    contains: String,
    steps: Arc<[Step]>,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    login: Login,
    encryption: Encryption,
}

#[derive(Debug, Default)]
struct Seen {
    messages: Vec<Message>,
    connections: usize,
    words: usize,
    forgets: bool,
}

/// A session, as the server's own views would have it.
#[derive(Debug)]
struct Present {
    socket: TcpStream,
    running: Option<String>,
}

#[derive(Debug)]
struct Inner {
    script: Mutex<Script>,
    seen: Mutex<Seen>,
    sessions: Mutex<BTreeMap<u16, Present>>,
    next: AtomicU16,
    stopped: AtomicBool,
    store: Store,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server that speaks TDS, on a free port of 127.0.0.1. Dropping it ends its connections and threads.
pub struct FakeSqlServer {
    inner: Arc<Inner>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

impl fmt::Debug for FakeSqlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeSqlServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl FakeSqlServer {
    /// Listens, lets everybody in, and has an empty database.
    ///
    /// # Errors
    /// The system's, where there is no port or folder left.
    pub fn start() -> Result<Self> {
        let failed = |error| Error::io("fake.tds", error);
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let inner = Arc::new(Inner {
            script: Mutex::default(),
            seen: Mutex::default(),
            sessions: Mutex::default(),
            next: AtomicU16::new(FIRST_SESSION),
            stopped: AtomicBool::new(false),
            store: Store::new().map_err(failed)?,
        });
        let shared = inner.clone();
        let accepting = std::thread::spawn(move || serve::accept(&listener, &shared));
        Ok(Self { inner, address, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has to offer.
    #[must_use]
    pub fn encrypt(self, encryption: Encryption) -> Self {
        locked(&self.inner.script).encryption = encryption;
        self
    }

    /// What it does about those who come from now on.
    #[must_use]
    pub fn login(self, login: Login) -> Self {
        locked(&self.inner.script).login = login;
        self
    }

    /// Keeps no list of what it was sent, for long runs.
    #[must_use]
    pub fn forgetful(self) -> Self {
        locked(&self.inner.seen).forgets = true;
        self
    }

    /// What it does about a batch or call whose text has this in it; later rules count first.
    pub fn on(&self, contains: &str, steps: impl IntoIterator<Item = Step>) -> &Self {
        let rule = Rule { contains: contains.to_owned(), steps: steps.into_iter().collect() };
        locked(&self.inner.script).rules.insert(0, rule);
        self
    }

    /// Answers such a batch or call with a message of these tokens.
    pub fn answer(&self, contains: &str, tokens: Vec<u8>) -> &Self {
        self.on(contains, [Step::Send(tokens)])
    }

    /// Lets a step go on that waits for a word.
    pub fn word(&self) {
        locked(&self.inner.seen).words += 1;
    }

    /// The texts of batches and calls, in their order.
    pub fn texts(&self) -> Vec<String> {
        locked(&self.inner.seen).messages.iter().filter_map(Message::text).collect()
    }

    /// The last message of that kind, without the headers of its packets; empty where there was none.
    pub fn last(&self, kind: u8) -> Vec<u8> {
        let seen = locked(&self.inner.seen);
        let last = seen.messages.iter().rev().find(|message| message.kind == kind);
        last.map(|message| message.payload.clone()).unwrap_or_default()
    }

    /// How many messages of that kind came.
    pub fn count(&self, kind: u8) -> usize {
        locked(&self.inner.seen).messages.iter().filter(|message| message.kind == kind).count()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        locked(&self.inner.seen).connections
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        locked(&self.inner.sessions).len()
    }

    /// How many batches and calls with this in their text are under way.
    pub fn running(&self, contains: &str) -> usize {
        let sessions = locked(&self.inner.sessions);
        let running = sessions.values().filter_map(|session| session.running.as_ref());
        running.filter(|text| text.contains(contains)).count()
    }
}

impl Drop for FakeSqlServer {
    fn drop(&mut self) {
        self.inner.stopped.store(true, Ordering::SeqCst);
        for session in locked(&self.inner.sessions).values() {
            let _ = session.socket.shutdown(Shutdown::Both);
        }
        // Wakes whoever accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}
