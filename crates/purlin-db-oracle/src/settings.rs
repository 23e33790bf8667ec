//! What a target says, read once.

use crate::fault::Meanings;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings, units};
use purlin_db::{Target, refusal};
use std::borrow::Cow;
use std::sync::Arc;

/// The listener's usual ports.
const PORT: u16 = 1521;
const TLS_PORT: u16 = 2484;
const FETCH_SIZE: u32 = 100;
const PREFETCH: u32 = 2;
const STATEMENT_CACHE: usize = 20;
const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;
const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

/// What the listener is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Service(String),
    Sid(String),
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) endpoints: Vec<Endpoint>,
    user: String,
    password: Arc<dyn SecretSource>,
    pub(crate) wanted: Wanted,
    /// None: everything in the clear.
    pub(crate) tls: Option<TlsSettings>,
    application_name: String,
    /// Rows that come with one fetch, and with the first answer.
    pub(crate) fetch_size: u32,
    pub(crate) prefetch: u32,
    statement_cache: usize,
    /// The most bytes of the answer to one question of the driver.
    pub(crate) longest_answer: u64,
    pub(crate) meanings: Meanings,
}

impl Settings {
    pub(crate) fn new(target: &Target) -> Result<Self> {
        if target.path.is_some() {
            return Err(invalid("Oracle has no sockets in the file system: oracle://USER@HOST/SERVICE"));
        }
        let user = target.user.clone().filter(|user| !user.is_empty());
        let user = user.ok_or_else(|| refusal::missing_user(&target.scheme))?;
        let Some(password) = target.password.clone() else {
            let message = "a password is missing: the thin driver logs in by name and password only; Kerberos, \
                           tokens, certificates and wallets of passwords (SEPS) are not supported";
            return Err(unsent(ErrorKind::Unsupported, message));
        };
        let mut options = target.read_options();
        let sid = options.text("sid").map(str::to_owned);
        let wanted = match (target.database.clone().filter(|name| !name.is_empty()), sid) {
            (Some(_), Some(_)) => return Err(invalid("a service and a SID: one of them")),
            (Some(service), None) => Wanted::Service(service),
            (None, Some(sid)) => Wanted::Sid(sid),
            (None, None) => return Err(invalid("a service is missing: oracle://USER@HOST/SERVICE")),
        };
        let (Wanted::Service(name) | Wanted::Sid(name)) = &wanted;
        if !is_plain(name) {
            return Err(invalid("a service or SID is made of letters, digits and . _ - $ #"));
        }
        let clear = options.choice("danger_no_tls", &YES_OR_NO)?.unwrap_or(false);
        let application_name = options.text("application_name").unwrap_or("purlin").to_owned();
        if !is_plain(&application_name) {
            return Err(invalid("option \"application_name\" is made of letters, digits and . _ - $ #"));
        }
        let rows = "a number from 1 to 100000";
        let fetch_size = options.parse("fetch_size", rows)?.unwrap_or(FETCH_SIZE);
        let prefetch = options.parse("prefetch", rows)?.unwrap_or(PREFETCH);
        if [fetch_size, prefetch].iter().any(|rows| !(1..=100_000).contains(rows)) {
            return Err(invalid(format!("options \"fetch_size\" and \"prefetch\" take {rows}")));
        }
        let statement_cache = options.parse("statement_cache", "a number")?.unwrap_or(STATEMENT_CACHE);
        let longest_answer = match options.text("max_answer") {
            Some(text) => units::size::parse(text)
                .map_err(|_| invalid("option \"max_answer\" takes a size with its unit, such as 256MiB"))?,
            None => LONGEST_ANSWER,
        };
        options.finish()?;
        let tls = (!clear).then(|| target.tls.clone());
        Ok(Self {
            endpoints: target.endpoints(if clear { PORT } else { TLS_PORT })?,
            user,
            password,
            wanted,
            tls,
            application_name,
            fetch_size,
            prefetch,
            statement_cache,
            longest_answer,
            meanings: Meanings::new(target.errors.clone()),
        })
    }

    /// What the driver is told. It dials this process' relay, whose port comes with `descriptor`.
    pub(crate) async fn config(&self, cx: &Cx, descriptor: &str) -> Result<oracledb::Config> {
        let password = self.password.resolve(cx).await?;
        let config = oracledb::Config::default()
            .set_credentials(&self.user, password.expose())
            .set_driver_name("purlin")
            .set_stmtcachesize(self.statement_cache)
            .set_program(&self.application_name);
        let config = config.and_then(|config| config.set_connect_string(descriptor));
        config.map_err(|error| invalid(error.to_string()))
    }

    /// The descriptor of one try at one address: no retries, which would each cost a second.
    pub(crate) fn descriptor(&self, port: u16, token: &str) -> String {
        let wanted = match &self.wanted {
            Wanted::Service(name) => format!("(SERVICE_NAME={name})"),
            Wanted::Sid(name) => format!("(SID={name})"),
        };
        format!(
            "(DESCRIPTION=(RETRY_COUNT=0)(RETRY_DELAY=0)(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT={port}))\
             (CONNECT_DATA={wanted}(CONNECTION_ID_PREFIX={token})))"
        )
    }
}

/// Whether it means nothing else in a descriptor.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$#".contains(&byte))
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    unsent(ErrorKind::Invalid, message)
}

fn unsent(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}
