//! One connection: ldap3 on a socket of ours, the tasks around it, and what became of it.

use super::paging::Start;
use super::settings::Limits;
use super::{answer, relay};
use crate::LdapDetail;
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, StdStream};
use purlin_core::{Cx, Error, ErrorKind, Instant, Result};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// ldap3 keeps the number of every search for ever, ten bytes each: after so many a connection is replaced.
const MOST_SEARCHES: u64 = 200_000;
/// Why passwords are refused (draft-behera-ldap-password-policy-10).
pub(super) const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// The task that knows why a connection ended tells it within this time.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What a server is spoken to over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Wire for S {}

/// A connection. Dropping it says farewell to the server and ends its tasks.
pub(super) struct Link {
    ldap: Ldap,
    slots: Arc<Semaphore>,
    places: usize,
    asked: AtomicU64,
    used: Mutex<Instant>,
    fate: Arc<Fate>,
    orphans: mpsc::UnboundedSender<Start>,
    /// Its end tells the relay to end.
    _closes: oneshot::Sender<()>,
}

/// A place on a connection for one question.
pub(super) struct Slot {
    pub(super) link: Arc<Link>,
    _permit: OwnedSemaphorePermit,
}

/// What becomes of a connection.
pub(super) struct Fate {
    reason: watch::Sender<Option<Error>>,
    /// It is not to be asked anything any more.
    retired: AtomicBool,
    notice: Mutex<Option<LdapDetail>>,
}

impl Fate {
    fn new() -> Self {
        Self { reason: watch::Sender::new(None), retired: AtomicBool::new(false), notice: Mutex::default() }
    }

    pub(super) fn ends(&self, reason: Error) {
        self.retired.store(true, Ordering::Release);
        self.reason.send_modify(|known| {
            known.get_or_insert(reason);
        });
    }

    /// The server says that it is about to hang up (RFC 4511, section 4.4.1).
    pub(super) fn notice(&self, detail: Option<LdapDetail>) {
        self.retired.store(true, Ordering::Release);
        *locked(&self.notice) = detail;
    }

    /// Why the server hung up, where it has said so.
    pub(super) fn last_word(&self, otherwise: &'static str) -> Error {
        match locked(&self.notice).clone() {
            // What was under way then may have been done.
            Some(detail) => {
                let words = detail.diagnostic.clone().unwrap_or_default();
                Error::new(ErrorKind::Unavailable, format!("the server ended the connection: {words}"))
            }
            None => Error::new(ErrorKind::Unavailable, otherwise),
        }
    }

    fn has_ended(&self) -> bool {
        self.reason.borrow().is_some()
    }

    /// Why it ended, told by the task that knows.
    pub(super) async fn reason(&self) -> Error {
        let mut told = self.reason.subscribe();
        let wait = async { Ok(told.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone())) };
        let reason = Cx::background().with_timeout(LAST_WORD).run("ldap.receive", wait).await;
        reason.ok().flatten().unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "the connection broke"))
    }
}

impl Link {
    /// Takes a connected stream.
    pub(super) fn start(stream: Box<dyn Wire>, limits: &Limits, now: Instant) -> Result<Self> {
        let (ours, theirs) = pair()?;
        let (driver, ldap) = opened(LdapConnSettings::new().set_std_stream(theirs))?;
        let fate = Arc::new(Fate::new());
        let (closes, closed) = oneshot::channel();
        let driver = tokio::spawn(async move { driver.drive().await.is_ok() });
        let (orphans, left) = mpsc::unbounded_channel();
        tokio::spawn(relay::run(
            stream,
            ours,
            limits.message,
            relay::Ends { closed, left },
            driver,
            fate.clone(),
        ));
        let places = limits.in_flight.max(1);
        Ok(Self {
            ldap,
            slots: Arc::new(Semaphore::new(places)),
            places,
            asked: AtomicU64::new(0),
            used: Mutex::new(now),
            fate,
            orphans,
            _closes: closes,
        })
    }

    /// Whether it may be asked more.
    pub(super) fn is_usable(&self, now: Instant, idle: Duration) -> bool {
        let fresh = self.in_flight() > 0 || now.since(*locked(&self.used)) < idle;
        let retired = self.fate.retired.load(Ordering::Acquire) || self.fate.has_ended();
        fresh && !retired && self.asked.load(Ordering::Relaxed) < MOST_SEARCHES
    }

