//! Hosts in memory, for tests of what is built on transports: their answers are scripted, their files are real enough,
//! their faults are asked for, and they tell what they were asked.
//!
//! Nothing is evaluated: only what was scripted has an answer, and any other command exits with 127. A kept
//! [`Shell`](crate::Shell) works, with its [probes](crate::Probe) scripted by their text and arguments. Files are kept in
//! memory; the root folder is there, and so is every folder that was [made](FakeHost::folder).
//!
//! ```
//! use purlin_core::{Cx, Outcome};
//! use purlin_transport::fake::{FakeTransport, Reply};
//! use purlin_transport::{Command, Host, SessionExt, Transport};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let transport = FakeTransport::new();
//! let web01 = transport.host("web01");
//! web01.on(["uname", "-s"], Reply::stdout("Linux\n"));
//! web01.on(["systemctl", "restart", "map"], Reply::lost());
//!
//! let cx = Cx::background();
//! let session = transport.connect(&cx, &Host::new("web01")).await?;
//! assert_eq!(session.run(&cx, &Command::new("uname").arg("-s")).await?.stdout.line(), "Linux");
//! let restart = Command::new("systemctl").args(["restart", "map"]);
//! assert_eq!(session.run(&cx, &restart).await.unwrap_err().outcome(), Outcome::Maybe);
//! assert_eq!(web01.log().len(), 3);
//! # Ok::<(), purlin_core::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod files;
mod process;
mod reply;
mod session;

pub use reply::Reply;

use crate::{Capabilities, Capability, FaultClass, Host, Session, Transport};
use async_trait::async_trait;
use files::Files;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use session::FakeSession;
use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a fake host takes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Connecting {
    /// At once.
    Accept,
    /// That much later.
    After(Duration),
    /// Nobody listens.
    Refuse,
    /// Somebody listens and never answers.
    Silence,
    /// With a fault of that class, such as [`FaultClass::HostKeyChanged`].
    Fail(FaultClass),
}

/// What a fake host saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observed {
    /// A client came.
    Connected,
    /// A command was started.
    Ran {
        /// Its argument list, as the caller wrote it.
        argv: Vec<String>,
        /// As whom, where that is somebody else.
        user: Option<String>,
    },
    /// A probe came to a kept shell: its text, then its arguments.
    Probed(Vec<String>),
    /// A command was ended before its own end.
    Killed,
    /// A file was written, by path.
    Wrote(String),
    /// A file was removed, by path.
    Removed(String),
    /// A file was renamed.
    Renamed(String, String),
}

struct State {
    connecting: Connecting,
    scripts: Vec<(Vec<String>, Reply)>,
    files: Files,
    log: Vec<Observed>,
}

/// Any number of hosts in memory; clones are the same ones. A host that was never [named](Self::host) has no address.
#[derive(Clone, Default)]
pub struct FakeTransport {
    hosts: Arc<Mutex<BTreeMap<String, FakeHost>>>,
}

impl FakeTransport {
    /// Without hosts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The host of that name, which is made where there is none.
    pub fn host(&self, name: &str) -> FakeHost {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(name.to_owned()).or_insert_with(FakeHost::new).clone()
    }

    fn known(&self, name: &str) -> Option<FakeHost> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl fmt::Debug for FakeTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeTransport").finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for FakeTransport {
    fn name(&self) -> &'static str {
        "fake"
    }

    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>> {
        let address = host.address.as_deref().unwrap_or(&host.name);
        let endpoint = Endpoint::new(address, host.port.unwrap_or(22)).ok();
        let told = |error: Error| {
            let error = error.with_operation("transport.connect").with_outcome(Outcome::NotSent);
            crate::running::tell(error, host, endpoint.as_ref())
        };
        let Some(fake) = self.known(&host.name) else {
            return Err(told(Error::new(ErrorKind::Unresolved, "the name has no address")));
        };
        let connecting = fake.state().connecting;
        let coming = async {
            match connecting {
                Connecting::Accept => Ok(()),
                Connecting::After(time) => cx.sleep(time).await,
                Connecting::Refuse => Err(Error::new(ErrorKind::Refused, "connection refused")),
                Connecting::Silence => pending().await,
                Connecting::Fail(class) => Err(class.error("the fake was told so")),
            }
        };
        cx.with_timeout(crate::CONNECT_LIMIT).run("transport.connect", coming).await.map_err(told)?;
        fake.state().log.push(Observed::Connected);
        Ok(Arc::new(FakeSession::new(host.clone(), endpoint, fake)))
    }
}

/// One host in memory; clones are the same one.
#[derive(Clone)]
pub struct FakeHost {
    state: Arc<Mutex<State>>,
}

impl FakeHost {
    fn new() -> Self {
        let state = State {
            connecting: Connecting::Accept,
            scripts: Vec::new(),
            files: Files::default(),
            log: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers that argument list with it, each time; what was scripted later is looked at first. A probe is scripted by
    /// its text and its arguments.
    pub fn on(&self, argv: impl IntoIterator<Item = impl Into<String>>, reply: Reply) -> &Self {
        let argv = argv.into_iter().map(Into::into).collect();
        self.state().scripts.push((argv, reply));
        self
    }

    /// How it takes new connections.
    pub fn connecting(&self, connecting: Connecting) -> &Self {
        self.state().connecting = connecting;
        self
    }

    /// Puts a file there, with mode 0644 and owner root, and makes its folders.
    pub fn file(&self, path: &str, content: impl Into<Vec<u8>>) -> &Self {
        self.state().files.put(path, content.into());
        self
    }

    /// Makes a folder and those above it.
    pub fn folder(&self, path: &str) -> &Self {
        self.state().files.make_folder(path);
        self
    }

    /// The content of a file; none where there is none.
    pub fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.state().files.content(path).map(<[u8]>::to_vec)
    }

    /// Refuses every write from now on, as a file system does that is mounted to be read only or is full.
    pub fn refuse_writes(&self, class: FaultClass) -> &Self {
        self.state().files.refuse(class);
        self
    }

    /// What it saw, in order.
    pub fn log(&self) -> Vec<Observed> {
        self.state().log.clone()
    }

    fn saw(&self, what: Observed) {
        self.state().log.push(what);
    }

    fn reply(&self, argv: &[String]) -> Reply {
        let state = self.state();
        let scripted = state.scripts.iter().rev().find(|(known, _)| known == argv);
        scripted.map_or_else(|| Reply::unknown(argv), |(_, reply)| reply.clone())
    }

    fn capabilities() -> Capabilities {
        Capabilities::new()
            .with(Capability::KillsGroup)
            .with(Capability::Reconnects)
            .with(Capability::Shell)
            .with(Capability::Syncs)
    }
}

impl fmt::Debug for FakeHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeHost").finish_non_exhaustive()
    }
}
