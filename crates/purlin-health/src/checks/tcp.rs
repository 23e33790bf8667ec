//! Whether a port answers.

use super::failed;
use crate::{Check, CheckKind, CheckOutcome, Evidence, Measurement, Phase, Phases, Status, Unit};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Result, net};

/// Whether somebody listens on a TCP port: connects and hangs up.
///
/// Kind `tcp`. Measures `time`, in seconds, from the name to the connection. A name with several addresses is up when
/// one of them answers.
///
/// The connection is ended by a reset (`SO_LINGER` of zero), so that frequent probes do not fill this machine's table
/// with connections that wait for their end (`TIME_WAIT`); a server that logs resets wants
/// [`polite`](Self::polite).
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Tcp;
/// use purlin_health::{Cause, Check, CheckOutcome};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let outcome = Tcp::to("127.0.0.1:1")?.run(&Cx::background()).await;
/// assert!(matches!(outcome, CheckOutcome::Failed(failure) if failure.cause == Cause::Refused));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tcp {
    endpoint: Endpoint,
    is_polite: bool,
}

impl Tcp {
    /// Checks this endpoint, such as `db1.lon:3306`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the text is no endpoint with a port.
    pub fn to(endpoint: &str) -> Result<Self> {
        Ok(Self::at(Endpoint::parse(endpoint, None)?))
    }

    /// Checks this endpoint.
    pub const fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, is_polite: false }
    }

    /// Ends the connection in the usual way instead of by a reset.
    #[must_use]
    pub fn polite(mut self) -> Self {
        self.is_polite = true;
        self
    }
}

#[async_trait]
impl Check for Tcp {
    fn kind(&self) -> CheckKind {
        CheckKind::from("tcp")
    }

    fn target(&self) -> Option<&str> {
        self.endpoint.host()
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let mut phases = Phases::default();
        match net::dial(cx, &self.endpoint).await {
            Ok(dialled) => {
                phases.push(Phase::Resolve, dialled.resolve);
                phases.push(Phase::Connect, dialled.connect);
                if !self.is_polite {
                    // Without it the connection ends in the usual way, which is no fault of the target.
                    let _ = dialled.stream.set_zero_linger();
                }
                let time = dialled.resolve + dialled.connect;
                let line = format!("{} answers at {}", self.endpoint, dialled.address.ip());
                let measured = Measurement::new("time", time.as_secs_f64(), Unit::Seconds);
                CheckOutcome::Answered(Evidence::new(Status::Ok, line).measured(measured).phases(phases))
            }
            Err(error) => {
                let phase = match error.operation() {
                    Some("dns.resolve") => Phase::Resolve,
                    _ => Phase::Connect,
                };
                phases.push(phase, cx.now().since(begun));
                failed(phase, error, phases)
            }
        }
    }
}
