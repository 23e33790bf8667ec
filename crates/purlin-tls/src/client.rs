//! A client's side of TLS.

use crate::fault::{self, TlsFault};
use crate::verifier::{Record, Verifier};
use crate::{ensure_provider, pem, roots};
use purlin_core::{
    Cx, Diagnostics, Endpoint, Error, ErrorKind, Outcome, Pem, Result, SecretSource, TlsSettings,
};
use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Settings are loaded, and hands are shaken, within this time each, unless the call ends earlier.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);

/// A client's side of TLS, made from [`TlsSettings`]: shakes hands on any stream, or hands its rustls configuration to
/// a driver. Cheap to clone; sessions are resumed among clones.
///
/// ```no_run
/// use purlin_core::{Cx, Endpoint, TlsSettings};
/// use purlin_tls::TlsClient;
///
/// # async fn example() -> purlin_core::Result<()> {
/// let cx = Cx::background();
/// let tls = TlsClient::load(&cx, &TlsSettings::new().ca("/etc/ssl/corp-ca.pem")).await?;
/// let endpoint = Endpoint::new("db1.lon", 3307)?;
/// # let socket = tokio::net::TcpStream::connect("127.0.0.1:3307").await.unwrap();
/// let stream = tls.handshake(&cx, &endpoint, socket).await?;
/// # drop(stream); Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    name: Option<ServerName<'static>>,
    warnings: Arc<Diagnostics>,
}

impl TlsClient {
    /// Reads certificates and keys and makes the configuration. Default limit: 10 s.
    ///
    /// # Errors
    /// With [`TlsFault::CaUnreadable`] as [detail](crate::TlsDetail): a file of certificates or the client's key
    /// cannot be read (`NotFound`, `Denied`) or used (`Invalid`), or nobody is trusted at all (`NotFound`).
    /// [`ErrorKind::Invalid`] for a server name that is none. Those of the key's [`SecretSource`].
    pub async fn load(cx: &Cx, settings: &TlsSettings) -> Result<Self> {
        Self::build(cx, settings, None).await
    }

    pub(crate) async fn build(cx: &Cx, settings: &TlsSettings, record: Option<Arc<Record>>) -> Result<Self> {
        let cx = cx.with_timeout(DEFAULT_LIMIT);
        let provider = ensure_provider();
        let name = settings.server_name.as_deref().map(server_name).transpose()?;
        let (trusted, warnings) = roots::load(&cx, settings).await?;
        let inner = if settings.danger_accept_any_certificate {
            None
        } else {
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted), provider.clone());
            Some(builder.build().map_err(|error| unusable(error.to_string()))?)
        };
        let verifier = Verifier {
            inner,
            provider: provider.clone(),
            name: name.clone(),
            any_name: settings.danger_accept_any_name,
            record,
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity(&cx, settings).await? {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(format!("the client certificate and its key: {error}")))?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = settings.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Ok(Self { config: Arc::new(config), name, warnings: Arc::new(warnings) })
    }

    /// The configuration, for a driver that takes one. The server name of the settings is verified whatever name the
    /// driver passes, but only the driver decides which name is sent (SNI).
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
        match (&self.name, endpoint.host()) {
            (Some(name), _) => Ok(name.clone()),
            (None, Some(host)) => server_name(host),
            (None, None) => Err(invalid("a Unix socket has no host name; set the server name".to_owned())
                .with_endpoint(endpoint.clone())),
        }
    }

    /// Shakes hands on a connected stream. Default limit: 10 s.
    ///
    /// # Errors
    /// [`ErrorKind::Tls`] or [`ErrorKind::Protocol`] with a [`TlsDetail`](crate::TlsDetail);
    /// [`ErrorKind::Unavailable`] when the server hangs up; [`ErrorKind::Timeout`]. Nothing was sent over the channel
    /// in any of these ([`Outcome::NotSent`]).
    pub async fn handshake<S>(&self, cx: &Cx, endpoint: &Endpoint, stream: S) -> Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = self.server_name(endpoint)?;
        let connecting = TlsConnector::from(self.config.clone()).connect(name, stream);
        let handshake = async { connecting.await.map_err(of_io) };
        cx.with_timeout(DEFAULT_LIMIT).run("tls.handshake", handshake).await.map_err(|error| {
            error.with_operation("tls.handshake").with_outcome(Outcome::NotSent).or_endpoint(endpoint)
        })
    }
}

impl std::fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsClient")
            .field("server_name", &self.name)
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}

/// Our certificate chain and its key.
async fn identity(
    cx: &Cx,
    settings: &TlsSettings,
) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
    let (certificate, key) = match (&settings.client_certificate, &settings.client_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => return Err(invalid("a client certificate needs its client_key".to_owned())),
        (None, Some(_)) => return Err(invalid("a client key needs its client_certificate".to_owned())),
    };
    let chain = chain(cx, certificate).await?;
    let pem = key.resolve(cx).await?;
    let key = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
        .map_err(|error| unusable(format!("the client's key ({key}) is no private key in PEM: {error}")))?;
    Ok(Some((chain, key)))
}

async fn chain(cx: &Cx, certificate: &Pem) -> Result<Vec<CertificateDer<'static>>> {
    let place = roots::place(certificate);
    let bytes = pem::bytes(cx, certificate).await.map_err(|error| roots::not_usable(error, &place))?;
    let chain: Result<Vec<_>> = pem::certificates(&bytes)
        .into_iter()
        .map(|block| {
            let place = place.clone().line(block.line);
            block.certificate.map_err(|why| unusable(format!("{place}: a certificate cannot be used: {why}")))
        })
        .collect();
    match chain? {
        chain if chain.is_empty() => Err(unusable(format!("{place}: no certificate in it"))),
        chain => Ok(chain),
    }
}

/// A DNS name or an address, as it can stand in a certificate.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned()).map_err(|_| {
        invalid(format!("{name:?} is neither a DNS name nor an address, so no certificate can be for it"))
    })
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("tls.settings")
}

fn unusable(message: String) -> Error {
    fault::error(ErrorKind::Invalid, TlsFault::CaUnreadable, message).with_operation("tls.settings")
}

fn of_io(error: std::io::Error) -> Error {
    if let Some(fault) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return fault::of_rustls(fault);
    }
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        let message = "the server closed the connection during the handshake";
        return Error::new(ErrorKind::Unavailable, message);
    }
    Error::io("tls.handshake", error)
}
