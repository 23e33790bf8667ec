//! What a server shows.

mod refusal;

use crate::client::DEFAULT_LIMIT;
use crate::handshake::Failure;
use crate::verifier::Shown;
use crate::{CertificateInfo, TlsClient, TlsDetail, TlsFault, fault};
use purlin_core::{Cx, Diagnostic, Diagnostics, Endpoint, Error, Outcome, Result, TlsSettings, net};
use rustls::{CipherSuite, ProtocolVersion, SupportedCipherSuite};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::client::TlsStream;
use tracing::Instrument;

/// Saying goodbye is a courtesy, and a server that refuses us says so soon.
const GOODBYE_LIMIT: Duration = Duration::from_millis(500);

/// What a server shows when hands are shaken with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// Where we were asked to go.
    pub endpoint: Endpoint,
    /// Where we went; none when the stream was [given](TlsClient::inspect_stream).
    pub address: Option<SocketAddr>,
    /// The name that the certificate was verified for.
    pub server_name: String,
    /// The protocol version agreed on: `TLS 1.3`.
    pub protocol: String,
    /// The cipher suite agreed on, by its IANA name: `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The application protocol agreed on.
    pub alpn: Option<String>,
    /// The certificates as the server sent them, its own first. One that cannot be parsed is left out and warned of.
    pub chain: Vec<CertificateInfo>,
    /// What is wrong; none when the certificates are acceptable under the settings and the server accepts us.
    ///
    /// It [is about the certificates](TlsFault::is_about_certificate) or, where they are fine,
    /// [`TlsFault::ClientCertificate`].
    pub fault: Option<TlsFault>,
    /// The same in words.
    pub fault_message: Option<String>,
    /// How long it took.
    pub phases: Phases,
    /// Certificates that could not be used or parsed.
    pub warnings: Diagnostics,
}

/// How long the parts of a connection took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phases {
    /// From a name to addresses; none when the stream was given.
    pub resolve: Option<Duration>,
    /// To a TCP connection; none when the stream was given.
    pub connect: Option<Duration>,
    /// To a TLS channel.
    pub handshake: Duration,
}

/// [Loads](TlsClient::load) the settings and [inspects](TlsClient::inspect) a server, for whoever looks once: a client
/// that is kept reads the trusted certificates once. Default limit for both together: 10 s.
///
/// # Errors
/// Those of the two.
pub async fn inspect(cx: &Cx, endpoint: &Endpoint, settings: &TlsSettings) -> Result<Inspection> {
    let cx = cx.with_timeout(DEFAULT_LIMIT);
    TlsClient::load(&cx, settings).await?.inspect(&cx, endpoint).await
}

impl TlsClient {
    /// Connects, shakes hands and tells what the server showed, whether or not its certificate is acceptable: an expired
    /// certificate is an answer, not an error, and so is a server that wants a client certificate. Nothing is sent over
    /// the channel. Default [limit](Self::limit): 10 s.
    ///
    /// Only a server that asks for a client certificate takes longer than the handshake: up to 500 ms are spent waiting
    /// for its verdict, which comes after the handshake in TLS 1.3 (RFC 8446, section 4.4.2.4).
    ///
    /// # Errors
    /// Those of [`dial`](purlin_core::net::dial) (operations `dns.resolve` and `tcp.connect`); with operation
    /// `tls.handshake` `Timeout`, `Protocol` with [`TlsFault::NotTls`], `Protocol` or `Tls` with
    /// [`TlsFault::Handshake`], `Tls` with [`TlsFault::ClientCertificate`] if the server refuses before it has shown
    /// anything, and `Unavailable`; those of [`server_name`](Self::server_name). Each is
    /// [`Outcome::NotSent`].
    pub async fn inspect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Inspection> {
        let span = tracing::debug_span!(
            "purlin.tls.inspect",
            server.address = endpoint.host(),
            server.port = endpoint.port(),
        );
        let cx = cx.with_timeout(self.limit);
        let inspecting = async {
            // First, so that nobody is dialled for nothing.
            self.server_name(endpoint)?;
            let dialled = net::dial(&cx, endpoint).await?;
            let mut seen = self.look(&cx, endpoint, dialled.stream).await?;
            seen.address = Some(dialled.address);
            (seen.phases.resolve, seen.phases.connect) = (Some(dialled.resolve), Some(dialled.connect));
            Ok(seen)
        };
        inspecting.instrument(span).await
    }

