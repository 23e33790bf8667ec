//! A client's side of TLS.

use crate::fault::{self, TlsFault};
use crate::handshake::{self, Failure};
use crate::identity::{self, Asked};
use crate::verifier::{Record, Verifier};
use crate::{ensure_provider, roots};
use purlin_core::{Cx, Diagnostics, Endpoint, Error, ErrorKind, Outcome, Result, TlsSettings};
use rustls::ClientConfig;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;
use tracing::Instrument;

/// Settings are loaded, and hands are shaken, within this time each, unless the call ends earlier or
/// [`TlsClient::limit`] says otherwise.
pub(crate) const DEFAULT_LIMIT: Duration = Duration::from_secs(10);

/// A client's side of TLS, made from [`TlsSettings`]: shakes hands on any stream, or hands its rustls configuration to
/// a driver. Cheap to clone; sessions are resumed among clones.
///
/// Certificates and the client's key are read once, by [`load`](Self::load). Whoever keeps a client for long loads it
/// anew when they change: a pool at each time it opens up a new generation of connections, a watching command when it
/// is told to reload.
///
/// ```no_run
/// use purlin_core::{Cx, Endpoint, TlsSettings, net};
/// use purlin_tls::TlsClient;
///
/// # async fn example() -> purlin_core::Result<()> {
/// let cx = Cx::background();
/// let tls = TlsClient::load(&cx, &TlsSettings::new().ca("/etc/ssl/corp-ca.pem")).await?;
/// let endpoint = Endpoint::new("db1.lon", 3307)?;
/// let dialled = net::dial(&cx, &endpoint).await?;
/// let stream = tls.handshake(&cx, &endpoint, dialled.stream).await?;
/// # drop(stream); Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    /// Keeps no sessions and trusts nobody; see [`handshake::shake`].
    blank: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    warnings: Arc<Diagnostics>,
    pub(crate) limit: Duration,
}

