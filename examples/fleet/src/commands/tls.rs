//! `fleet tls`

mod answer;

pub(crate) use answer::TlsAnswer;

use crate::cli::examples;
use crate::config::{Config, Layer, Sourced, TlsLayer};
use crate::exit::Exit;
use crate::input::duration;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics};
use purlin::tls::{TlsClient, TlsFault};
use purlin::{Endpoint, ErrorKind, Result};
use std::path::PathBuf;
use std::time::Duration;

/// The port of HTTPS.
const PORT: u16 = 443;

/// Show a server's certificates, and whether they are good
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("tls www.example.org", "port 443"),
    ("tls db1.lon:3307 --ca-only corp-ca.pem", "trust this authority alone"),
    ("tls 10.0.0.7 --server-name www.example.org", "ask one machine behind a name"),
    ("tls www.example.org --json | jq '.chain[0].days_left'", "how long it is still valid"),
]))]
pub(crate) struct Tls {
    /// The server; without a port, 443
    // As a text: clap would quote a password that somebody has put into it.
    #[arg(value_name = "HOST:PORT")]
    endpoint: String,
    /// How long it may take in all, with a unit: 500ms, 5s [default: the setting `timeout`]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
    /// The name the certificate must be for, if it is not the host's
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Trust the authorities in this file ("-": standard input) as well as the system's (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the authorities in this file ("-": standard input) and not the system's (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca_only: Vec<PathBuf>,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

impl Tls {
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

    fn endpoint(&self) -> Result<Endpoint> {
        Endpoint::parse(&self.endpoint, Some(PORT)).map_err(|error| {
            let fault = Diagnostic::error("usage", format!("HOST:PORT: {}", error.message()));
            let fault = fault.help(format!("write it as www.example.org or www.example.org:{PORT}"));
            error.with_detail(Diagnostics::from_iter([fault]))
        })
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let endpoint = self.endpoint()?;
        let (settings, limit) = (config.tls(), config.timeout.value);
        let inspection = runtime.block_on(|cx| async move {
            tracing::info!(%endpoint, "looking at the server");
            let cx = cx.with_timeout(limit);
            TlsClient::load(&cx, &settings).await?.limit(limit).inspect(&cx, &endpoint).await
        })?;
        ui.diagnostics(&inspection.warnings);
        let exit = ui.answer(&TlsAnswer::new(&inspection), verdict(&inspection));
        if let Some(fault) = inspection.fault {
            let message = inspection.fault_message.as_deref().unwrap_or_default();
            let mut told = Diagnostic::error(fault.code(), format!("{}: {message}", inspection.endpoint));
            told.help = way_out(fault).map(str::to_owned);
            ui.verdict(ErrorKind::Tls, &told);
        }
        Ok(exit)
    }
}

fn verdict(inspection: &purlin::tls::Inspection) -> Exit {
    match inspection.fault {
        Some(_) => Exit::No,
        None => Exit::Fine,
    }
}

fn way_out(fault: TlsFault) -> Option<&'static str> {
    match fault {
        TlsFault::UnknownIssuer => {
            Some("to trust an authority of your own, name its certificate with --ca FILE")
        }
        TlsFault::WrongName => Some("to expect another name, say --server-name NAME"),
        TlsFault::NotYetValid => Some("see whether the clock of this machine is right"),
        TlsFault::ClientCertificate => {
            Some("to show one, set client_certificate and client_key in the table [tls] of the configuration")
        }
        _ => None,
    }
}
