//! A request, and what its answer has to be.

use super::super::on_host::refused;
use super::super::via::elsewhere;
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, SecretRef, TlsSettings};
use purlin_tls::TlsClient;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, Url, redirect};
use serde::{Serialize, Serializer};
use std::error::Error as _;
use std::ops::RangeInclusive;

/// How much of an answer is read.
const READ: usize = 1024 * 1024;
/// How much of it goes into an error.
const SHOWN: usize = 400;

/// A request to a web server, with what it expects: a status of 200 to 299, unless said otherwise. Address, headers and
/// body are filled in for each host. Redirects are not followed, proxies of the environment are not used.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct HttpRequest {
    method: String,
    url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "written")]
    bearer: Option<SecretRef>,
    status: RangeInclusive<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip)]
    tls: TlsSettings,
}

fn written<S: Serializer>(secret: &Option<SecretRef>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&secret.as_ref().map(SecretRef::to_string).unwrap_or_default())
}

impl HttpRequest {
    /// With that method, such as `DELETE`, to that address, without a user or a password in it.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            bearer: None,
            status: 200..=299,
            text: None,
            tls: TlsSettings::new(),
        }
    }

    /// GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// POST.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// PUT.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new("PUT", url)
    }

    /// Adds a header. No secrets: those are [`bearer`](Self::bearer) tokens.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends that.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends a bearer token (RFC 6750), fetched anew each time.
    #[must_use]
    pub fn bearer(mut self, token: SecretRef) -> Self {
        self.bearer = Some(token);
        self
    }

    /// The status has to be one of these.
    #[must_use]
    pub fn expect_status(mut self, status: RangeInclusive<u16>) -> Self {
        self.status = status;
        self
    }

    /// The answer has to begin with that: there are servers which say 200 and `FAIL`.
    #[must_use]
    pub fn expect_start(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// What is trusted and shown where the address says `https`.
    #[must_use]
    pub fn tls(mut self, settings: TlsSettings) -> Self {
        self.tls = settings;
        self
    }

    fn url(&self, env: &StepEnv) -> Result<Url> {
        let text = env.text(&self.url)?;
        let fault = |what: &str| refused(ErrorKind::Invalid, what.to_owned()).with_operation("deploy.http");
        // The text may hold a token and is not repeated.
        let url: Url = text.parse().map_err(|_| fault("the address is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("the address does not begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault("the address must not hold a user or a password: set a bearer token"));
        }
        Ok(url)
    }

    /// For people: without what follows the path.
    pub(super) fn shown(&self, env: &StepEnv) -> Result<String> {
        let url = self.url(env)?;
        let shown = format!("{} {}{}", self.method, url.origin().ascii_serialization(), url.path());
        Ok(env.redact(&shown))
    }

    /// Sends it; says what is wrong with the answer.
    pub(super) async fn complaint(&self, cx: &Cx, env: &StepEnv) -> Result<Option<String>> {
        self.send(cx, env).await.map_err(elsewhere)
    }

    async fn send(&self, cx: &Cx, env: &StepEnv) -> Result<Option<String>> {
        let shown = self.shown(env)?;
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| refused(ErrorKind::Invalid, format!("{:?} is no method", self.method)))?;
        let tls = TlsClient::load(cx, &self.tls).await?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls.config()).clone())
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| told(&shown, &error))?;
        let mut request = client.request(method, self.url(env)?);
        for (name, value) in &self.headers {
            request = request.header(name_of(name)?, value_of(&env.text(value)?)?);
        }
        let key = format!("\"{}/{}/{}\"", env.run(), env.step(), env.host()).replace('\\', "_");
        request = request.header("Idempotency-Key", value_of(&key)?);
        if let Some(bearer) = &self.bearer {
            let token = env.secret(cx, bearer).await?;
            let mut value = value_of(&format!("Bearer {}", token.expose()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(body) = &self.body {
            request = request.body(env.text(body)?);
        }
        cx.run("deploy.http", async {
            let response = request.send().await.map_err(|error| told(&shown, &error))?;
            self.judge(env, &shown, response).await
        })
        .await
    }

    async fn judge(&self, env: &StepEnv, shown: &str, mut response: Response) -> Result<Option<String>> {
        let status = response.status();
        let mut said = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| told(shown, &error))? {
            said.extend_from_slice(&chunk);
            if said.len() >= READ {
                break;
            }
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        let wanted = self.text.as_ref().map(|text| env.text(text)).transpose()?;
        if self.status.contains(&status.as_u16()) && wanted.is_none_or(|text| said.starts_with(&text)) {
            return Ok(None);
        }
        let start: String = env.redact(said.trim()).chars().take(SHOWN).collect();
        Ok(Some(format!("{shown} was answered {status}: {start}")))
    }
}

fn name_of(name: &str) -> Result<HeaderName> {
    HeaderName::try_from(name)
        .map_err(|_| refused(ErrorKind::Invalid, format!("{name:?} is no name of a header")))
}

fn value_of(value: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(value)
        .map_err(|_| refused(ErrorKind::Invalid, "a header has a value that no header can have"))
}

/// The deepest cause says most, and none of them is shown with the address, which may hold a token.
fn told(shown: &str, error: &reqwest::Error) -> Error {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    let said = cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
    let (kind, outcome) = match error.is_connect() || error.is_builder() {
        true => (ErrorKind::Refused, Outcome::NotSent),
        false => (ErrorKind::Unavailable, Outcome::Maybe),
    };
    Error::new(kind, format!("{shown}: {said}")).with_operation("deploy.http").with_outcome(outcome)
}
