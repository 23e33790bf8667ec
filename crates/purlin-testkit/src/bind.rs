//! A real BIND.

use crate::{Instance, Program, Server, ServerSettings, require_program};
use purlin_core::Result;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

/// Which zones a [`Bind`] has. It answers for those alone: no recursion, no transfers, and no way to control it.
#[derive(Debug, Clone, Default)]
pub struct BindSettings {
    zones: BTreeMap<String, String>,
}

impl BindSettings {
    /// No zones yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more zone, with its records in the form of RFC 1035, section 5, below this head: `$TTL 60`, an SOA record with
    /// this serial number, and an NS record for `ns`, which is at 127.0.0.1.
    #[must_use]
    pub fn zone(mut self, name: impl Into<String>, serial: u32, records: &str) -> Self {
        let head = format!(
            "$TTL 60\n@ IN SOA ns hostmaster {serial} 60 60 3600 60\n@ IN NS ns\nns IN A 127.0.0.1\n{records}\n"
        );
        self.zones.insert(name.into(), head);
        self
    }

    /// Starts it in the foreground, as an ordinary user. None when `named` is not installed: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`]; a faulty zone is named in the log that the error quotes.
    ///
    /// # Panics
    /// When `named` is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<Bind>> {
        let Some(binary) = require_program("named") else {
            return Ok(None);
        };
        let settings = ServerSettings::new("bind", move |instance| {
            let file = instance.write("named.conf", self.render(instance)?)?;
            Ok(Program::new(&binary).args(["-g", "-4", "-n", "1", "-c"]).arg(file))
        });
        let settings = settings.as_ordinary_user().port("dns");
        let server = settings.ready_when(|instance| instance.logged("running\n")).start()?;
        Ok(Some(Bind { server }))
    }

    /// Everything that it writes is in its folder.
    fn render(&self, instance: &Instance) -> Result<String> {
        let mut text = format!(
            r#"options {{
    directory "{folder}";
    managed-keys-directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    lock-file none;
    session-keyfile none;
    recursion no;
    dnssec-validation no;
    allow-transfer {{ none; }};
    notify no;
}};
controls {{ }};
"#,
            folder = instance.dir().display(),
            port = instance.port("dns"),
        );
        for (number, (zone, records)) in self.zones.iter().enumerate() {
            let file = instance.write(format!("zone{number}"), records)?;
            // Writing to a string does not fail.
            let _ = writeln!(text, "zone \"{zone}\" {{ type primary; file \"{}\"; }};", file.display());
        }
        Ok(text)
    }
}

/// A running BIND; dropping it ends it, as with any [`Server`]. It speaks UDP and TCP.
///
/// ```no_run
/// use purlin_testkit::BindSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let settings = BindSettings::new().zone("example.org", 7, "www IN A 192.0.2.80");
/// let Some(bind) = settings.start()? else { return Ok(()) };
/// println!("{}", bind.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Bind {
    server: Server,
}

impl Bind {
    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.server.address("dns")
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
