//! What a target says, read once.

use crate::descriptor::{Address, Attempt, Descriptor};
use crate::fault::Meanings;
use crate::relay::Bounds;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, SecretSource, TlsSettings, units};
use purlin_db::{Target, refusal};
use std::borrow::Cow;
use std::sync::Arc;

/// What the driver asks for where nothing else is said.
const SDU: u32 = 8192;
const FETCH_SIZE: u32 = 100;
const PREFETCH: u32 = 2;
const STATEMENT_CACHE: usize = 20;
const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the database may be, none twice, in the order in which they are to be tried.
    pub(crate) endpoints: Vec<Endpoint>,
    /// What is asked for at each of them.
    attempts: Vec<Attempt>,
    user: String,
    password: Arc<dyn SecretSource>,
    tls: TlsSettings,
    application_name: String,
    /// Rows that come with one fetch, and with the first answer.
    pub(crate) fetch_size: u32,
    pub(crate) prefetch: u32,
    statement_cache: usize,
    /// The most bytes of the answer to one question of the driver.
    longest_answer: u64,
    pub(crate) meanings: Meanings,
}

impl Settings {
    pub(crate) fn new(target: &Target) -> Result<Self> {
        let user = target.user.clone().filter(|user| !user.is_empty());
        let user = user.ok_or_else(|| refusal::missing_user(&target.scheme))?;
        let Some(password) = target.password.clone() else {
            let message = "a password is missing: the thin driver logs in by name and password only; Kerberos, \
                           tokens, certificates and wallets of passwords (SEPS) are not supported";
            return Err(unsent(ErrorKind::Unsupported, message));
        };
        let mut options = target.read_options();
        let descriptor = Descriptor::of_target(target, &mut options)?;
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
        let mut attempts: Vec<Attempt> = Vec::new();
        for attempt in descriptor.attempts(fastrand::u64(..)) {
            // What is asked for there second would never be reached.
            if attempts.iter().all(|before| before.address.endpoint != attempt.address.endpoint) {
                attempts.push(attempt);
            }
        }
        Ok(Self {
            endpoints: attempts.iter().map(|attempt| attempt.address.endpoint.clone()).collect(),
            attempts,
            user,
            password,
            tls: target.tls.clone(),
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

    /// What is asked for at that address.
    pub(crate) fn attempt(&self, endpoint: &Endpoint) -> Result<&Attempt> {
        let found = self.attempts.iter().find(|attempt| attempt.address.endpoint == *endpoint);
        found.ok_or_else(|| invalid(format!("{endpoint} is none of this connector's addresses")))
    }

    /// TLS as it is spoken at that address, with what a wallet adds; none: everything in the clear.
    pub(crate) async fn tls(&self, cx: &Cx, attempt: &Attempt) -> Result<Option<TlsSettings>> {
        if !attempt.address.tls {
            return Ok(None);
        }
        let (security, tls) = (attempt.security.clone(), self.tls.clone());
        cx.run_blocking("oracle.wallet", move |_| security.tls(&tls)).await.map(Some)
    }

    /// How much a server may send.
    pub(crate) fn bounds(&self, attempt: &Attempt) -> Bounds {
        let packet = usize::try_from(attempt.sdu.unwrap_or(SDU)).unwrap_or(usize::MAX);
        Bounds { packet, answer: self.longest_answer }
    }
}

/// The descriptor of one try at the relay: no retries, which would each cost a second.
pub(crate) fn descriptor(attempt: &Attempt, port: u16, token: &str) -> Result<String> {
    let mut attempt = attempt.clone();
    attempt.connect_data.others.retain(|(key, _)| key != "CONNECTION_ID_PREFIX");
    attempt.connect_data.others.push(("CONNECTION_ID_PREFIX".to_owned(), token.to_owned()));
    let relay = Address::tcp(Endpoint::new("127.0.0.1", port)?);
    Ok(attempt.connect_string_at(&relay))
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
