//! Not Oracle, but an independent server of its protocol.

use crate::{Program, Server, ServerSettings, skip};
use purlin_core::Result;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const PORT: &str = "sql";
const READY: &str = "ready";
/// Python with what the mirror needs, where it was made by hand.
const PYTHON: &str = "PURLIN_ORACLE_MIRROR_PYTHON";
/// Where `cargo xtask test` makes it, beneath the target folder.
const MADE: &str = "oracle-mirror/bin/python3";

/// What an [`OracleMirror`] is: the Mirror of the Python package `seerdb`, in the version that `cargo xtask test`
/// installs, with a backend that the caller's script brings.
///
/// It has one user, `app`, and one service of any name.
#[derive(Debug, Clone)]
pub struct OracleMirrorSettings {
    script: PathBuf,
    arguments: Vec<String>,
    password: String,
}

impl OracleMirrorSettings {
    /// As that script starts it, which is given `--port`, `--database` (a file of its own), and the password in the
    /// variable `MIRROR_PASSWORD`, and prints `ready` once it listens.
    pub fn new(script: impl Into<PathBuf>) -> Self {
        Self { script: script.into(), arguments: Vec::new(), password: "s3cret 'in\\quotes'".to_owned() }
    }

    /// The version of the protocol's fields: 8 is that of Oracle 12.2, 12 of 19c, 16 of 21c, 24 of 23ai.
    #[must_use]
    pub fn field_version(self, version: u8) -> Self {
        self.argument("--field-version").argument(version.to_string())
    }

    /// TLS from the first byte on, with a file of certificates and one with its key, both PEM.
    #[must_use]
    pub fn tls(self, certificate: &Path, key: &Path) -> Self {
        let tls = self.argument("--certificate").argument(certificate.display().to_string());
        tls.argument("--key").argument(key.display().to_string())
    }

    /// One more argument of the script.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts it. None where Python or the package is missing: the test is then [skipped](crate::skip), and should
    /// return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When it is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<OracleMirror>> {
        let Some(python) = OracleMirror::python() else { return Ok(None) };
        let password = self.password.clone();
        let settings = ServerSettings::new("oracle-mirror", move |instance| {
            let database = instance.path("mirror.db").display().to_string();
            let program = Program::new(&python).arg("-B").arg(&self.script).args(&self.arguments);
            let program = program.args(["--port", &instance.port(PORT).to_string(), "--database", &database]);
            Ok(program.env("MIRROR_PASSWORD", &self.password).env("PYTHONUNBUFFERED", "1"))
        });
        let settings = settings.port(PORT).ready_when(|instance| {
            instance.logged(READY)?;
            instance.listens(PORT)
        });
        Ok(Some(OracleMirror { server: settings.start()?, password }))
    }
}

/// A running mirror; dropping it ends it, as with any [`Server`].
///
/// ```no_run
/// use purlin_testkit::OracleMirrorSettings;
///
/// # fn a_test() -> purlin_core::Result<()> {
/// let settings = OracleMirrorSettings::new("tests/mirror/mirror.py").field_version(12);
/// let Some(mirror) = settings.start()? else { return Ok(()) };
/// println!("oracle://app@{}/map?danger_no_tls=true", mirror.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OracleMirror {
    server: Server,
    password: String,
}

impl OracleMirror {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address(PORT)
    }

    /// The password of `app`.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The server itself: log, pid, pause.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server itself, to stop, kill or restart it.
    pub fn server_mut(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The Python that has the mirror, and Oracle's own driver for Python as a control. None: the test is
    /// [skipped](crate::skip), and should return.
    ///
    /// # Panics
    /// When it is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn python() -> Option<PathBuf> {
        let named = std::env::var_os(PYTHON).map(PathBuf::from);
        let made = || {
            let own = std::env::current_exe().ok()?;
            own.ancestors().map(|folder| folder.join(MADE)).find(|python| python.is_file())
        };
        let found = named.or_else(made);
        if found.is_none() {
            skip("the Python with seerdb's mirror is not installed: cargo xtask test makes it");
        }
        found
    }
}
