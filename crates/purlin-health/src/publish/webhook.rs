//! Telling a web server.

use crate::judge::one_line;
use crate::{Publisher, Transition};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, SecretRef, SecretSource, TlsSettings};
use purlin_tls::TlsClient;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use std::error::Error as _;
use std::fmt;
use tokio::sync::OnceCell;

/// How much of an answer's body goes into an error.
const SHOWN: usize = 1024;

/// How a web server is reached; the client is made at the first call.
struct Caller {
    url: Url,
    /// Scheme, host and port: what follows may hold a token.
    shown: String,
    bearer: Option<SecretRef>,
    tls: TlsSettings,
    client: OnceCell<Client>,
}

impl Caller {
    fn new(url: &str) -> Result<Self> {
        let fault =
            |what: &str| Error::new(ErrorKind::Invalid, what.to_owned()).with_operation("publish.webhook");
        // The text may hold a token and is not repeated.
        let url: Url = url.parse().map_err(|_| fault("the webhook's address is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("the webhook's address does not begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault(
                "the webhook's address must not hold a user or a password: set a bearer token",
            ));
        }
        let shown = url.origin().ascii_serialization();
        Ok(Self { url, shown, bearer: None, tls: TlsSettings::new(), client: OnceCell::new() })
    }

    async fn client(&self, cx: &Cx) -> Result<&Client> {
        self.client
            .get_or_try_init(|| async {
                let tls = TlsClient::load(cx, &self.tls).await?;
                Client::builder()
                    // It changes what it is given, so it gets its own.
                    .tls_backend_preconfigured((*tls.config()).clone())
                    .redirect(redirect::Policy::none())
                    .no_proxy()
                    .build()
                    .map_err(|error| self.failed(&error))
            })
            .await
    }

    async fn call(&self, cx: &Cx, key: Option<&str>, body: Option<Vec<u8>>) -> Result<()> {
        let client = self.client(cx).await?;
        let mut request = match body {
            Some(body) => client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body),
            None => client.get(self.url.clone()),
        };
        if let Some(key) = key {
            request = request.header("Idempotency-Key", format!("\"{}\"", key.replace(['"', '\\'], "_")));
        }
        if let Some(bearer) = &self.bearer {
            let token = bearer.resolve(cx).await?;
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose()));
            let mut value =
                value.map_err(|_| Error::new(ErrorKind::Invalid, "the bearer token makes no header"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        cx.run("publish.webhook", async {
            let response = request.send().await.map_err(|error| self.failed(&error))?;
            self.judge(response).await
        })
        .await
    }

    async fn judge(&self, mut response: Response) -> Result<()> {
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let mut said = Vec::new();
        while let (true, Ok(Some(chunk))) = (said.len() < SHOWN, response.chunk().await) {
            said.extend_from_slice(&chunk);
        }
        said.truncate(SHOWN);
        let kind = match status.as_u16() {
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::Denied,
            404 | 410 => ErrorKind::NotFound,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Unavailable,
            _ => ErrorKind::Protocol,
        };
        let message =
            format!("{} answered {status}: {}", self.shown, one_line(&String::from_utf8_lossy(&said)));
        Err(Error::new(kind, message).with_operation("publish.webhook"))
    }

    /// The deepest cause says most, and none of them is shown with the address, which may hold a token.
    fn failed(&self, error: &reqwest::Error) -> Error {
        let mut cause = error.source();
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        let said = cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
        let kind = if error.is_connect() { ErrorKind::Refused } else { ErrorKind::Unavailable };
        Error::new(kind, format!("{}: {said}", self.shown)).with_operation("publish.webhook")
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Posts each alarm and each recovery, as the JSON of its [`Transition`], to a web server (feature `webhook`).
///
/// The header `Idempotency-Key` holds the transition's key, so that a receiver can drop what comes twice. A status of
/// 200 to 299 means that it was taken; anything else is tried again. Redirects are not followed, proxies of the
/// environment are not used. Of the address only scheme, host and port are ever shown.
///
/// ```
/// use purlin_core::SecretRef;
/// use purlin_health::publish::Webhook;
///
/// let webhook = Webhook::to("https://chat.example.org/hooks/4711")?.bearer(SecretRef::env("CHAT_TOKEN"));
/// assert!(!format!("{webhook:?}").contains("4711"));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Webhook {
    name: String,
    caller: Caller,
}

impl Webhook {
    /// Posts to this address.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where it is no `http` or `https` URL, or holds a user or a password.
    pub fn to(url: &str) -> Result<Self> {
        let caller = Caller::new(url)?;
        Ok(Self { name: format!("webhook {}", caller.shown), caller })
    }

    /// Sets what it is called: two to one server want names of their own.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sends a bearer token (RFC 6750), fetched anew each time.
    #[must_use]
    pub fn bearer(mut self, token: SecretRef) -> Self {
        self.caller.bearer = Some(token);
        self
    }

    /// Sets what is trusted and shown where the address says `https`.
    #[must_use]
    pub fn tls(mut self, settings: TlsSettings) -> Self {
        self.caller.tls = settings;
        self
    }
}

#[async_trait]
impl Publisher for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    async fn publish(&self, cx: &Cx, transition: &Transition) -> Result<()> {
        let body = serde_json::to_vec(transition).map_err(|error| {
            Error::new(ErrorKind::Internal, "the transition makes no JSON").with_source(error)
        })?;
        self.caller.call(cx, Some(&transition.key), Some(body)).await
    }
}

/// A sign of life for somebody who misses it: a dead man's switch (feature `webhook`). GET to an address, such as that
/// of a watchdog service, at each call of [`beat`](Self::beat).
///
/// ```no_run
/// # async fn example(monitor: &purlin_health::Monitor) -> purlin_core::Result<()> {
/// use purlin_core::Cx;
/// use purlin_health::publish::Heartbeat;
/// use std::time::Duration;
///
/// let heart = Heartbeat::to("https://watchdog.example.org/ping/4711")?;
/// let cx = Cx::background();
/// loop {
///     // A monitor that is ill is missed on purpose.
///     if monitor.stats().ill == 0 {
///         let _ = heart.beat(&cx.with_timeout(Duration::from_secs(10))).await;
///     }
///     cx.sleep(Duration::from_secs(60)).await?;
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Heartbeat(Caller);

impl Heartbeat {
    /// Asks for this address.
    ///
    /// # Errors
    /// As [`Webhook::to`].
    pub fn to(url: &str) -> Result<Self> {
        Caller::new(url).map(Self)
    }

    /// Sets what is trusted and shown where the address says `https`.
    #[must_use]
    pub fn tls(mut self, settings: TlsSettings) -> Self {
        self.0.tls = settings;
        self
    }

    /// Gives one sign of life.
    ///
    /// # Errors
    /// Whatever kept it from arriving.
    pub async fn beat(&self, cx: &Cx) -> Result<()> {
        self.0.call(cx, None, None).await
    }
}
