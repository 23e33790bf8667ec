//! What one server has to itself.

use crate::binary::user;
use crate::{Binary, Program, ReservedPort};
use purlin_core::{Error, ErrorKind, Result};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one connection attempt of a probe may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// How long a program that makes the server's files may run.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// The folder and the ports of one [`Server`](super::Server).
#[derive(Debug)]
pub struct Instance {
    dir: PathBuf,
    log: PathBuf,
    /// How long the log was before this start.
    log_before: usize,
    ports: Vec<(String, ReservedPort)>,
    owner: Option<Owner>,
}

/// Whom the server runs as, where that is not the user of the test.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub(super) name: String,
    ids: (u32, u32),
}

impl Owner {
    /// None where the test itself is run by an ordinary user.
    pub(super) fn ordinary() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let name = user::ordinary_or_nobody();
        let ids = user::ids(&name)?;
        Ok(Some(Self { name, ids }))
    }

    fn give(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.ids.0), Some(self.ids.1))
            .map_err(|error| Error::io("file.chown", error).with_note(path.display().to_string()))
    }
}

impl Instance {
    pub(super) fn new(dir: &Path, log: &str, ports: &[String], owner: Option<Owner>) -> Result<Self> {
        let ports =
            ports.iter().map(|name| Ok((name.clone(), ReservedPort::new()?))).collect::<Result<_>>()?;
        if let Some(owner) = &owner {
            owner.give(dir)?;
        }
        Ok(Self { dir: dir.to_owned(), log: dir.join(log), log_before: 0, ports, owner })
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
        if let Some(owner) = &self.owner {
            owner.give(&path)?;
        }
        Ok(path)
    }

    /// Runs a program to its end, in the folder and as the user of the server: what makes or changes its files. It
    /// has 60 s. Returns what it wrote to its standard output.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] when it failed, with what it wrote to its standard error; those of
    /// [`Binary::run`].
    pub fn run(&self, program: &Program) -> Result<String> {
        let owner = self.owner.as_ref().map(|owner| owner.name.clone());
        let binary = Binary::from_program(program.clone()).current_dir(&self.dir).user(owner);
        let output = binary.env("HOME", self.dir.as_os_str()).deadline(RUN_LIMIT).run()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let message = format!("{} failed ({}): {}", program.path().display(), output.status, output.stderr);
        Err(Error::new(ErrorKind::Unavailable, message.trim_end().to_owned()).with_operation("server.run"))
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

    pub(super) fn owner(&self) -> Option<&str> {
        self.owner.as_ref().map(|owner| owner.name.as_str())
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
