//! Microsoft's mock of SQL Server.

use crate::{Program, Server, ServerSettings, skip};
use purlin_core::Result;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where its program is.
const PROGRAM: &str = "PURLIN_MSSQL_MOCK";
const PORT: &str = "tds";

/// What a [`MssqlMock`] does: it lets everybody in, in the clear.
#[derive(Debug, Clone, Default)]
pub struct MssqlMockSettings {
    words: Vec<String>,
}

impl MssqlMockSettings {
    /// In the clear.
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS around all of it (TDS 8), with a file of a certificate and one with its key, both PEM.
    #[must_use]
    pub fn strict(self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        Self { words: vec!["--strict".to_owned(), path(certificate.into()), path(key.into())] }
    }

    /// Sends everybody on.
    #[must_use]
    pub fn redirect(self, to: SocketAddr) -> Self {
        Self { words: vec!["--redirect".to_owned(), to.ip().to_string(), to.port().to_string()] }
    }

    /// Never answers a login.
    #[must_use]
    pub fn slow_login(self) -> Self {
        Self { words: vec!["--slow-login".to_owned()] }
    }

    /// Starts it, in a process group of its own. None where `PURLIN_MSSQL_MOCK` names no program: the test is then
    /// [skipped](crate::skip), and should return.
    ///
    /// # Errors
    /// Those of [`ServerSettings::start`].
    ///
    /// # Panics
    /// When it is missing and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start(self) -> Result<Option<MssqlMock>> {
        let program = std::env::var_os(PROGRAM).map(PathBuf::from).filter(|program| program.is_file());
        let Some(program) = program else {
            skip(&format!("{PROGRAM} names no program; `cargo xtask test` builds it"));
            return Ok(None);
        };
        let settings = ServerSettings::new("mssql-mock", move |instance| {
            Ok(Program::new(&program).arg(instance.address(PORT).to_string()).args(&self.words))
        });
        Ok(Some(MssqlMock { server: settings.port(PORT).start()? }))
    }
}

/// Microsoft's `mssql-mock-tds` as a process: it answers by the text of statements, which `mocks/mssql` lists. Dropping
/// it ends it, as with any [`Server`].
#[derive(Debug)]
pub struct MssqlMock {
    server: Server,
}

impl MssqlMock {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address(PORT)
    }

    /// What it wrote to its output.
    pub fn log(&self) -> String {
        self.server.log()
    }
}
