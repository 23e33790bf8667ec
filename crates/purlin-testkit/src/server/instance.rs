//! What one server has to itself.

use crate::ReservedPort;
use purlin_core::{Error, ErrorKind, Result};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one connection attempt of a probe may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// The folder and the ports of one [`Server`](super::Server).
#[derive(Debug)]
pub struct Instance {
    dir: PathBuf,
    log: PathBuf,
    /// How long the log was before this start.
    log_before: usize,
    ports: Vec<(String, ReservedPort)>,
}

impl Instance {
    pub(super) fn new(dir: &Path, log: &str, ports: &[String]) -> Result<Self> {
        let ports =
            ports.iter().map(|name| Ok((name.clone(), ReservedPort::new()?))).collect::<Result<_>>()?;
        Ok(Self { dir: dir.to_owned(), log: dir.join(log), log_before: 0, ports })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A path in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }

    /// Writes a file into the folder and returns its path.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, content)
            .map_err(|error| Error::io("file.write", error).with_note(path.display().to_string()))?;
        Ok(path)
    }

    /// The number of a port.
    ///
    /// # Panics
    /// When no port of this name was asked for.
    #[track_caller]
    pub fn port(&self, name: &str) -> u16 {
        self.address(name).port()
    }

    /// 127.0.0.1 with a port.
    ///
    /// # Panics
    /// When no port of this name was asked for.
    #[track_caller]
    #[expect(clippy::panic, reason = "a misspelt name is a mistake in the test")]
    pub fn address(&self, name: &str) -> SocketAddr {
        match self.ports.iter().find(|(known, _)| known == name) {
            Some((_, port)) => port.address(),
            None => panic!("no port {name:?} was asked for; known: {:?}", self.ports),
        }
    }

    /// For [`ready_when`](super::ServerSettings::ready_when): whether the log of this start holds this text.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] while it does not.
    pub fn logged(&self, text: &str) -> Result<()> {
        if self.log_of_start().contains(text) {
            return Ok(());
        }
        let message = format!("{text:?} is not in its log");
        Err(Error::new(ErrorKind::Unavailable, message).with_operation("server.probe"))
    }

    /// For [`ready_when`](super::ServerSettings::ready_when): whether a port accepts a TCP connection.
    ///
    /// # Errors
    /// The system's, [`ErrorKind::Refused`] as a rule, naming the port.
    ///
    /// # Panics
    /// When no port of this name was asked for.
    #[track_caller]
    pub fn listens(&self, name: &str) -> Result<()> {
        TcpStream::connect_timeout(&self.address(name), CONNECT_LIMIT)
            .map(drop)
            .map_err(|error| Error::io("server.probe", error).with_note(format!("port {name:?}")))
    }

    /// From here on the log is that of another start.
    pub(super) fn begin_log(&mut self) {
        self.log_before = self.read_log().len();
    }

    pub(super) fn log_of_start(&self) -> String {
        let log = self.read_log();
        String::from_utf8_lossy(log.get(self.log_before..).unwrap_or_default()).into_owned()
    }

    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&self.read_log()).into_owned()
    }

    fn read_log(&self) -> Vec<u8> {
        // Before the first start there is none.
        fs::read(&self.log).unwrap_or_default()
    }
}
