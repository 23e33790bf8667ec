//! What `fleet tls` found out.

use crate::output::{self, Answer, Page};
use purlin::core::{Timestamp, units};
use purlin::tls::{CertificateInfo, Inspection, Phases};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What a server shows, and what is wrong with it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TlsAnswer {
    /// Where it was looked.
    endpoint: String,
    /// The address that answered, with its port.
    address: String,
    /// The name that the certificate must be for.
    server_name: String,
    /// The protocol version agreed on.
    protocol: String,
    /// The cipher suite agreed on, by its IANA name.
    cipher_suite: String,
    /// The application protocol agreed on; null where there is none.
    alpn: Option<String>,
    /// The certificates as the server sent them, its own first.
    chain: Vec<Certificate>,
    /// What is wrong; null when the certificates are good and the server accepts us.
    fault: Option<Fault>,
    /// How long the parts took, in milliseconds.
    phases_ms: PhasesMs,
}

/// A certificate.
#[derive(Debug, Serialize, JsonSchema)]
struct Certificate {
    /// Whom it is for.
    subject: String,
    /// Who signed it.
    issuer: String,
    /// The DNS names and addresses it is for.
    names: Vec<String>,
    /// The serial number, in hexadecimal.
    serial: String,
    /// From when it is valid.
    #[schemars(with = "String", extend("format" = "date-time"))]
    not_before: Timestamp,
    /// Until when it is valid.
    #[schemars(with = "String", extend("format" = "date-time"))]
    not_after: Timestamp,
    /// Whole days until then: 0 on the last day, below 0 when it has passed.
    days_left: i64,
    /// Whether it may sign others.
    is_ca: bool,
    /// Kind and size of its key.
    key: String,
    /// How it was signed.
    signature: String,
    /// The SHA-256 of the whole certificate, in hexadecimal.
    sha256: String,
}

/// What is wrong.
#[derive(Debug, Serialize, JsonSchema)]
struct Fault {
    /// Its stable name: expired, not-yet-valid, wrong-name, unknown-issuer, bad-certificate or client-certificate.
    code: &'static str,
    /// The same in words.
    message: String,
}

/// How long the parts took, in milliseconds.
#[derive(Debug, Serialize, JsonSchema)]
struct PhasesMs {
    /// From the name to addresses.
    resolve: f64,
    /// To a TCP connection.
    connect: f64,
    /// To a TLS channel.
    handshake: f64,
}

impl TlsAnswer {
    pub(super) fn new(inspection: &Inspection) -> Self {
        let now = output::now();
        let message = inspection.fault_message.clone().unwrap_or_default();
        Self {
            endpoint: inspection.endpoint.to_string(),
            address: inspection.address.map_or_else(String::new, |address| address.to_string()),
            server_name: inspection.server_name.clone(),
            protocol: inspection.protocol.clone(),
            cipher_suite: inspection.cipher_suite.clone(),
            alpn: inspection.alpn.clone(),
            chain: inspection.chain.iter().map(|certificate| Certificate::new(certificate, now)).collect(),
            fault: inspection.fault.map(|fault| Fault { code: fault.code(), message }),
            phases_ms: PhasesMs::new(inspection.phases),
        }
    }
}

impl Certificate {
    fn new(certificate: &CertificateInfo, now: Timestamp) -> Self {
        let known = certificate.clone();
        Self {
            days_left: certificate.days_left(now),
            subject: known.subject,
            issuer: known.issuer,
            names: known.names,
            serial: known.serial,
            not_before: known.not_before,
            not_after: known.not_after,
            is_ca: known.is_ca,
            key: known.key,
            signature: known.signature,
            sha256: known.sha256,
        }
    }

    fn page(&self, page: &mut Page) {
        let left = match self.days_left {
            ..=-1 => format!("ended {} ago", count(-self.days_left)),
            days => format!("{} left", count(days)),
        };
        let role = if self.is_ca { " (an authority)" } else { "" };
        page.field("subject", &format!("{}{role}", self.subject));
        page.field("issuer", &self.issuer);
        let names = self.names.join(", ");
        page.field("names", if names.is_empty() { "-" } else { &names });
        page.field("valid from", &output::local(self.not_before));
        page.field("valid to", &format!("{} ({left})", output::local(self.not_after)));
        page.field("key", &format!("{}, signed with {}", self.key, self.signature));
        page.field("serial", &self.serial);
        page.field("sha256", &self.sha256);
    }
}

fn count(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

impl PhasesMs {
    fn new(phases: Phases) -> Self {
        // Microseconds are as fine as anybody can use.
        let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        Self {
            resolve: ms(phases.resolve.unwrap_or_default()),
            connect: ms(phases.connect.unwrap_or_default()),
            handshake: ms(phases.handshake),
        }
    }

    fn text(&self) -> String {
        let time = |ms: f64| units::duration::approximate(Duration::from_secs_f64(ms / 1e3));
        format!(
            "resolve {}, connect {}, handshake {}",
            time(self.resolve),
            time(self.connect),
            time(self.handshake)
        )
    }
}

impl Answer for TlsAnswer {
    const NAME: &'static str = "tls";

    fn page(&self, page: &mut Page) {
        page.heading(&self.endpoint);
        page.field("address", &self.address);
        page.field("server name", &self.server_name);
        page.field("protocol", &format!("{}, {}", self.protocol, self.cipher_suite));
        if let Some(alpn) = &self.alpn {
            page.field("application", alpn);
        }
        page.field("times", &self.phases_ms.text());
        let count = self.chain.len();
        for (index, certificate) in self.chain.iter().enumerate() {
            page.heading(&format!("certificate {} of {count}", index + 1));
            certificate.page(page);
        }
    }
}
