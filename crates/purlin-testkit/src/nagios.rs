//! A real Nagios.

mod config;

use crate::{Program, Server, ServerSettings, require_program, wait};
use config::{Config, HOST, LOG, PIPE, STATUS};
use purlin_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// How long it may take to make room in its pipe, or to show what it was told.
const LIMIT: Duration = Duration::from_secs(30);

/// What a [`Nagios`] watches: one host that stays up, and services that it does not check itself but is told of.
/// Flap detection is on, and it notifies nobody. Its intervals count in seconds.
#[derive(Debug, Clone)]
pub struct NagiosSettings {
    config: Config,
}

impl NagiosSettings {
    /// No services yet; flapping begins at 30 % and ends at 20 %, Nagios' own thresholds.
    pub fn new() -> Self {
        Self { config: Config { services: Vec::new(), flap: (20.0, 30.0) } }
    }

    /// One more service, with its `max_check_attempts`. The name has neither `;` nor line breaks.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, max_check_attempts: u32) -> Self {
        self.config.services.push((name.into(), max_check_attempts));
        self
    }

    /// `low_service_flap_threshold` and `high_service_flap_threshold`, in percent.
    #[must_use]
    pub fn flap_thresholds(mut self, low: f32, high: f32) -> Self {
        self.config.flap = (low, high);
        self
    }

    /// Starts it in the foreground, as an ordinary user. None when `nagios4` is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When `nagios4` is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Nagios>> {
        let Some(binary) = require_program("nagios4") else {
            return Ok(None);
        };
        let settings = ServerSettings::new("nagios", move |instance| {
            // It leaves its pipe behind when it is killed.
            let _ = fs::remove_file(instance.path(PIPE));
            Ok(Program::new(&binary).arg(self.config.write(instance)?))
        });
        let settings = settings.as_ordinary_user().ready_when(|instance| {
            // Opened for writing without waiting, it says whether somebody reads.
            open(&instance.path(PIPE)).map(drop)?;
            fs::metadata(instance.path(STATUS)).map(drop).map_err(|error| Error::io("nagios.status", error))
        });
        Ok(Some(Nagios { server: settings.start()? }))
    }
}

impl Default for NagiosSettings {
    fn default() -> Self {
        Self::new()
    }
}

fn open(pipe: &std::path::Path) -> Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new()
        .write(true)
        .custom_flags(flags)
        .open(pipe)
        .map_err(|error| Error::io("nagios.command", error))
}

/// A running Nagios; dropping it ends it, as with any [`Server`].
///
/// ```no_run
/// use purlin_testkit::NagiosSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(nagios) = NagiosSettings::new().service("web", 3).start()? else { return Ok(()) };
/// nagios.submit([("web", 2, "no answer")])?;
/// let web = nagios.service_when("web", |it| it["plugin_output"] == "no answer")?;
/// assert_eq!((&*web["current_state"], &*web["state_type"]), ("2", "0"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Nagios {
    server: Server,
}

impl Nagios {
    /// The name of its one host.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// Its external command file, a named pipe.
    pub fn command_file(&self) -> PathBuf {
        self.server.dir().join(PIPE)
    }

    /// What it wrote of alerts and commands.
    ///
    /// # Errors
    /// The system's.
    pub fn history(&self) -> Result<String> {
        fs::read_to_string(self.server.dir().join(LOG)).map_err(|error| Error::io("nagios.history", error))
    }

    /// Tells it results of services, in this order: name, the plugin's exit code, and one line without `|`.
    ///
    /// # Errors
    /// Those of the pipe; [`ErrorKind::Timeout`] when it takes nothing for 30 s.
    pub fn submit<'a>(&self, results: impl IntoIterator<Item = (&'a str, u8, &'a str)>) -> Result<()> {
        let mut pipe = open(&self.command_file())?;
        let now = purlin_core::Clock::system().timestamp().unix_seconds();
        for (service, code, line) in results {
            let command = format!("[{now}] PROCESS_SERVICE_CHECK_RESULT;{HOST};{service};{code};{line}\n");
            // Below PIPE_BUF a line is taken whole or not at all.
            let taken = wait::until(LIMIT, || match pipe.write_all(command.as_bytes()) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
                ended => Some(ended),
            });
            match taken {
                Some(ended) => ended.map_err(|error| Error::io("nagios.command", error))?,
                None => return Err(late("it takes no more commands")),
            }
        }
        Ok(())
    }

    /// What its status file says of each service, under their names.
    ///
    /// # Errors
    /// The system's.
    pub fn services(&self) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
        let file = self.server.dir().join(STATUS);
        let text = fs::read_to_string(file).map_err(|error| Error::io("nagios.status", error))?;
        let blocks = text.split("servicestatus {").skip(1);
        Ok(blocks
            .map(|block| {
                let lines = block.lines().take_while(|line| line.trim() != "}");
                let pairs = lines.filter_map(|line| line.trim().split_once('='));
                let values: BTreeMap<_, _> =
                    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
                (values.get("service_description").cloned().unwrap_or_default(), values)
            })
            .collect())
    }

    /// What its status file says of a service once this holds. It writes the file each second.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when it does not hold within 30 s.
    pub fn service_when(
        &self,
        name: &str,
        holds: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> Result<BTreeMap<String, String>> {
        let found = wait::until(LIMIT, || self.services().ok()?.remove(name).filter(&holds));
        found.ok_or_else(|| late(&format!("service {name} did not come to be as expected")))
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

fn late(message: &str) -> Error {
    Error::new(ErrorKind::Timeout, message.to_owned()).with_operation("nagios")
}
