//! What a server shows.

use crate::dial::dial;
use crate::verifier::{Record, Shown};
use crate::{CertificateInfo, TlsClient, TlsFault, fault};
use purlin_core::{Cx, Diagnostics, Endpoint, Result, TlsSettings};
use rustls::ProtocolVersion;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The whole inspection takes this long at most, unless the call ends earlier.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);
/// Saying goodbye is a courtesy.
const GOODBYE_LIMIT: Duration = Duration::from_millis(500);

/// What a server shows when hands are shaken with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// Where we were asked to go.
    pub endpoint: Endpoint,
    /// Where we went.
    pub address: SocketAddr,
    /// The name that the certificate was verified for.
    pub server_name: String,
    /// The protocol version agreed on: `TLS 1.3`.
    pub protocol: String,
    /// The cipher suite agreed on, by its IANA name.
    pub cipher_suite: String,
    /// The application protocol agreed on.
    pub alpn: Option<String>,
    /// The certificates as the server sent them, its own first. One that cannot be parsed is left out and warned of.
    pub chain: Vec<CertificateInfo>,
    /// What is wrong with the certificates; none when they are acceptable under the settings.
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
    /// From a name to addresses.
    pub resolve: Duration,
    /// To a TCP connection.
    pub connect: Duration,
    /// To a TLS channel.
    pub handshake: Duration,
}

/// Connects, shakes hands and tells what the server showed, whether or not its certificate is acceptable: an expired
/// certificate is an answer, not an error. Nothing is sent over the channel. Default limit: 10 s.
///
/// # Errors
/// `Unresolved` (operation `dns.resolve`); `Refused`, `Timeout` and others (`tcp.connect`); `Timeout`,
/// `Protocol` with [`TlsFault::NotTls`], `Tls` with [`TlsFault::Handshake`] or [`TlsFault::ClientCertificate`],
/// `Unavailable` (`tls.handshake`); those of [`TlsClient::load`] (`tls.settings`).
pub async fn inspect(cx: &Cx, endpoint: &Endpoint, settings: &TlsSettings) -> Result<Inspection> {
    let cx = cx.with_timeout(DEFAULT_LIMIT);
    let record = Arc::new(Record::default());
    let client = TlsClient::build(&cx, settings, Some(record.clone())).await?;
    let server_name = client.server_name(endpoint)?.to_str().into_owned();
    let dialled = dial(&cx, endpoint).await?;
    let begun = cx.now();
    let mut stream = client.handshake(&cx, endpoint, dialled.stream).await?;
    let phases =
        Phases { resolve: dialled.resolve, connect: dialled.connect, handshake: cx.now().since(begun) };
    let session = stream.get_ref().1;
    let protocol = session.protocol_version().map_or_else(String::new, protocol_name);
    let suite = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    let alpn = session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    let goodbye =
        async { stream.shutdown().await.map_err(|error| purlin_core::Error::io("tls.close", error)) };
    // The answer is complete; a server that has hung up already changes nothing.
    let _ = cx.with_timeout(GOODBYE_LIMIT).run("tls.close", goodbye).await;

    let mut warnings = client.warnings().clone();
    let (chain, fault, fault_message) = verdict(record.take(), &mut warnings);
    Ok(Inspection {
        endpoint: endpoint.clone(),
        address: dialled.address,
        server_name,
        protocol,
        cipher_suite: suite.unwrap_or_default(),
        alpn,
        chain,
        fault,
        fault_message,
        phases,
        warnings,
    })
}

type Verdict = (Vec<CertificateInfo>, Option<TlsFault>, Option<String>);

fn verdict(shown: Option<Shown>, warnings: &mut Diagnostics) -> Verdict {
    let Some(shown) = shown else {
        return (Vec::new(), None, None);
    };
    let mut chain = Vec::new();
    for (index, der) in shown.chain.iter().enumerate() {
        match CertificateInfo::from_der(der) {
            Ok(certificate) => chain.push(certificate),
            Err(error) => {
                let message = format!("certificate {} of the chain: {}", index + 1, error.message());
                warnings.push(purlin_core::Diagnostic::warning("certificate-unreadable", message));
            }
        }
    }
    match shown.verdict {
        Ok(()) => (chain, None, None),
        Err(rustls::Error::InvalidCertificate(certificate)) => {
            let (fault, message) = fault::of_certificate(&certificate);
            (chain, Some(fault), Some(message))
        }
        Err(other) => (chain, Some(TlsFault::BadCertificate), Some(other.to_string())),
    }
}

fn protocol_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        other => format!("{other:?}"),
    }
}
