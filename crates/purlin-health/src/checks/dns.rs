//! What name servers answer.

mod ask;
mod serial;

use super::{failed, limited};
use crate::Unit;
use crate::{Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status};
use ask::{Question, Reply};
use async_trait::async_trait;
use hickory_proto::rr::RecordType;
use purlin_core::{Cx, Endpoint, Result};

pub use serial::DnsSerial;

/// A sort of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DnsRecord {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name for it.
    Cname,
    /// Who takes its mail: `10 mail.example.org`.
    Mx,
    /// Its name servers.
    Ns,
    /// The name of an address: `80.2.0.192.in-addr.arpa`.
    Ptr,
    /// The head of a zone.
    Soa,
    /// Where a service is: `0 5 389 ldap.example.org`.
    Srv,
    /// Text.
    Txt,
}

impl DnsRecord {
    fn kind(self) -> RecordType {
        match self {
            Self::A => RecordType::A,
            Self::Aaaa => RecordType::AAAA,
            Self::Cname => RecordType::CNAME,
            Self::Mx => RecordType::MX,
            Self::Ns => RecordType::NS,
            Self::Ptr => RecordType::PTR,
            Self::Soa => RecordType::SOA,
            Self::Srv => RecordType::SRV,
            Self::Txt => RecordType::TXT,
        }
    }
}

/// Whether a name server answers, and what it should (feature `dns`). Over UDP, and over TCP where the answer does not fit
/// (RFC 7766).
///
/// Kind `dns`. Measures `time`, in seconds, from the question to the answer, and `records`, how many it holds. The server
/// is asked itself, not the system's resolver; it may answer from its cache unless [`authoritative`](Self::authoritative)
/// is wanted. A code such as NXDOMAIN and an answer without a record of this sort are failures. Over UDP one question is
/// sent and none repeated: how many lost ones make an outage is for the cadence to say. Default limit: 10 s, where the
/// call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::{Dns, DnsRecord};
/// use purlin_health::{Cause, Check, CheckOutcome};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let check = Dns::ask("127.0.0.1:1", "example.org")?.record(DnsRecord::Mx).expect("10 mail.example.org");
/// let outcome = check.run(&Cx::background()).await;
/// assert!(matches!(outcome, CheckOutcome::Failed(failure) if failure.cause == Cause::Refused));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Dns {
    server: Endpoint,
    question: Question,
    expected: Vec<String>,
    is_authoritative: bool,
}

impl Dns {
    /// Asks this server, port 53 unless it says another, for the IPv4 addresses of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the one is no endpoint or the other no name.
    pub fn ask(server: &str, name: &str) -> Result<Self> {
        let server = Endpoint::parse(server, Some(53))?;
        let question = Question::new(name, RecordType::A)?;
        Ok(Self { server, question, expected: Vec::new(), is_authoritative: false })
    }

    /// Sets the sort of record. Default: [`DnsRecord::A`].
    #[must_use]
    pub fn record(mut self, record: DnsRecord) -> Self {
        self.question.kind = record.kind();
        self
    }

    /// Wants this among the answers, as [`DnsRecord`] shows it; names without a last dot, in any case. Said several times,
    /// it wants all of them.
    #[must_use]
    pub fn expect(mut self, value: impl Into<String>) -> Self {
        self.expected.push(value.into());
        self
    }

    /// Wants an answer of a server that has the zone itself.
    #[must_use]
    pub fn authoritative(mut self) -> Self {
        self.is_authoritative = true;
        self
    }

    /// Which expectation a reply breaks, and how.
    fn broken(&self, reply: &Reply) -> Option<(String, String)> {
        if let Some(fault) = reply.fault() {
            return Some(fault);
        }
        if self.is_authoritative && !reply.is_authoritative {
            return Some(("authoritative".to_owned(), "the answer is not authoritative".to_owned()));
        }
        let missing = self.expected.iter().find(|wanted| !reply.holds(wanted))?;
        Some(("answer".to_owned(), format!("{}, expected {missing}", reply.values.join(", "))))
    }
}

#[async_trait]
impl Check for Dns {
    fn kind(&self) -> CheckKind {
        CheckKind::from("dns")
    }

    fn target(&self) -> Option<&str> {
        self.server.host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let mut phases = Phases::default();
        let reply = match ask::ask(&limited(cx), &self.server, &self.question, &mut phases).await {
            Ok(reply) => reply,
            Err((phase, error)) => return failed(phase, error, phases),
        };
        if let Some((what, message)) = self.broken(&reply) {
            let failure = Failure::new(Phase::FirstByte, Cause::Assertion(what), message);
            return CheckOutcome::Failed(failure.phases(phases));
        }
        let time = phases.get(Phase::FirstByte).unwrap_or_default();
        let time = Measurement::new("time", time.as_secs_f64(), Unit::Seconds);
        #[expect(clippy::cast_precision_loss, reason = "an answer holds some thousand at most")]
        let records = Measurement::new("records", reply.values.len() as f64, Unit::None);
        let evidence = Evidence::new(Status::Ok, reply.values.join(", "));
        CheckOutcome::Answered(evidence.measured(time).measured(records).phases(phases))
    }
}
