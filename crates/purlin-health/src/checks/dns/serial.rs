//! Whether all servers of a zone have the same version of it.

use super::super::{failed, limited};
use super::ask::{Question, ask};
use crate::Unit;
use crate::{Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Status};
use async_trait::async_trait;
use hickory_proto::rr::RecordType;
use purlin_core::{Cx, Endpoint, Result};

/// Whether the servers of a zone all have the same version of it (feature `dns`): each is asked for the zone's SOA record,
/// must answer for itself, and have the same serial number as the others.
///
/// Kind `dns-serial`. Measures `serial`, and `servers`, how many agree on it. The first server that does not answer, or not
/// with authority, is the failure that is told; servers that disagree are each named with what they have. Servers that take
/// a zone over from another one lag for a moment after each change: let the cadence wait for longer than that. Default
/// limit: 10 s for all, where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::DnsSerial;
/// use purlin_health::{Check, CheckOutcome};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let check = DnsSerial::of("example.org")?.server("127.0.0.1:1")?.server("127.0.0.2:1")?;
/// assert!(matches!(check.run(&Cx::background()).await, CheckOutcome::Failed(_)));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DnsSerial {
    question: Question,
    servers: Vec<Endpoint>,
}

impl DnsSerial {
    /// Checks this zone.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where it is no name.
    pub fn of(zone: &str) -> Result<Self> {
        Ok(Self { question: Question::new(zone, RecordType::SOA)?, servers: Vec::new() })
    }

    /// Adds a server, port 53 unless it says another.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where it is no endpoint.
    pub fn server(mut self, server: &str) -> Result<Self> {
        self.servers.push(Endpoint::parse(server, Some(53))?);
        Ok(self)
    }

    /// What a server has, or how it fails.
    async fn serial(
        &self,
        cx: &Cx,
        server: &Endpoint,
        phases: &mut Phases,
    ) -> std::result::Result<u32, CheckOutcome> {
        *phases = Phases::default();
        let reply = match ask(cx, server, &self.question, phases).await {
            Ok(reply) => reply,
            Err((phase, error)) => return Err(failed(phase, error.or_endpoint(server), phases.clone())),
        };
        let fault = reply.fault();
        let fault = fault.or_else(|| {
            let borrowed = !reply.is_authoritative;
            borrowed.then(|| ("authoritative".to_owned(), "the answer is not authoritative".to_owned()))
        });
        match (fault, reply.serial) {
            (None, Some(serial)) => Ok(serial),
            (fault, _) => {
                let (what, message) = fault.unwrap_or_default();
                Err(broken(&what, format!("{server}: {message}"), phases.clone()))
            }
        }
    }
}

fn broken(what: &str, message: String, phases: Phases) -> CheckOutcome {
    let failure = Failure::new(Phase::FirstByte, Cause::Assertion(what.to_owned()), message);
    CheckOutcome::Failed(failure.phases(phases))
}

#[async_trait]
impl Check for DnsSerial {
    fn kind(&self) -> CheckKind {
        CheckKind::from("dns-serial")
    }

    fn target(&self) -> Option<&str> {
        self.servers.first().and_then(Endpoint::host)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = &limited(cx);
        let mut phases = Phases::default();
        let mut seen = Vec::with_capacity(self.servers.len());
        for server in &self.servers {
            match self.serial(cx, server, &mut phases).await {
                Ok(serial) => seen.push((server, serial)),
                Err(outcome) => return outcome,
            }
        }
        let Some((_, serial)) = seen.first() else {
            let message = "there is no server to ask";
            let error = purlin_core::Error::new(purlin_core::ErrorKind::Invalid, message);
            return CheckOutcome::Prober(error.with_operation("check.dns"));
        };
        if seen.iter().any(|(_, other)| other != serial) {
            let said = seen.iter().map(|(server, serial)| format!("{server} has {serial}"));
            return broken("serial", said.collect::<Vec<_>>().join(", "), phases);
        }
        let line = format!("{} servers have {serial}", seen.len());
        #[expect(clippy::cast_precision_loss, reason = "a zone has a handful of servers")]
        let servers = Measurement::new("servers", seen.len() as f64, Unit::None);
        let serial = Measurement::new("serial", f64::from(*serial), Unit::None);
        CheckOutcome::Answered(
            Evidence::new(Status::Ok, line).measured(serial).measured(servers).phases(phases),
        )
    }
}