    /// Leaves a search that nobody wants any more to the connection's task.
    pub(super) fn leave(&self, start: Start) {
        // Where the task has ended, so has the search.
        let _ = self.orphans.send(start);
    }

    /// Nothing more is asked on it.
    pub(super) fn retire(&self) {
        self.fate.retired.store(true, Ordering::Release);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.places.saturating_sub(self.slots.available_permits())
    }

    /// A place, if one is free.
    pub(super) fn try_slot(self: &Arc<Self>) -> Option<Slot> {
        let permit = self.slots.clone().try_acquire_owned().ok()?;
        Some(Slot { link: self.clone(), _permit: permit })
    }

    /// A place, in its turn.
    pub(super) async fn wait(self: &Arc<Self>, cx: &Cx) -> Result<Slot> {
        let place = async {
            let permit = self.slots.clone().acquire_owned().await;
            // It is never closed.
            permit.map_err(|_| Error::new(ErrorKind::Internal, "the semaphore was closed"))
        };
        let permit = cx.run("ldap.queue", place).await;
        let permit = permit.map_err(|error| error.with_outcome(purlin_core::Outcome::NotSent))?;
        Ok(Slot { link: self.clone(), _permit: permit })
    }

    /// ldap3, for one question.
    pub(super) fn wire(&self, now: Instant) -> Ldap {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *locked(&self.used) = now;
        self.ldap.clone()
    }

    /// What ldap3 failed with; where the connection is gone, why it is. Its own error is not kept: it holds the
    /// request.
    pub(super) async fn fault(&self, error: ldap3::LdapError) -> Error {
        use ldap3::LdapError as Fault;
        match error {
            Fault::LdapResult { result } => answer::refusal(&result),
            Fault::FilterParsing => Error::new(ErrorKind::Unsupported, "the wire cannot send this filter"),
            Fault::Io { .. }
            | Fault::OpSend { .. }
            | Fault::ResultRecv { .. }
            | Fault::EndOfStream
            | Fault::IdScrubSend { .. } => self.fate.reason().await,
            _ => Error::new(ErrorKind::Internal, "the wire failed"),
        }
    }

    pub(super) async fn bind(&self, dn: &str, password: &str) -> Result<LdapResult> {
        self.outcome(self.ldap.clone().simple_bind(dn, password)).await
    }

    /// The same, and asks why not.
    pub(super) async fn bind_asking(&self, dn: &str, password: &str) -> Result<LdapResult> {
        let mut ldap = self.ldap.clone();
        let why = RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: None };
        ldap.with_controls(why);
        self.outcome(ldap.simple_bind(dn, password)).await
    }

    pub(super) async fn bind_external(&self) -> Result<LdapResult> {
        self.outcome(self.ldap.clone().sasl_external_bind()).await
    }

    async fn outcome(
        &self,
        asked: impl Future<Output = ldap3::result::Result<LdapResult>>,
    ) -> Result<LdapResult> {
        match asked.await {
            Ok(result) => Ok(result),
            Err(error) => Err(self.fault(error).await.with_operation("ldap.bind")),
        }
    }
}

/// A pair of sockets: ours and ldap3's.
#[cfg(unix)]
fn pair() -> Result<(Box<dyn Wire>, StdStream)> {
    let failed = |error| Error::io("ldap.connect", error);
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(failed)?;
    ours.set_nonblocking(true).map_err(failed)?;
    let ours = tokio::net::UnixStream::from_std(ours).map_err(failed)?;
    Ok((Box::new(ours), StdStream::Unix(theirs)))
}

#[cfg(not(unix))]
fn pair() -> Result<(Box<dyn Wire>, StdStream)> {
    Err(Error::new(ErrorKind::Unsupported, "LDAP servers need Unix sockets on this side")
        .with_operation("ldap.connect"))
}

/// Nothing is waited for: the socket is connected.
fn opened(settings: LdapConnSettings) -> Result<(LdapConnAsync, Ldap)> {
    let mut opening = std::pin::pin!(LdapConnAsync::with_settings(settings, "ldapi://purlin"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match opening.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Ok(opened)) => Ok(opened),
        _ => Err(Error::new(ErrorKind::Internal, "the wire does not take its socket")
            .with_operation("ldap.connect")),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}
