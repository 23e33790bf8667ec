//! A real chrony.

use crate::{Program, Server, ServerSettings, require_program};
use purlin_core::{Error, ErrorKind, Result};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// How long an answer may take while it starts.
const LOOK: Duration = Duration::from_millis(200);

/// What a [`Chrony`] says of itself. It tells this machine's time, which it does not touch.
#[derive(Debug, Clone)]
pub struct ChronySettings {
    stratum: Option<u8>,
}

impl ChronySettings {
    /// Synchronized, stratum 3.
    pub fn new() -> Self {
        Self { stratum: Some(3) }
    }

    /// The stratum that it claims; 3 unless set.
    #[must_use]
    pub fn stratum(mut self, stratum: u8) -> Self {
        self.stratum = Some(stratum);
        self
    }

    /// It has no time source, and says so.
    #[must_use]
    pub fn unsynchronized(mut self) -> Self {
        self.stratum = None;
        self
    }

    /// Starts it in the foreground, as an ordinary user. None when `chronyd` is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When `chronyd` is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Chrony>> {
        let Some(binary) = require_program("chronyd") else {
            return Ok(None);
        };
        let settings = ServerSettings::new("chrony", move |instance| {
            let local = self.stratum.map_or_else(String::new, |stratum| format!("local stratum {stratum}\n"));
            let config = format!(
                "port {}\nbindaddress 127.0.0.1\ncmdport 0\nbindcmdaddress /\npidfile {}\nallow 127.0.0.1\n{local}",
                instance.port("ntp"),
                instance.path("chronyd.pid").display(),
            );
            let file = instance.write("chrony.conf", config)?;
            // -x: it leaves the clock alone; -U: it does not want to be root.
            Ok(Program::new(&binary).args(["-d", "-x", "-U", "-f"]).arg(file))
        });
        let ready = settings.as_ordinary_user().port("ntp").ready_when(|it| answers(it.address("ntp")));
        Ok(Some(Chrony { server: ready.start()? }))
    }
}

impl Default for ChronySettings {
    fn default() -> Self {
        Self::new()
    }
}

/// Asks as a client of NTP version 4 does.
fn answers(address: SocketAddr) -> Result<()> {
    let ask = || {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(LOOK))?;
        socket.connect(address)?;
        let mut packet = [0; 48];
        packet[0] = 4 << 3 | 3;
        socket.send(&packet)?;
        socket.recv(&mut packet)
    };
    match ask() {
        Ok(48) => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::Protocol, "its answer is short").with_operation("chrony.ask")),
        Err(error) => Err(Error::io("chrony.ask", error)),
    }
}

/// A running chrony; dropping it ends it, as with any [`Server`].
///
/// ```no_run
/// use purlin_testkit::ChronySettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let Some(chrony) = ChronySettings::new().start()? else { return Ok(()) };
/// println!("{}", chrony.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Chrony {
    server: Server,
}

impl Chrony {
    /// Where it tells the time, over UDP.
    pub fn address(&self) -> SocketAddr {
        self.server.address("ntp")
    }

    /// The server itself: log, pid, pause.
    pub fn server(&self) -> &Server {
        &self.server
    }
}
