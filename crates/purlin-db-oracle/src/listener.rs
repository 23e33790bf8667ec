//! Asking a listener, without a driver and without an account.

mod answer;
mod bridge;
mod drive;
mod machine;
#[cfg(test)]
mod tests;

pub use answer::{ListenerAnswer, ListenerReport, ListenerStage};

use crate::descriptor::{Address, Attempt, ConnectData, DatabaseName, Description, Descriptor};
use purlin_core::{Cx, Endpoint, Result, TlsSettings};
use std::time::Duration;
use tracing::Instrument as _;

/// All of it takes this long at most where the call has no deadline.
const DEFAULT_LIMIT: Duration = Duration::from_secs(10);

/// Asks a listener whether it is there and whether it knows a database.
///
/// Without a name it is asked as `tnsping` does, which costs the server nothing. With one it is asked for a connection,
/// which is given up once it is granted: the listener hands it to a process of the server, and its log will say that
/// somebody came and left. Nobody logs in.
///
/// ```
/// use purlin_core::{Cx, Endpoint};
/// use purlin_db_oracle::{DatabaseName, ListenerAnswer, ListenerProbe};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let probe = ListenerProbe::new(Endpoint::new("127.0.0.1", 1)?).name(DatabaseName::service("map")?);
/// let report = probe.ask(&Cx::background()).await?;
/// assert_eq!(report.answer, ListenerAnswer::NoListener);
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ListenerProbe {
    attempt: Attempt,
    tls: TlsSettings,
}

impl ListenerProbe {
    /// Asks there, without TLS, for no database.
    pub fn new(endpoint: Endpoint) -> Self {
        let description = Description::new([], ConnectData::default());
        let attempt = Attempt::new(&description, &Address::tcp(endpoint));
        Self { attempt, tls: TlsSettings::new() }
    }

    /// Asks what an attempt to connect would ask. The settings, and what its wallet adds to them, count where TLS is
    /// spoken.
    pub fn of(attempt: Attempt, tls: TlsSettings) -> Self {
        Self { attempt, tls }
    }

    /// Asks for that database.
    pub fn name(mut self, name: DatabaseName) -> Self {
        self.attempt.connect_data.name = Some(name);
        self
    }

    /// Speaks TLS with these settings (`tcps`).
    pub fn tls(mut self, tls: TlsSettings) -> Self {
        self.attempt.address.tls = true;
        self.tls = tls;
        self
    }

    /// Asks, and follows where the listener sends on to, five times at most. Default limit from the name to the answer:
    /// 10 s, where the call has no deadline. That the time is over is an answer: see [`ListenerAnswer::Silent`].
    ///
    /// # Errors
    /// What is no answer of a listener: [`ErrorKind::Unresolved`](purlin_core::ErrorKind::Unresolved) for a name without an
    /// address; those of [`Security::tls`](crate::Security::tls) and [`TlsClient`](purlin_tls::TlsClient), but for silence and for a listener that hangs up; [`ErrorKind::Tls`](purlin_core::ErrorKind::Tls)
    /// where the listener sends a client with TLS to an address without;
    /// [`ErrorKind::Cancelled`](purlin_core::ErrorKind::Cancelled).
    pub async fn ask(&self, cx: &Cx) -> Result<ListenerReport> {
        let endpoint = &self.attempt.address.endpoint;
        let span = tracing::debug_span!(
            "purlin.oracle.listener",
            server.address = endpoint.host(),
            server.port = endpoint.port(),
        );
        let cx = match cx.deadline() {
            Some(_) => cx.clone(),
            None => cx.with_timeout(DEFAULT_LIMIT),
        };
        drive::run(&self.attempt, &cx, &self.tls).instrument(span).await
    }
}

impl Descriptor {
    /// A probe of each address, in the order of [`attempts`](Self::attempts).
    pub fn probes(&self, seed: u64, tls: &TlsSettings) -> Vec<ListenerProbe> {
        let attempts = self.attempts(seed).into_iter();
        attempts.map(|attempt| ListenerProbe::of(attempt, tls.clone())).collect()
    }
}
