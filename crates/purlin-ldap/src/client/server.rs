//! One server: where it is, its connections, how it fares.

use super::ServerStats;
use super::connect::{self, Ways};
use super::link::{Link, Slot};
use super::settings::Identity;
use purlin_core::policy::breaker::{Admission, Breaker, Circuit, Report};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Instant, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After so many failures in a row a server is asked last.
const FAILURES: u32 = 3;
/// After so long it is asked in its turn again, by one question.
const COOL_DOWN: Duration = Duration::from_secs(5);

/// Where a server is and how it is spoken to. Written as a URL: `ldaps://ldap1.lon` (TLS, port 636),
/// `ldap+starttls://ldap1.lon` (TLS begun on port 389), `ldap://localhost` (in clear, port 389), `ldapi://%2Frun%2Fldapi`
/// (a Unix socket). A port may follow the host.
///
/// ```
/// use purlin_ldap::{Security, ServerUrl};
///
/// let server: ServerUrl = "ldaps://ldap1.lon".parse()?;
/// assert_eq!((server.endpoint.port(), server.security), (Some(636), Security::Tls));
/// assert_eq!("ldapi://%2Frun%2Fldapi".parse::<ServerUrl>()?.endpoint.to_string(), "unix:/run/ldapi");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerUrl {
    /// Where it is.
    pub endpoint: Endpoint,
    /// How it is spoken to.
    pub security: Security,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after the server was asked for it (RFC 4511, section 4.14).
    StartTls,
    /// In clear.
    Clear,
    /// Through a Unix socket, which nobody else sees.
    Local,
}

impl Security {
    pub(super) fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::StartTls)
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fault = |what: &str| {
            // What stands before an @ may be a password.
            let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
            Error::new(ErrorKind::Invalid, format!("{shown:?}: {what}")).with_operation("ldap.url")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(|| fault("write ldaps://HOST"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(fault("a server's URL ends with its host and port; base and filter go elsewhere"));
        }
        let (security, port) = match scheme {
            "ldaps" => (Security::Tls, 636),
            "ldap+starttls" => (Security::StartTls, 389),
            "ldap" => (Security::Clear, 389),
            "ldapi" => {
                let path = percent_decoded(rest).filter(|path| path.starts_with('/'));
                let path =
                    path.ok_or_else(|| fault("write the path of the socket as in ldapi://%2Frun%2Fldapi"))?;
                return Ok(Self { endpoint: Endpoint::unix(path), security: Security::Local });
            }
            _ => return Err(fault("use ldaps://, ldap+starttls://, ldap:// or ldapi://")),
        };
        Ok(Self { endpoint: Endpoint::parse(rest, Some(port))?, security })
    }
}

pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.security {
            Security::Tls => write!(f, "ldaps://{}", self.endpoint),
            Security::StartTls => write!(f, "ldap+starttls://{}", self.endpoint),
            Security::Clear => write!(f, "ldap://{}", self.endpoint),
            Security::Local => {
                let path = self.endpoint.path().map(|path| path.to_string_lossy().replace('/', "%2F"));
                write!(f, "ldapi://{}", path.unwrap_or_default())
            }
        }
    }
}

/// A server and its connections.
pub(super) struct Server {
    pub(super) url: ServerUrl,
    pub(super) ways: Arc<Ways>,
    links: Mutex<Vec<Arc<Link>>>,
    /// Held by whoever connects for all.
    connecting: tokio::sync::Mutex<()>,
    last_failure: Mutex<Option<(Instant, Error)>>,
    circuit: Mutex<Circuit>,
    pub(super) opened: AtomicU64,
}

impl Server {
    pub(super) fn new(url: ServerUrl, ways: Arc<Ways>) -> Self {
        Self {
            url,
            ways,
            links: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            last_failure: Mutex::default(),
            circuit: Mutex::default(),
            opened: AtomicU64::new(0),
        }
    }

    /// A place on a connection for look-ups; connects where there is none or all are full.
    pub(super) async fn slot(&self, cx: &Cx) -> Result<Slot> {
        let arrived = cx.now();
        if let Some(slot) = self.free(cx) {
            return Ok(slot);
        }
        let _turn = cx.run("ldap.connect", async { Ok(self.connecting.lock().await) }).await;
        let _turn = _turn.map_err(|error| error.or_endpoint(&self.url.endpoint))?;
        if let Some(slot) = self.free(cx) {
            return Ok(slot);
        }
        let full = locked(&self.links).len() >= self.ways.settings.limits.connections.max(1);
        if let (true, Some(link)) = (full, self.least(cx)) {
            return link.wait(cx).await.map_err(|error| error.or_endpoint(&self.url.endpoint));
        }
        // Whoever stood in the queue meanwhile has seen the same server.
        if let Some((_, error)) = locked(&self.last_failure).clone().filter(|(at, _)| *at >= arrived) {
            return Err(error);
        }
        match Box::pin(connect::link(cx, self, &self.ways.settings.identity)).await {
            Ok(link) => {
                let link = Arc::new(link);
                locked(&self.links).push(link.clone());
                link.wait(cx).await
            }
            Err(error) => {
                if Breaker::counts(error.kind()) && cx.check("ldap.connect").is_ok() {
                    *locked(&self.last_failure) = Some((cx.now(), error.clone()));
                }
                Err(error)
            }
        }
    }

    /// A connection of its own: for pages, which slapd keeps one of for each connection, and for passwords.
    pub(super) async fn own_link(&self, cx: &Cx, identity: &Identity) -> Result<Arc<Link>> {
        Box::pin(connect::link(cx, self, identity)).await.map(Arc::new)
    }

    fn free(&self, cx: &Cx) -> Option<Slot> {
        self.least(cx)?.try_slot()
    }

    /// The connection with the fewest questions, of those that can still be used; the others are let go of.
    fn least(&self, cx: &Cx) -> Option<Arc<Link>> {
        let (idle, now) = (self.ways.settings.limits.idle, cx.now());
        let mut links = locked(&self.links);
        links.retain(|link| link.is_usable(now, idle));
        links.iter().min_by_key(|link| link.in_flight()).cloned()
    }

    /// Whether the server is in favour, and as what the next question goes.
    pub(super) fn admit(&self, now: Instant) -> Admission {
        locked(&self.circuit).admit(now)
    }

    /// How a question ended.
    pub(super) fn report(&self, admission: Admission, report: Report, now: Instant) {
        let breaker = Breaker::new(FAILURES).cool_down(COOL_DOWN);
        locked(&self.circuit).report(&breaker, admission, report, now);
    }

    pub(super) fn stats(&self) -> ServerStats {
        let links = locked(&self.links).clone();
        ServerStats {
            endpoint: self.url.endpoint.clone(),
            connections: links.len(),
            in_flight: links.iter().map(|link| link.in_flight()).sum(),
            opened: self.opened.load(Ordering::Relaxed),
            out_of_favour: !matches!(*locked(&self.circuit), Circuit::Closed { .. }),
        }
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_written() {
        for text in
            ["ldaps://a.b:636", "ldap://[::1]:389", "ldap+starttls://x:1389", "ldapi://%2Frun%2Fldapi"]
        {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), text);
        }
        assert_eq!("ldap://a/".parse::<ServerUrl>().unwrap().endpoint.port(), Some(389));
        for text in
            ["a:389", "http://a", "ldap://", "ldap://a/dc=x", "ldapi://run", "ldapi://%2", "ldapi://%2Fa%00"]
        {
            assert!(text.parse::<ServerUrl>().is_err(), "{text}");
        }
        let error = "ldap://cn=x:s3cret@a/b".parse::<ServerUrl>().unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
