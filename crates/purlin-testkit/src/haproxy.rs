//! A real HAProxy.

use crate::{Instance, Program, Server, ServerSettings, require_program};
use purlin_core::{Error, Result};
use std::fmt::Write;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

const SOCKET: &str = "admin.sock";

/// What a [`HaProxy`] stands before: one backend with members.
#[derive(Debug, Clone)]
pub struct HaProxySettings {
    backend: String,
    members: Vec<(String, SocketAddr)>,
    is_checked: bool,
}

impl HaProxySettings {
    /// A backend of that name, without members so far. Names have no spaces.
    pub fn new(backend: impl Into<String>) -> Self {
        Self { backend: backend.into(), members: Vec::new(), is_checked: false }
    }

    /// Adds a member.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, address: SocketAddr) -> Self {
        self.members.push((name.into(), address));
        self
    }

    /// Asks members each 100 ms whether they take connections.
    #[must_use]
    pub fn checked(mut self) -> Self {
        self.is_checked = true;
        self
    }

    fn render(&self, instance: &Instance) -> String {
        let socket = instance.path(SOCKET);
        let check = if self.is_checked { " check inter 100ms" } else { "" };
        let mut text = format!(
            "global\n  stats socket {} mode 600 level admin\n\
             defaults\n  mode http\n  retries 0\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
             frontend front\n  bind 127.0.0.1:{}\n  default_backend {}\n\
             backend {}\n  balance roundrobin\n",
            socket.display(),
            instance.port("http"),
            self.backend,
            self.backend,
        );
        for (name, address) in &self.members {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  server {name} {address}{check}");
        }
        text
    }

    /// Starts it in the foreground, as the user of the test. None when HAProxy is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When it is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<HaProxy>> {
        let Some(binary) = require_program("haproxy") else {
            return Ok(None);
        };
        let backend = self.backend.clone();
        let settings = ServerSettings::new("haproxy", move |instance| {
            let file = instance.write("haproxy.cfg", self.render(instance))?;
            Ok(Program::new(&binary).arg("-db").arg("-f").arg(file))
        });
        let server = settings.port("http").ready_when(is_ready).start()?;
        Ok(Some(HaProxy { server, backend }))
    }
}

/// Its runtime socket gets its name last.
fn is_ready(instance: &Instance) -> Result<()> {
    let socket = UnixStream::connect(instance.path(SOCKET));
    socket.map_err(|error| Error::io("haproxy.socket", error))?;
    instance.listens("http")
}

/// A running HAProxy; dropping it ends it, as with any [`Server`].
#[derive(Debug)]
pub struct HaProxy {
    server: Server,
    backend: String,
}

impl HaProxy {
    /// Where it speaks HTTP for its members.
    pub fn http(&self) -> SocketAddr {
        self.server.address("http")
    }

    /// Its runtime socket, where it takes every command.
    pub fn socket(&self) -> PathBuf {
        self.server.instance().path(SOCKET)
    }

    /// The name of its backend.
    pub fn backend(&self) -> &str {
        &self.backend
    }

    /// The server itself: log, pid, pause.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server itself, to stop, kill or restart it.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }
}
