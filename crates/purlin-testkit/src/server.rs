//! A real server for one test: private, throw-away, and surely gone afterwards.

mod instance;
mod settings;

pub use instance::Instance;
pub use settings::ServerSettings;

use crate::binary::user;
use crate::enclosure::{Enclosure, Start};
use crate::program::find;
use crate::{Program, quote, wait};
use instance::Owner;
use purlin_core::{Error, ErrorKind, Result};
use rustix::process::Signal;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

/// Both streams of the server, in its folder.
const LOG: &str = "server.log";
/// How often a start is tried whose port somebody else took.
const STARTS: u32 = 3;

/// A server that runs in a process group of its own, in a private folder (0700), on free ports of 127.0.0.1.
///
/// Dropping it ends the group (SIGTERM, after the grace time SIGKILL) and removes the folder: also when the test
/// panics, and, through a guardian process, when the test process is killed. A program that leaves its process
/// group and the folder escapes this: run servers in the foreground.
///
/// All calls block, each for a limited time, and none needs an async runtime.
///
/// ```
/// use purlin_testkit::{Program, ServerSettings};
///
/// # fn main() -> purlin_core::Result<()> {
/// let mut server = ServerSettings::new("sleeper", |instance| {
///     let note = instance.write("note.txt", "hello\n")?;
///     Ok(Program::new("sh").args(["-c", "cat \"$1\"; exec sleep 60", "sh"]).arg(note))
/// })
/// .ready_when(|instance| instance.logged("hello"))
/// .start()?;
///
/// let folder = server.dir().to_owned();
/// server.stop()?;
/// assert_eq!(server.log(), "hello\n");
/// drop(server);
/// assert!(!folder.exists());
/// # Ok(())
/// # }
/// ```
pub struct Server {
    settings: ServerSettings,
    instance: Instance,
    enclosure: Enclosure,
}

impl Server {
    fn start(settings: ServerSettings) -> Result<Self> {
        for _ in 1..STARTS {
            let mut server = Self::prepare(settings.clone())?;
            match server.run() {
                Ok(()) => return Ok(server),
                Err(_) if server.lost_its_port() => {}
                Err(error) => return Err(error),
            }
        }
        let mut server = Self::prepare(settings)?;
        server.run()?;
        Ok(server)
    }

    /// The folder and the ports, with nothing running yet.
    fn prepare(settings: ServerSettings) -> Result<Self> {
        let enclosure = Enclosure::new(&settings.name)?;
        let owner = if settings.ordinary_user { Owner::ordinary()? } else { None };
        let instance = Instance::new(enclosure.folder(), LOG, &settings.ports, owner)?;
        Ok(Self { settings, instance, enclosure })
    }

