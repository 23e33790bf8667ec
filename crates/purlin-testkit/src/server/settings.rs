//! What a server is and when it is ready.

use super::{Instance, Server};
use crate::Program;
use purlin_core::Result;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

type Describe = dyn Fn(&Instance) -> Result<Program> + Send + Sync;
type Probe = dyn Fn(&Instance) -> Result<()> + Send + Sync;

/// How to start a [`Server`] and how to tell that it is ready.
#[derive(Clone)]
pub struct ServerSettings {
    pub(super) name: String,
    pub(super) program: Arc<Describe>,
    pub(super) ports: Vec<String>,
    pub(super) ready_within: Duration,
    pub(super) grace: Duration,
    pub(super) ordinary_user: bool,
    probe: Option<Arc<Probe>>,
}

impl ServerSettings {
    /// A server by its name, for messages, and by the program, which the closure describes when folder and ports
    /// are known; it may write files into the folder first. It is called again for each start.
    ///
    /// The program runs in the foreground, in the folder, with `PATH`, `HOME` and `TMPDIR` (both the folder) as its
    /// environment and nothing to read on its standard input. Its output goes to a log in the folder.
    pub fn new(
        name: impl Into<String>,
        program: impl Fn(&Instance) -> Result<Program> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            program: Arc::new(program),
            ports: Vec::new(),
            ready_within: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            ordinary_user: false,
            probe: None,
        }
    }

    /// Asks for one more free port of 127.0.0.1, under a name. See [`ReservedPort`](crate::ReservedPort) for how it
    /// stays free.
    #[must_use]
    pub fn port(mut self, name: impl Into<String>) -> Self {
        self.ports.push(name.into());
        self
    }

    /// Ready means that this returns `Ok`; what it returned last becomes the cause of the error at the end of the
    /// time. The default is that each port accepts a TCP connection. Each call should end soon.
    #[must_use]
    pub fn ready_when(mut self, probe: impl Fn(&Instance) -> Result<()> + Send + Sync + 'static) -> Self {
        self.probe = Some(Arc::new(probe));
        self
    }

    /// How long it may take to become ready; 30 s unless set.
    #[must_use]
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }

    /// How long it may take to end after SIGTERM before it is killed; 5 s unless set.
    #[must_use]
    pub fn grace(mut self, limit: Duration) -> Self {
        self.grace = limit;
        self
    }

    /// Runs it as an ordinary user where the test is run by root, which some servers refuse: as the user that
    /// `PURLIN_TEST_USER` names, else as `nobody`, without further groups, by `setpriv` of util-linux. The folder and
    /// what [`Instance::write`] writes belong to that user then; the temporary folder must be one that others can
    /// pass through. For an ordinary user nothing changes.
    #[must_use]
    pub fn as_ordinary_user(mut self) -> Self {
        self.ordinary_user = true;
        self
    }

    /// Starts it and waits until it is ready. A start that failed because somebody took its port is tried again
    /// with new ones, twice.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](purlin_core::ErrorKind::Unavailable) when it ended before it was ready,
    /// [`ErrorKind::Timeout`](purlin_core::ErrorKind::Timeout) when it was not ready in time; both quote the end of
    /// its log. [`ErrorKind::NotFound`](purlin_core::ErrorKind::NotFound) when there is no such program; those of the
    /// closure and of the system.
    pub fn start(self) -> Result<Server> {
        Server::start(self)
    }

    pub(super) fn probe(&self, instance: &Instance) -> Result<()> {
        match &self.probe {
            Some(probe) => probe(instance),
            None => self.ports.iter().try_for_each(|name| instance.listens(name)),
        }
    }
}

impl fmt::Debug for ServerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerSettings")
            .field("name", &self.name)
            .field("ports", &self.ports)
            .field("ready_within", &self.ready_within)
            .field("grace", &self.grace)
            .field("ordinary_user", &self.ordinary_user)
            .finish_non_exhaustive()
    }
}
