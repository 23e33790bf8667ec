//! `fleet db listener`

use crate::cli::examples;
use crate::config::{Config, Layer, Sourced, TlsLayer};
use crate::exit::Exit;
use crate::input::duration;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::units;
use purlin::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// Show whether an Oracle listener is up and knows a database, without logging in
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("db listener db1.lon", "is the listener there, on port 1521"),
    ("db listener db1.lon:1522 --service map --timeout 2s", "and does it know this service"),
    ("db listener db1.lon:2484 --sid map --tls --ca corp-ca.pem", "over TLS (tcps)"),
    ("db listener db1.lon --service map --json | jq '.answer, .code'", "for a program"),
]))]
pub(crate) struct Listener {
    /// The listener; without a port, 1521, or 2484 with --tls
    // As a text: clap would quote a password that somebody has put into it.
    #[arg(value_name = "HOST:PORT")]
    endpoint: String,
    /// Ask for this service; without a name the listener itself is asked, as tnsping does
    #[arg(long, value_name = "NAME", conflicts_with = "sid")]
    service: Option<String>,
    /// Ask for this system identifier
    #[arg(long, value_name = "NAME")]
    sid: Option<String>,
    /// How long it may take in all, with a unit: 500ms, 5s [default: the setting `timeout`]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
    /// Speak TLS (tcps)
    #[arg(long)]
    tls: bool,
    /// The name the certificate must be for, if it is not the host's
    #[arg(long, value_name = "NAME", requires = "tls")]
    server_name: Option<String>,
    /// Trust the authorities in this file as well as the system's (can be repeated)
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca: Vec<PathBuf>,
    /// Trust the authorities in this file and no others (can be repeated)
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_only: Vec<PathBuf>,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// What an Oracle listener answers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListenerAnswer {
    /// up, no_listener, no_such_service, no_such_sid, full, restricted, refused, not_oracle, encryption_required,
    /// redirected, closed or silent.
    answer: &'static str,
    /// The number of the ORA error with which it refuses; null where it gives none.
    code: Option<u32>,
    /// The answer in words.
    message: String,
    /// How far it came where it was silent or closed the connection: resolve, connect, tls or reply; else null.
    stage: Option<&'static str>,
    /// Where it was asked.
    endpoint: String,
    /// Where the answer came from, which is elsewhere where the listener sent on.
    answered_by: String,
    /// How often it sent on.
    redirects: usize,
    /// The version of the protocol that it accepted: 319 for 23ai, 318 from 19c on, 315 for 12c; null where it does not say.
    protocol: Option<u16>,
    /// The listener's release, which it says where it refuses or is asked for no database; else null.
    release: Option<String>,
    /// How long it took, in milliseconds.
    elapsed_ms: f64,
}

impl Answer for ListenerAnswer {
    const NAME: &'static str = "db-listener";

    fn page(&self, page: &mut Page) {
        page.heading(&self.endpoint);
        page.field("answer", self.answer);
        page.field("message", &self.message);
        if self.redirects > 0 {
            page.field("answered by", &self.answered_by);
        }
        if let Some(protocol) = self.protocol {
            page.field("protocol", &protocol.to_string());
        }
        if let Some(release) = &self.release {
            page.field("release", release);
        }
        page.field("time", &units::duration::approximate(Duration::from_secs_f64(self.elapsed_ms / 1e3)));
    }
}

impl Listener {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        let some = |paths: &Vec<PathBuf>| Some(paths.clone()).filter(|paths| !paths.is_empty());
        Layer {
            timeout: Sourced::flag(self.timeout, "--timeout"),
            tls: TlsLayer {
                ca: Sourced::flag(some(&self.ca), "--ca"),
                ca_only: Sourced::flag(some(&self.ca_only), "--ca-only"),
                server_name: Sourced::flag(self.server_name.clone(), "--server-name"),
                ..TlsLayer::default()
            },
            ..Layer::default()
        }
    }

    #[cfg(not(feature = "oracle"))]
    pub(super) fn run(&self, _: &Ui, _: &Config, _: &Runtime) -> Result<Exit> {
        Err(Error::new(purlin::ErrorKind::Invalid, "built without feature \"oracle\"")
            .with_operation("db.listener"))
    }
}

