//! What a web server answers.

mod address;
mod channel;
mod expect;
mod request;

use super::{failed, limited};
use crate::judge::one_line;
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status, Unit,
};
use address::Address;
use async_trait::async_trait;
use channel::{Answer, Broken, Channel, Route};
use expect::Expected;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result, SecretRef, TlsSettings};
use purlin_tls::TlsClient;
use request::{Asked, Request};
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// How much of a body is read where nobody said: 1 MiB.
const BODY: usize = 1024 * 1024;

/// Whether a web server answers, and as it should (feature `http`). HTTP/1.1, over TLS where the address says `https`.
///
/// Kind `http`. Measures `time`, in seconds, from the name to the last byte, and `size`, in bytes of the last body. Each
/// of the phases resolve, connect, tls, first byte and transfer is told. Without another expectation a status from 200 to
/// 399 is fine; redirects are not followed. Default limit: 10 s, where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Http;
/// use purlin_health::{Cause, Check, CheckOutcome};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let check = Http::get("http://127.0.0.1:1/health")?.expect_status(200..=200).expect_text("UP");
/// let outcome = check.run(&Cx::background()).await;
/// assert!(matches!(outcome, CheckOutcome::Failed(failure) if failure.cause == Cause::Refused));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Http {
    address: Address,
    request: Request,
    expected: Expected,
    route: Route,
    redirects: usize,
    body_limit: usize,
    tls: TlsSettings,
    client: OnceCell<TlsClient>,
    kept: Option<Mutex<Option<Channel>>>,
}

impl Http {
    /// Asks for this address by GET.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: no `http` or `https` URL, or one with a user and password in it.
    pub fn get(url: &str) -> Result<Self> {
        Self::with("GET", url)
    }

    /// Asks for this address by HEAD, which has no body.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn head(url: &str) -> Result<Self> {
        Self::with("HEAD", url)
    }

    /// Sends this body by POST.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn post(url: &str, body: impl Into<Vec<u8>>) -> Result<Self> {
        let mut check = Self::with("POST", url)?;
        check.request.body = body.into().into();
        Ok(check)
    }

    /// Asks for this address by any method.
    ///
    /// # Errors
    /// As [`get`](Self::get), and for a method that is no token (RFC 9110, section 5.6.2).
    pub fn with(method: &str, url: &str) -> Result<Self> {
        Ok(Self {
            address: Address::parse(url)?,
            request: Request::new(method)?,
            expected: Expected::default(),
            route: Route::default(),
            redirects: 0,
            body_limit: BODY,
            tls: TlsSettings::new(),
            client: OnceCell::new(),
            kept: None,
        })
    }

    /// Adds a header; one that the check would send itself, such as `Host`, is replaced.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it is none.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self> {
        self.request.header(name, value)?;
        Ok(self)
    }

    /// Sends user and password, basic authentication (RFC 7617): never to another host that a redirect leads to. The
    /// password is fetched at each run, so that it can change.
    #[must_use]
    pub fn basic_auth(mut self, user: impl Into<String>, password: SecretRef) -> Self {
        self.request.login = Some((user.into(), Arc::new(password)));
        self
    }

    /// Sets the statuses that are fine. Default: 200 to 399.
    #[must_use]
    pub fn expect_status(mut self, statuses: RangeInclusive<u16>) -> Self {
        self.expected.status = statuses;
        self
    }

    /// Wants a header with this value.
    #[must_use]
    pub fn expect_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.expected.headers.push((name.into(), value.into()));
        self
    }

    /// Wants this text in the body.
    #[must_use]
    pub fn expect_text(mut self, text: impl Into<String>) -> Self {
        self.expected.texts.push(text.into());
        self
    }

    /// Wants this value in a JSON body, at a pointer such as `/components/db/status` (RFC 6901).
    #[must_use]
    pub fn expect_json(mut self, pointer: impl Into<String>, value: impl Serialize) -> Self {
        // What makes no JSON is found nowhere.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.expected.json.push((pointer.into(), value));
        self
    }

    /// Follows so many redirects; each counts towards the same time. Default: none.
    ///
    /// As browsers do, a POST that is redirected by 301, 302 or 303 goes on as GET without a body (RFC 9110, section
    /// 15.4). To another server go neither login nor cookies, nor the way that [`connect_to`](Self::connect_to) names.
    #[must_use]
    pub fn follow(mut self, redirects: usize) -> Self {
        self.redirects = redirects;
        self
    }

    /// Sets how much of a body is read: a longer one is a failure, not cut off in silence. Default: 1 MiB.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets what is trusted and shown where the address says `https`.
    #[must_use]
    pub fn tls(mut self, settings: TlsSettings) -> Self {
        self.tls = settings;
        self
    }

    /// Connects there, whatever host the address names: `Host` and the certificate's name stay those of the address. So
    /// one asks each server behind a balancer. What is asked for by way of a [`proxy`](Self::proxy) without TLS names its
    /// server by itself.
    #[must_use]
    pub fn connect_to(mut self, endpoint: Endpoint) -> Self {
        self.route.connect_to = Some(endpoint);
        self
    }

    /// Goes by way of this HTTP proxy; to `https` addresses by CONNECT.
    #[must_use]
    pub fn proxy(mut self, proxy: Endpoint) -> Self {
        self.route.proxy = Some(proxy);
        self
    }

    /// Keeps the connection for the next run: cheaper, and it does not see that new ones are refused. One that the
    /// server closed in between is made anew, once.
    #[must_use]
    pub fn keep_connection(mut self) -> Self {
        self.kept = Some(Mutex::new(None));
        self
    }

    async fn client(&self, cx: &Cx) -> Result<&TlsClient> {
        self.client.get_or_try_init(|| TlsClient::load(cx, &self.tls)).await
    }

    /// Asks one address; on a kept connection first, where there is one.
    async fn ask(&self, cx: &Cx, address: &Address, run: &mut Run) -> std::result::Result<Answer, Broken> {
        let is_home = address.is_same_server(&self.address);
        let login = if is_home { self.request.authorization(cx).await? } else { None };
        let route = if is_home { self.route.clone() } else { self.route.abroad() };
        let asked = Asked { is_home, has_turned: run.has_turned };
        let message = || self.request.message(address, login.as_ref(), &route, asked);
        let kept = self.kept.as_ref().filter(|_| is_home);
        let idle = kept.and_then(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(mut channel) = idle {
            let before = run.phases.clone();
            match channel.ask(cx, message()?, self.body_limit, &mut run.phases).await {
                Err(broken) if broken.is_stale_connection() => run.phases = before,
                answered => return self.keep(channel, answered, kept),
            }
        }
        // Boxed: what it takes to connect is many times what it takes to ask over a connection that is there.
        let opened = Box::pin(self.open(cx, address, &route, &mut run.phases));
        let mut channel = opened.await?;
        let answered = channel.ask(cx, message()?, self.body_limit, &mut run.phases).await;
        self.keep(channel, answered, kept)
    }

    async fn open(
        &self,
        cx: &Cx,
        address: &Address,
        route: &Route,
        phases: &mut Phases,
    ) -> std::result::Result<Channel, Broken> {
        let tls = if address.is_secure() { Some(self.client(cx).await?) } else { None };
        Channel::open(cx, address, route, tls, phases).await
    }

    fn keep(
        &self,
        channel: Channel,
        answered: std::result::Result<Answer, Broken>,
        kept: Option<&Mutex<Option<Channel>>>,
    ) -> std::result::Result<Answer, Broken> {
        if let (Some(kept), true) = (kept, answered.as_ref().is_ok_and(|answer| answer.is_reusable)) {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
        }
        answered
    }

    async fn probe(&self, cx: &Cx, run: &mut Run) -> std::result::Result<Answer, Broken> {
        let mut address = self.address.clone();
        for _ in 0..=self.redirects {
            let answer = self.ask(cx, &address, run).await?;
            match answer.location().filter(|_| self.redirects > 0) {
                Some(location) => {
                    run.has_turned |= self.request.turns(answer.head.status.as_u16());
                    address = address.join(location).map_err(|error| {
                        Broken::assertion(Phase::FirstByte, "redirect", error.message().to_owned())
                    })?;
                }
                None => return Ok(answer),
            }
        }
        let message = format!("more than {} redirects, the last one to {address}", self.redirects);
        Err(Broken::assertion(Phase::FirstByte, "redirect", message))
    }
}

