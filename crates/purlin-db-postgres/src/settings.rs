//! What a target says, read once; and what sqlx is told at each connect.

use crate::fault::Meanings;
use crate::tls;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings};
use purlin_db::{Target, refusal};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::path::Path;
use std::sync::Arc;

const PORT: u16 = 5432;
/// How PostgreSQL names its sockets, before the port.
const SOCKET: &str = ".s.PGSQL.";
const STATEMENTS: usize = 100;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) endpoints: Vec<Endpoint>,
    user: String,
    database: String,
    password: Option<Arc<dyn SecretSource>>,
    tls: Option<TlsSettings>,
    application_name: String,
    /// How many prepared statements sqlx keeps for each session.
    pub(crate) statements: usize,
    pub(crate) meanings: Meanings,
}

impl Settings {
    pub(crate) fn new(target: &Target) -> Result<Self> {
        let Some(user) = target.user.clone().filter(|user| !user.is_empty()) else {
            return Err(refusal::missing_user(&target.scheme));
        };
        let endpoints = match &target.path {
            Some(path) => vec![Endpoint::unix(socket(path))],
            None => target.endpoints(PORT)?,
        };
        let database = target.database.clone().unwrap_or_else(|| user.clone());
        let mut options = target.read_options();
        if options.text("sslmode").is_some() {
            return Err(invalid(
                "sslmode: use tls=on, which verifies the server and is the default, or tls=off",
            ));
        }
        let encrypted = options.choice("tls", &[("on", true), ("off", false)])?.unwrap_or(true);
        // The server speaks no TLS over a socket of the machine.
        if encrypted && target.path.is_none() {
            tls::check(&target.tls, &endpoints)?;
        }
        let wanted = "a number from 1 to 10000";
        let statements: usize = options.parse("statement_cache", wanted)?.unwrap_or(STATEMENTS);
        if !(1..=10_000).contains(&statements) {
            return Err(invalid(format!("option \"statement_cache\" takes {wanted}")));
        }
        let application_name = options.text("application_name").unwrap_or("purlin").to_owned();
        options.finish()?;
        Ok(Self {
            endpoints,
            user,
            database,
            password: target.password.clone(),
            tls: encrypted.then(|| target.tls.clone()),
            application_name,
            statements,
            meanings: Meanings(target.errors.clone()),
        })
    }

    /// What sqlx is told. It takes defaults from the variables of libpq (`PGHOST`, `PGUSER`, `PGPASSWORD`, …); all are
    /// overwritten here, and those that cannot be are refused.
    pub(crate) async fn options(&self, cx: &Cx, endpoint: &Endpoint) -> Result<PgConnectOptions> {
        let options = PgConnectOptions::new_without_pgpass();
        if options.get_options().is_some_and(|options| !options.is_empty()) {
            return Err(unasked("PGOPTIONS"));
        }
        let password = match &self.password {
            Some(source) => Some(source.resolve(cx).await?),
            None => None,
        };
        let options = options
            .username(&self.user)
            .password(password.as_ref().map_or("", |password| password.expose()))
            .database(&self.database)
            .application_name(&self.application_name)
            .statement_cache_capacity(self.statements)
            // SQL and its parameters are nobody else's business.
            .disable_statement_logging();
        let (options, tls) = match (endpoint.host(), endpoint.port(), endpoint.path()) {
            (Some(host), Some(port), _) => (options.host(host).port(port), self.tls.as_ref()),
            // The server speaks no TLS over a socket of the machine.
            (_, _, Some(path)) => (at_socket(options, path)?, None),
            _ => return Err(invalid("neither a host nor a socket")),
        };
        match tls {
            Some(tls) => {
                if tls.client_certificate.is_none() {
                    let set = |name: &&str| std::env::var_os(name).is_some();
                    if let Some(name) = ["PGSSLCERT", "PGSSLKEY"].into_iter().find(set) {
                        return Err(unasked(name));
                    }
                }
                tls::apply(cx, options, tls).await
            }
            None => Ok(options.ssl_mode(PgSslMode::Disable)),
        }
    }
}

/// A folder stands for the socket of the usual port in it.
fn socket(path: &Path) -> std::path::PathBuf {
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SOCKET));
    if named { path.to_owned() } else { path.join(format!("{SOCKET}{PORT}")) }
}

fn at_socket(options: PgConnectOptions, path: &Path) -> Result<PgConnectOptions> {
    let name = path.file_name().and_then(|name| name.to_str());
    let port = name.and_then(|name| name.strip_prefix(SOCKET)).and_then(|port| port.parse().ok());
    match (path.parent(), port) {
        (Some(folder), Some(port)) => Ok(options.socket(folder).port(port)),
        _ => Err(invalid(format!("{}: a socket of PostgreSQL is named {SOCKET}PORT", path.display()))),
    }
}

fn unasked(name: &str) -> Error {
    invalid(format!("{name} is set in the environment, and sqlx cannot be told to leave it out; unset it"))
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}
