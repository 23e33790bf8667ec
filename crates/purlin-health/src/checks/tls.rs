//! What certificates a server shows.

use super::{failed, limited};
use crate::{Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Range};
use crate::{Status, Unit};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, Result, TlsSettings};
use purlin_tls::{Inspection, TlsClient, TlsFault};
use std::time::Duration;
use tokio::sync::OnceCell;

const DAY: u64 = 86_400;

/// Whether a server's certificates are good, and for how long yet (feature `tls`).
///
/// Kind `tls`. Measures `days`, until the first certificate of the chain that the server shows ends, in whole days
/// rounded down; and `time`, in seconds, from the name to the end of the handshake. A chain that is not acceptable, such
/// as one that is expired, for other names, or not signed by anybody who is trusted, is a failure in the phase tls with
/// the code of [`TlsFault`]. A server that wants a client certificate has shown its own by then, so where none is set this
/// is no fault. Default limit: 10 s, where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Tls;
/// use purlin_health::{Cause, Check, CheckOutcome};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let check = Tls::to("127.0.0.1:1")?.warn_before(Duration::from_secs(30 * 86_400));
/// let outcome = check.run(&Cx::background()).await;
/// assert!(matches!(outcome, CheckOutcome::Failed(failure) if failure.cause == Cause::Refused));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Tls {
    endpoint: Endpoint,
    settings: TlsSettings,
    warn: Duration,
    critical: Duration,
    issuer: Option<String>,
    client: OnceCell<TlsClient>,
}

impl Tls {
    /// Checks this endpoint, such as `www.example.org:443`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the text is no endpoint with a port.
    pub fn to(endpoint: &str) -> Result<Self> {
        Ok(Self::at(Endpoint::parse(endpoint, None)?))
    }

    /// Checks this endpoint.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            settings: TlsSettings::new(),
            warn: Duration::from_secs(21 * DAY),
            critical: Duration::from_secs(7 * DAY),
            issuer: None,
            client: OnceCell::new(),
        }
    }

    /// Sets what is trusted and shown, and for which name the certificate must be.
    #[must_use]
    pub fn tls(mut self, settings: TlsSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets how long before the end a warning begins, in whole days. Default: 21 days.
    #[must_use]
    pub fn warn_before(mut self, time: Duration) -> Self {
        self.warn = time;
        self
    }

    /// Sets how long before the end it is critical, in whole days. Default: 7 days.
    #[must_use]
    pub fn critical_before(mut self, time: Duration) -> Self {
        self.critical = time;
        self
    }

    /// Wants this text in the issuer of the server's own certificate, such as `CN=Example CA`.
    #[must_use]
    pub fn expect_issuer(mut self, text: impl Into<String>) -> Self {
        self.issuer = Some(text.into());
        self
    }

    /// What the certificates that were seen come to.
    fn judge(&self, cx: &Cx, seen: &Inspection) -> CheckOutcome {
        let phases = phases(seen);
        let time: Duration = phases.iter().map(|(_, took)| took).sum();
        let time = Measurement::new("time", time.as_secs_f64(), Unit::Seconds);
        let mut measurements = vec![time];
        let now = cx.clock().timestamp();
        let first = seen.chain.iter().min_by_key(|certificate| certificate.not_after);
        if let Some(first) = first {
            #[expect(clippy::cast_precision_loss, reason = "days are far below 2^52")]
            let days = Measurement::new("days", first.days_left(now) as f64, Unit::None);
            measurements.push(days.warning(at_least(self.warn)).critical(at_least(self.critical)));
        }
        let fail = |cause, message: String, measurements| {
            let mut failure = Failure::new(Phase::Tls, cause, message).phases(phases.clone());
            failure.measurements = measurements;
            CheckOutcome::Failed(failure)
        };
        if let Some(fault) = seen.fault.filter(|fault| self.minds(*fault)) {
            let message = seen.fault_message.clone().unwrap_or_else(|| fault.code().to_owned());
            return fail(Cause::Tls(fault.code().to_owned()), message, measurements);
        }
        let (Some(own), Some(first)) = (seen.chain.first(), first) else {
            let message = "it shows no certificate that can be read".to_owned();
            return fail(Cause::Tls(TlsFault::BadCertificate.code().to_owned()), message, measurements);
        };
        if let Some(wanted) = self.issuer.as_ref().filter(|wanted| !own.issuer.contains(*wanted)) {
            let message = format!("issued by {}, expected {wanted}", own.issuer);
            return fail(Cause::Assertion("issuer".to_owned()), message, measurements);
        }
        let whose = if first == own { String::new() } else { format!(" of {}", first.subject) };
        let left = first.days_left(now);
        let line = format!("{} by {}: {left} days left{whose}", seen.server_name, own.issuer);
        let mut evidence = Evidence::new(Status::Ok, line).phases(phases);
        evidence.measurements = measurements;
        CheckOutcome::Answered(evidence)
    }

    /// A server that asks for what was never promised to it has shown its certificate all the same.
    fn minds(&self, fault: TlsFault) -> bool {
        fault != TlsFault::ClientCertificate || self.settings.client_certificate.is_some()
    }
}

/// An alarm below so many whole days.
fn at_least(time: Duration) -> Range {
    #[expect(clippy::cast_precision_loss, reason = "days are far below 2^52")]
    let days = (time.as_secs() / DAY) as f64;
    Range::at_least(days)
}

fn phases(seen: &Inspection) -> Phases {
    let mut phases = Phases::default();
    let took = [(Phase::Resolve, seen.phases.resolve), (Phase::Connect, seen.phases.connect)];
    for (phase, took) in took.into_iter().chain([(Phase::Tls, Some(seen.phases.handshake))]) {
        if let Some(took) = took {
            phases.push(phase, took);
        }
    }
    phases
}

/// The step that an error of purlin-tls comes from.
fn phase(error: &Error) -> Phase {
    match error.operation() {
        Some("dns.resolve") => Phase::Resolve,
        Some("tcp.connect") => Phase::Connect,
        _ => Phase::Tls,
    }
}

#[async_trait]
impl Check for Tls {
    fn kind(&self) -> CheckKind {
        CheckKind::from("tls")
    }

    fn target(&self) -> Option<&str> {
        self.endpoint.host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = &limited(cx);
        let client = match self.client.get_or_try_init(|| TlsClient::load(cx, &self.settings)).await {
            Ok(client) => client,
            Err(error) => return CheckOutcome::Prober(error),
        };
        let begun = cx.now();
        match client.inspect(cx, &self.endpoint).await {
            Ok(seen) => self.judge(cx, &seen),
            Err(error) => {
                let mut phases = Phases::default();
                phases.push(phase(&error), cx.now().since(begun));
                failed(phase(&error), error, phases)
            }
        }
    }
}