/// What a run has seen so far.
#[derive(Default)]
struct Run {
    phases: Phases,
    /// A redirect has made a GET of it.
    has_turned: bool,
}

#[async_trait]
impl Check for Http {
    fn kind(&self) -> CheckKind {
        CheckKind::from("http")
    }

    fn target(&self) -> Option<&str> {
        self.route.connect_to.as_ref().unwrap_or(self.address.endpoint()).host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = &limited(cx);
        let begun = cx.now();
        let mut run = Run::default();
        let answered = self.probe(cx, &mut run).await;
        let time = Measurement::new("time", cx.now().since(begun).as_secs_f64(), Unit::Seconds);
        let answer = match answered {
            Ok(answer) => answer,
            Err(Broken::Target(phase, error)) => return failed(phase, error, run.phases),
            Err(Broken::Prober(error)) => return CheckOutcome::Prober(error),
            Err(Broken::Assertion(failure)) => return CheckOutcome::Failed(failure.phases(run.phases)),
        };
        if let Some((what, message)) = self.expected.broken(&answer) {
            let cause = Cause::Assertion(what.to_owned());
            let mut failure = Failure::new(Phase::Transfer, cause, one_line(&message)).phases(run.phases);
            failure.measurements.push(time);
            return CheckOutcome::Failed(failure);
        }
        #[expect(clippy::cast_precision_loss, reason = "sizes of bodies are far below 2^52")]
        let size = Measurement::new("size", answer.body.len() as f64, Unit::Bytes);
        let line = format!("{} in {} bytes", answer.status_line(), answer.body.len());
        CheckOutcome::Answered(
            Evidence::new(Status::Ok, line).measured(time).measured(size).phases(run.phases),
        )
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("method", &self.request.method())
            .field("address", &format_args!("{}", self.address))
            .finish_non_exhaustive()
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("check.http")
}