impl TlsClient {
    /// Reads certificates and keys and makes the configuration. Default limit: 10 s.
    ///
    /// The system's certificates are those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, if one of them is set.
    ///
    /// # Errors
    /// With a [detail](crate::TlsDetail) of
    /// - [`TlsFault::CaUnreadable`]: a file of certificates cannot be read (`NotFound`, `Denied` and others of the
    ///   system) or used (`Invalid`), or nobody is trusted at all (`NotFound`), with the [`Diagnostics`] as a detail
    ///   where there are any;
    /// - [`TlsFault::ClientIdentity`]: the same of the client's certificate; its key cannot be had (the kinds of its
    ///   [`SecretSource`](purlin_core::SecretSource), operation `secret.resolve`) or used (`Invalid`), or one of the two
    ///   is missing (`Invalid`).
    ///
    /// Without one: [`ErrorKind::Invalid`] for a server name that is none; [`ErrorKind::Timeout`] and
    /// [`ErrorKind::Cancelled`].
    pub async fn load(cx: &Cx, settings: &TlsSettings) -> Result<Self> {
        let cx = cx.with_timeout(DEFAULT_LIMIT);
        let provider = ensure_provider();
        let name = settings.server_name.as_deref().map(server_name).transpose()?;
        let (trusted, warnings) = roots::load(&cx, settings).await?;
        let roots = Arc::new(trusted);
        let inner = if settings.danger_accept_any_certificate {
            None
        } else {
            let builder = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone());
            Some(builder.build().map_err(unusable)?)
        };
        let any_name = settings.danger_accept_any_name;
        let verifier =
            Arc::new(Verifier { inner, roots, provider: provider.clone(), name, any_name, record: None });
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let mut config = match identity::load(&cx, settings).await? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(identity::no_pair)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = settings.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let blank = Arc::new(blank(provider, &config));
        let (config, warnings) = (Arc::new(config), Arc::new(warnings));
        Ok(Self { config, blank, verifier, warnings, limit: DEFAULT_LIMIT })
    }

    /// How long a handshake may take, or an inspection from its name to its verdict. Default: 10 s. A call that ends
    /// earlier ends it earlier.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The configuration, for a driver that takes one. The server name of the settings is verified whatever name the
    /// driver passes, but only the driver decides which name is sent (SNI).
    ///
    /// A server that speaks TLS 1.3 refuses a client certificate, or its absence, after the handshake has succeeded: a
    /// driver hears of it at its first read, and [`stream_error`](crate::stream_error) says what it means.
    pub fn config(&self) -> Arc<ClientConfig> {
        self.config.clone()
    }

    /// Certificates that could not be used, where others could.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The name that the server's certificate must be for: that of the settings, else the endpoint's host.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a Unix socket, which has no host, without a name in the settings.
    pub fn server_name(&self, endpoint: &Endpoint) -> Result<ServerName<'static>> {
        match (&self.verifier.name, endpoint.host()) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(host)) => server_name(host),
            (None, None) => Err(invalid("a Unix socket has no host name; set the server name".to_owned())
                .with_endpoint(endpoint.clone())),
        }
    }

    /// Shakes hands on a connected stream. Default [limit](Self::limit): 10 s.
    ///
    /// # Errors
    /// [`ErrorKind::Tls`] or [`ErrorKind::Protocol`] with a [`TlsDetail`](crate::TlsDetail);
    /// [`ErrorKind::Unavailable`] when the server hangs up; [`ErrorKind::Timeout`]. Nothing was sent over the channel
    /// in any of these ([`Outcome::NotSent`]).
    ///
    /// A server that speaks TLS 1.3 refuses a client certificate later: see [`config`](Self::config).
    pub async fn handshake<S>(&self, cx: &Cx, endpoint: &Endpoint, stream: S) -> Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let shaken = self.shake(cx, endpoint, self.config.clone(), stream).await?;
        shaken.map_err(|failure| failure.into_error().or_endpoint(endpoint))
    }

    /// The outer error is the call's end.
    pub(crate) async fn shake<S>(
        &self,
        cx: &Cx,
        endpoint: &Endpoint,
        config: Arc<ClientConfig>,
        stream: S,
    ) -> Result<Result<TlsStream<S>, Failure>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = self.server_name(endpoint)?;
        let span = tracing::debug_span!(
            "purlin.tls.handshake",
            server.address = endpoint.host(),
            server.port = endpoint.port(),
        );
        let shaking = handshake::shake(config, self.blank.clone(), name, stream).instrument(span);
        let ran = cx.with_timeout(self.limit).run("tls.handshake", async { Ok(shaking.await) }).await;
        ran.map_err(|error| error.with_outcome(Outcome::NotSent).or_endpoint(endpoint))
    }

    /// The configuration for an inspection: it notes what the server shows instead of judging it, notes whether the
    /// server asks for a certificate, and resumes no session, because nothing is shown then.
    pub(crate) fn for_inspection(&self) -> (Arc<ClientConfig>, Arc<Record>, Arc<Asked>) {
        let record = Arc::new(Record::default());
        let verifier = Verifier { record: Some(record.clone()), ..Verifier::clone(&self.verifier) };
        let inner = self.config.client_auth_cert_resolver.clone();
        let asked = Arc::new(Asked { inner, asked: AtomicBool::new(false) });
        let mut config = ClientConfig::clone(&self.config);
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        config.client_auth_cert_resolver = asked.clone();
        config.resumption = Resumption::disabled();
        (Arc::new(config), record, asked)
    }
}

/// Without TLS 1.3 no key is made for a session that is never used.
fn blank(provider: Arc<CryptoProvider>, config: &ClientConfig) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(provider);
    let mut blank = match builder.with_protocol_versions(&[&rustls::version::TLS12]) {
        Ok(builder) => builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
        // A provider without cipher suites for TLS 1.2.
        Err(_) => config.clone(),
    };
    blank.resumption = Resumption::disabled();
    blank
}

impl std::fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsClient")
            .field("server_name", &self.verifier.name)
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}

/// A DNS name or an address, as it can stand in a certificate.
fn server_name(name: &str) -> Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned()).map_err(|_| {
        invalid(format!("{name:?} is neither a DNS name nor an address, so no certificate can be for it"))
    })
}

pub(crate) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("tls.settings")
}

fn unusable(why: impl std::fmt::Display) -> Error {
    fault::error(ErrorKind::Invalid, TlsFault::CaUnreadable, why.to_string()).with_operation("tls.settings")
}
