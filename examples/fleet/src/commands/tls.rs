//! `fleet tls`

mod answer;

pub(crate) use answer::TlsAnswer;

use crate::cli::examples;
use crate::config::{Config, Layer, Sourced, TlsLayer};
use crate::exit::Exit;
use crate::input::duration;
use crate::output::Ui;
use crate::runtime;
use clap::Args;
use purlin::core::Diagnostic;
use purlin::tls::{TlsFault, inspect};
use purlin::{Endpoint, Result};
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
    #[arg(value_name = "HOST:PORT", value_parser = endpoint)]
    endpoint: Endpoint,
    /// How long it may take in all, with a unit: 500ms, 5s; at most 10s [default: the setting `timeout`]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    timeout: Option<Duration>,
    /// The name the certificate must be for, if it is not the host's
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Trust the authorities in this file as well as the system's (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Trust the authorities in this file and not the system's (can be repeated)
    #[arg(long, value_name = "FILE")]
    ca_only: Vec<PathBuf>,
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::parse(text, Some(PORT)).map_err(|error| {
        format!("{}\n  help: write it as www.example.org or www.example.org:{PORT}", error.message())
    })
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

    pub(super) fn run(&self, ui: &Ui, config: &Config) -> Result<Exit> {
        let (settings, limit) = (config.tls(), config.timeout.value);
        let inspection = runtime::block_on(|cx| async move {
            let cx = cx.with_timeout(limit);
            inspect(&cx, &self.endpoint, &settings).await
        })?;
        ui.diagnostics(&inspection.warnings);
        let exit = ui.answer(&TlsAnswer::new(&inspection), verdict(&inspection));
        if let Some(fault) = inspection.fault {
            let message = inspection.fault_message.as_deref().unwrap_or_default();
            let mut told = Diagnostic::error(fault.code(), format!("{}: {message}", self.endpoint));
            told.help = way_out(fault).map(str::to_owned);
            ui.diagnostics(&[told].into_iter().collect());
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