    /// The same on a stream that is connected already, for protocols that turn to TLS on the way (STARTTLS).
    ///
    /// # Errors
    /// As [`inspect`](Self::inspect), without those of dialling.
    pub async fn inspect_stream<S>(&self, cx: &Cx, endpoint: &Endpoint, stream: S) -> Result<Inspection>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let span = tracing::debug_span!(
            "purlin.tls.inspect",
            server.address = endpoint.host(),
            server.port = endpoint.port(),
        );
        self.look(&cx.with_timeout(self.limit), endpoint, stream).instrument(span).await
    }

    async fn look<S>(&self, cx: &Cx, endpoint: &Endpoint, stream: S) -> Result<Inspection>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (config, record, asked) = self.for_inspection();
        let begun = cx.now();
        let shaken = self.shake(cx, endpoint, config, stream).await?;
        let handshake = cx.now().since(begun);
        let channel = match shaken {
            Ok(mut stream) => {
                let mut channel = Channel::of(&stream);
                if asked.was_asked() && channel.protocol == Some(ProtocolVersion::TLSv1_3) {
                    channel.refusal = refusal::hear(&cx.with_timeout(GOODBYE_LIMIT), &mut stream).await;
                }
                goodbye(cx, &mut stream).await;
                channel
            }
            Err(failure) if asked.was_asked() => {
                Channel::refused(failure).map_err(|error| error.or_endpoint(endpoint))?
            }
            Err(failure) => return Err(failure.into_error().or_endpoint(endpoint)),
        };
        let mut warnings = self.warnings().clone();
        let (chain, fault) = verdict(record.take(), &mut warnings);
        let refused = channel.refusal.map(|message| (TlsFault::ClientCertificate, message));
        let (fault, fault_message) = fault.or(refused).unzip();
        Ok(Inspection {
            endpoint: endpoint.clone(),
            address: None,
            server_name: self.server_name(endpoint)?.to_str().into_owned(),
            protocol: channel.protocol.map_or_else(String::new, protocol_name),
            cipher_suite: channel.suite.map_or_else(String::new, |suite| suite_name(suite.suite())),
            alpn: channel.alpn,
            chain,
            fault,
            fault_message,
            phases: Phases { resolve: None, connect: None, handshake },
            warnings,
        })
    }
}

/// What was agreed on.
struct Channel {
    protocol: Option<ProtocolVersion>,
    suite: Option<SupportedCipherSuite>,
    alpn: Option<String>,
    /// How the server refused us.
    refusal: Option<String>,
}

impl Channel {
    fn of<S>(stream: &TlsStream<S>) -> Self {
        let session = stream.get_ref().1;
        Self {
            protocol: session.protocol_version(),
            suite: session.negotiated_cipher_suite(),
            alpn: session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            refusal: None,
        }
    }

    /// A server that speaks TLS 1.2 and refuses us has shown everything before.
    fn refused(failure: Failure) -> Result<Self> {
        let (protocol, suite) = (failure.protocol, failure.suite);
        let error = failure.into_error();
        match error.detail::<TlsDetail>() {
            Some(detail) if detail.fault == TlsFault::ClientCertificate => {
                Ok(Self { protocol, suite, alpn: None, refusal: Some(error.message().to_owned()) })
            }
            _ => Err(error),
        }
    }
}

async fn goodbye<S>(cx: &Cx, stream: &mut TlsStream<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let goodbye = async {
        stream.shutdown().await.map_err(|error| Error::io("tls.close", error).with_outcome(Outcome::NotSent))
    };
    // The answer is complete; a server that has hung up already changes nothing.
    let _ = cx.with_timeout(GOODBYE_LIMIT).run("tls.close", goodbye).await;
}

fn verdict(
    shown: Option<Shown>,
    warnings: &mut Diagnostics,
) -> (Vec<CertificateInfo>, Option<(TlsFault, String)>) {
    let Some(shown) = shown else {
        return (Vec::new(), None);
    };
    let mut chain = Vec::new();
    for (index, der) in shown.chain.iter().enumerate() {
        match CertificateInfo::from_der(der) {
            Ok(certificate) => chain.push(certificate),
            Err(error) => {
                let message = format!("certificate {} of the chain: {}", index + 1, error.message());
                warnings.push(Diagnostic::warning("certificate-unreadable", message));
            }
        }
    }
    let fault = match shown.verdict {
        Ok(()) => None,
        Err(rustls::Error::InvalidCertificate(certificate)) => Some(fault::of_certificate(&certificate)),
        Err(_) => Some((TlsFault::BadCertificate, "the certificate cannot be verified".to_owned())),
    };
    (chain, fault)
}

fn protocol_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        other => format!("TLS {:#06x}", u16::from(other)),
    }
}

/// rustls calls those of TLS 1.3 `TLS13_…`, the registry of IANA `TLS_…`.
fn suite_name(suite: CipherSuite) -> String {
    match suite.as_str() {
        Some(name) => name.replacen("TLS13_", "TLS_", 1),
        None => format!("{:#06x}", u16::from(suite)),
    }
}