#[cfg(feature = "oracle")]
mod ask {
    use super::{Config, Error, Exit, Listener, ListenerAnswer, Result, Runtime, Ui};
    use purlin::core::{Diagnostic, Diagnostics};
    use purlin::db::oracle::{DatabaseName, ListenerAnswer as Said, ListenerProbe, ListenerReport};
    use purlin::{Endpoint, ErrorKind};

    const PORT: u16 = 1521;
    const TLS_PORT: u16 = 2484;

    impl Listener {
        pub(crate) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
            let endpoint = self.endpoint()?;
            let mut probe = ListenerProbe::new(endpoint.clone());
            if let Some(name) = self.name()? {
                probe = probe.name(name);
            }
            if self.tls {
                probe = probe.tls(config.tls());
            }
            let limit = config.timeout.value;
            let report = runtime.block_on(|cx| async move { probe.ask(&cx.with_timeout(limit)).await })?;
            let exit = ui.answer(&answer(&endpoint, &report), verdict(report.answer));
            if report.answer != Said::Up {
                let code = report.answer.as_str().replace('_', "-");
                let message = format!("{}: {}", report.endpoint, report.message);
                let told = Diagnostic::error(code, message);
                let told = match way_out(report.answer) {
                    Some(help) => told.help(help),
                    None => told,
                };
                ui.verdict(kind(report.answer), &told);
            }
            Ok(exit)
        }

        fn endpoint(&self) -> Result<Endpoint> {
            let usual = if self.tls { TLS_PORT } else { PORT };
            Endpoint::parse(&self.endpoint, Some(usual)).map_err(|error| {
                let help = format!("write it as db1.lon or db1.lon:{usual}");
                usage(error, "HOST:PORT", &help)
            })
        }

        fn name(&self) -> Result<Option<DatabaseName>> {
            let (name, flag) = match (&self.service, &self.sid) {
                (Some(service), _) => (DatabaseName::service(service), "--service"),
                (None, Some(sid)) => (DatabaseName::sid(sid), "--sid"),
                (None, None) => return Ok(None),
            };
            name.map(Some)
                .map_err(|error| usage(error, flag, "write the name alone, such as map.example.org"))
        }
    }

    fn usage(error: Error, what: &str, help: &str) -> Error {
        let fault = Diagnostic::error("usage", format!("{what}: {}", error.message())).help(help.to_owned());
        error.with_detail(Diagnostics::from_iter([fault]))
    }

    fn answer(endpoint: &Endpoint, report: &ListenerReport) -> ListenerAnswer {
        ListenerAnswer {
            answer: report.answer.as_str(),
            code: report.code,
            message: report.message.clone(),
            stage: report.answer.stage().map(|stage| stage.as_str()),
            endpoint: endpoint.to_string(),
            answered_by: report.endpoint.to_string(),
            redirects: report.redirects,
            protocol: report.protocol,
            release: report.release.clone(),
            elapsed_ms: (report.elapsed.as_secs_f64() * 1e6).round() / 1e3,
        }
    }

    fn verdict(answer: Said) -> Exit {
        match answer {
            Said::Up => Exit::Fine,
            Said::NoListener | Said::Silent(_) => Exit::Unreachable,
            _ => Exit::No,
        }
    }

    fn kind(answer: Said) -> ErrorKind {
        match answer {
            Said::NoListener => ErrorKind::Refused,
            Said::Silent(_) => ErrorKind::Timeout,
            Said::NotOracle => ErrorKind::Protocol,
            Said::NoSuchService | Said::NoSuchSid => ErrorKind::NotFound,
            Said::EncryptionRequired => ErrorKind::Unsupported,
            _ => ErrorKind::Unavailable,
        }
    }

    fn way_out(answer: Said) -> Option<&'static str> {
        match answer {
            Said::NoListener => {
                Some("see whether host and port are right, and whether the listener runs: lsnrctl status")
            }
            Said::NoSuchService => Some(
                "`lsnrctl services` lists what it knows; a database that has just started is known after a minute",
            ),
            Said::NoSuchSid => Some("a pluggable database is asked for by --service"),
            Said::Full => Some("processes and sessions of the instance are used up"),
            Said::Closed(_) => {
                Some("a listener closes the connections of machines that TCP.INVITED_NODES does not name")
            }
            Said::EncryptionRequired => Some(
                "SQLNET.ENCRYPTION_SERVER=REQUIRED: use TLS (tcps) in its place, or a client library of Oracle's",
            ),
            _ => None,
        }
    }
}