    fn run(&mut self) -> Result<()> {
        self.instance.begin_log();
        let program = (self.settings.program)(&self.instance)?;
        let words = self.words(&program).map_err(|error| self.failed(error))?;
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.instance.path(LOG))
            .map_err(|error| self.failed(Error::io("server.start", error)))?;
        let errors = log.try_clone().map_err(|error| self.failed(Error::io("server.start", error)))?;
        let folder: &OsStr = self.instance.dir().as_os_str();
        self.enclosure.start(Start {
            words,
            environment: program.environment(&[("HOME", folder), ("TMPDIR", folder)]),
            current_dir: Some(self.instance.dir().to_owned()),
            stdin: "/dev/null".into(),
            stdout: Stdio::from(log),
            stderr: errors,
        })?;
        self.wait_until_ready()
    }

    /// The program behind the one that changes its user.
    fn words(&self, program: &Program) -> Result<Vec<OsString>> {
        let mut words = Vec::new();
        if let Some(name) = self.instance.owner() {
            words.push(find(Path::new("setpriv"))?.into());
            words.extend(user::arguments(name)?);
        }
        words.push(program.resolved()?.into());
        words.extend(program.arguments().iter().cloned());
        Ok(words)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let mut last = None;
        let seen = wait::until(self.settings.ready_within, || {
            // In this order: what has ended is not ready, even if somebody else answers on its port.
            if self.enclosure.has_ended() {
                return Some(false);
            }
            last = self.settings.probe(&self.instance).err();
            last.is_none().then_some(true)
        });
        match seen {
            Some(true) => Ok(()),
            Some(false) => {
                let status = self.enclosure.end()?;
                let status = status.map_or_else(String::new, |status| format!(" ({status})"));
                Err(self.failure(ErrorKind::Unavailable, &format!("it ended before it was ready{status}")))
            }
            None => {
                let message = format!("it was not ready within {:?}", self.settings.ready_within);
                let error = self.failure(ErrorKind::Timeout, &message);
                let _ = self.enclosure.end();
                Err(match last {
                    Some(why) => error.with_source(why),
                    None => error,
                })
            }
        }
    }

    /// Ends it: SIGTERM to the group, SIGKILL after the grace time. Its folder and ports stay for a
    /// [`restart`](Self::restart).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it does not run; [`ErrorKind::Timeout`] when even SIGKILL did not end it.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        // One that is paused takes the signal in only when it goes on.
        self.signal(Signal::CONT)?;
        self.enclosure.wait(self.settings.grace);
        self.end()
    }

    /// Ends it at once: SIGKILL to the group.
    ///
    /// # Errors
    /// As [`stop`](Self::stop).
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.end()
    }

    /// Stops it if it runs and starts it again, in the same folder and on the same ports, and waits until it is
    /// ready. The closure that describes the program is called again.
    ///
    /// # Errors
    /// Those of [`stop`](Self::stop) and of [`ServerSettings::start`].
    pub fn restart(&mut self) -> Result<()> {
        if self.pid().is_some() {
            self.stop()?;
        }
        self.run()
    }

    /// Freezes the group (SIGSTOP): connections are accepted by the system, and nobody answers.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it does not run.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a paused one go on (SIGCONT).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it does not run.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Tells the group to reload (SIGHUP), as most servers understand it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it does not run.
    pub fn reload(&self) -> Result<()> {
        self.signal(Signal::HUP)
    }

    /// The number of its first process, which is also that of the group; none after the end.
    pub fn pid(&self) -> Option<u32> {
        let leader = self.enclosure.leader()?;
        u32::try_from(leader.as_raw_nonzero().get()).ok()
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        self.instance.dir()
    }

    /// Its folder and ports, as the closure saw them that describes the program.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// What it has written to both its streams so far, all starts together.
    pub fn log(&self) -> String {
        self.instance.log()
    }

    /// The number of a port.
    ///
    /// # Panics
    /// When no port of this name was asked for.
    #[track_caller]
    pub fn port(&self, name: &str) -> u16 {
        self.instance.port(name)
    }

    /// 127.0.0.1 with a port.
    ///
    /// # Panics
    /// When no port of this name was asked for.
    #[track_caller]
    pub fn address(&self, name: &str) -> SocketAddr {
        self.instance.address(name)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        self.enclosure.signal_group(signal).map_err(|error| self.failed(error))
    }

    fn end(&mut self) -> Result<ExitStatus> {
        let ended = self.enclosure.end().map_err(|error| self.failed(error))?;
        ended.ok_or_else(|| self.failed(Error::new(ErrorKind::NotFound, "it does not run")))
    }

    fn lost_its_port(&self) -> bool {
        let log = self.instance.log_of_start().to_lowercase();
        self.pid().is_none()
            && ["address already in use", "address in use", "eaddrinuse"]
                .iter()
                .any(|words| log.contains(words))
    }

    fn failure(&self, kind: ErrorKind, message: &str) -> Error {
        let error =
            Error::new(kind, format!("{message}; {}", quote::end("its log", &self.instance.log_of_start())));
        self.failed(error).with_operation("server.start")
    }

    fn failed(&self, error: Error) -> Error {
        error.with_note(self.settings.name.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.pid().is_some() {
            // A drop has nobody to tell. What is left is killed with the enclosure.
            let _ = self.stop();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.settings.name)
            .field("pid", &self.pid())
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}
