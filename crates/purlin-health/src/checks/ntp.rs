//! How far a time server's clock is from this machine's.

mod packet;
#[cfg(target_os = "linux")]
mod target;

use super::{failed, limited, udp};
use crate::{Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Phases, Range};
use crate::{Status, Unit};
use async_trait::async_trait;
use packet::{Answer, Question};
use purlin_core::{Cx, Endpoint, Result};
use std::time::Duration;

/// How far a time server's clock and this machine's are apart, asked once by SNTP (RFC 4330, RFC 5905).
///
/// Kind `ntp`. Measures `offset`, in seconds, above zero where the server is ahead; `delay`, in seconds, of the way there
/// and back, half of which is the uncertainty of the offset; and `stratum`. A server that says itself that it is not
/// synchronized, or that sends a kiss of death, is a failure. One datagram is sent and none repeated. Default limit: 10 s,
/// where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Ntp;
/// use purlin_health::{Check, CheckOutcome};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let check = Ntp::to("127.0.0.1:1")?.warn_beyond(Duration::from_millis(100));
/// assert!(matches!(check.run(&Cx::background()).await, CheckOutcome::Failed(_)));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ntp {
    endpoint: Endpoint,
    warn: Option<Duration>,
    critical: Option<Duration>,
}

impl Ntp {
    /// Checks this server; port 123 unless it says another.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the text is no endpoint.
    pub fn to(endpoint: &str) -> Result<Self> {
        Ok(Self { endpoint: Endpoint::parse(endpoint, Some(123))?, warn: None, critical: None })
    }

    /// Sets beyond which offset, either way, a warning begins. Default: none.
    #[must_use]
    pub fn warn_beyond(mut self, offset: Duration) -> Self {
        self.warn = Some(offset);
        self
    }

    /// Sets beyond which offset, either way, it is critical. Default: none.
    #[must_use]
    pub fn critical_beyond(mut self, offset: Duration) -> Self {
        self.critical = Some(offset);
        self
    }

    async fn ask(&self, cx: &Cx, phases: &mut Phases) -> std::result::Result<Answer, udp::Broken> {
        let server = udp::resolve(cx, &self.endpoint, phases).await?;
        let (sent, wall) = (cx.now(), cx.clock().timestamp());
        let question = Question::new();
        let read = |bytes: &[u8]| {
            // By the clock that does not jump.
            let back = wall.saturating_add(cx.now().since(sent));
            question.answer(bytes, wall, back)
        };
        udp::ask(cx, server, &question.bytes(), phases, read).await
    }

    fn read(&self, answer: &Answer, phases: Phases) -> CheckOutcome {
        if let Some((what, message)) = answer.fault() {
            let cause = Cause::Assertion(what.to_owned());
            return CheckOutcome::Failed(Failure::new(Phase::FirstByte, cause, message).phases(phases));
        }
        let either_way = |offset: Duration| Range::between(-offset.as_secs_f64(), offset.as_secs_f64()).ok();
        let mut offset = Measurement::new("offset", answer.offset, Unit::Seconds);
        offset.warning = self.warn.and_then(either_way);
        offset.critical = self.critical.and_then(either_way);
        let line = format!("{} is {:+.6} s away, stratum {}", self.endpoint, answer.offset, answer.stratum);
        let delay = Measurement::new("delay", answer.delay, Unit::Seconds);
        let stratum = Measurement::new("stratum", f64::from(answer.stratum), Unit::None);
        let evidence = Evidence::new(Status::Ok, line).measured(offset).measured(delay).measured(stratum);
        CheckOutcome::Answered(evidence.phases(phases))
    }
}

#[async_trait]
impl Check for Ntp {
    fn kind(&self) -> CheckKind {
        CheckKind::from("ntp")
    }

    fn target(&self) -> Option<&str> {
        self.endpoint.host()
    }

    #[cfg(target_os = "linux")]
    fn on_target(&self) -> Option<&dyn crate::OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let mut phases = Phases::default();
        match self.ask(&limited(cx), &mut phases).await {
            Ok(answer) => self.read(&answer, phases),
            Err((phase, error)) => failed(phase, error, phases),
        }
    }
}
