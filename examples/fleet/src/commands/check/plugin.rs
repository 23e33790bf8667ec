//! `fleet check plugin`

mod kind;

use crate::cli::examples;
use crate::config::{Config, Layer, Sourced};
use crate::exit::Exit;
use crate::input::duration;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use kind::Kind;
use purlin::core::{Diagnostics, Severity};
use purlin::health::{Range, Rule, as_plugin};
use purlin::{Error, Result};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

/// What one run may take where nobody says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Beyond its limit a check that does not end by itself is given up.
const GRACE: Duration = Duration::from_millis(200);

/// The exit code for what could not be found out.
const UNKNOWN: u8 = 3;

/// Run one check as a Nagios plugin: one line, performance data, exit code 0, 1, 2 or 3
///
/// OK is 0, WARNING 1, CRITICAL 2 and UNKNOWN 3. Wrong usage and faults of this tool are UNKNOWN too, with a line on
/// standard output.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("check plugin http https://www.example.org/ -w 1 -c 5", "a web page, and within which seconds"),
    ("check plugin http http://10.0.0.7:8080/health --host www.example.org", "one server behind a name"),
    ("check plugin disk / -w 10: -c 5:", "at least so many percent free"),
    ("check plugin tls www.example.org:443 -t 10", "a certificate, at most 10 seconds"),
    ("check plugin exec -- /usr/lib/nagios/plugins/check_users -w 5 -c 10", "any other plugin, held to its time"),
]))]
pub(crate) struct Plugin {
    #[command(subcommand)]
    kind: Kind,
    /// How long it may take, in seconds or with a unit [default: 10]
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds, global = true)]
    timeout: Option<Duration>,
    /// The range that raises no warning, as Nagios writes it: of the first measurement, or of NAME=RANGE (can be repeated)
    #[arg(short, long, value_name = "RANGE", value_parser = range, allow_hyphen_values = true, global = true)]
    warning: Vec<Limit>,
    /// The range that is not critical, likewise (can be repeated)
    #[arg(short, long, value_name = "RANGE", value_parser = range, allow_hyphen_values = true, global = true)]
    critical: Vec<Limit>,
}

/// A range, and of which measurement; none for the kind's first.
#[derive(Debug, Clone)]
struct Limit {
    of: Option<String>,
    range: Range,
}

fn range(text: &str) -> Result<Limit, String> {
    let (of, range) = match text.split_once('=') {
        Some((of, range)) => (Some(of.to_owned()), range),
        None => (None, text),
    };
    let range = range.parse().map_err(|error: Error| match error.note() {
        Some(note) => format!("{} ({note})", error.message()),
        None => error.message().to_owned(),
    })?;
    Ok(Limit { of, range })
}

/// As plugins have it: a number alone is seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 => Duration::try_from_secs_f64(number).map_err(|error| error.to_string()),
        Ok(_) => Err("it must be above zero".to_owned()),
        Err(_) => duration(text).map_err(|fault| fault.message),
    }
}

impl Plugin {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        Layer { timeout: Sourced::flag(self.timeout, "--timeout"), ..self.kind.layer() }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Exit {
        match self.told(config, runtime) {
            Ok((code, line)) => ui.text(&format!("{line}\n"), Exit::Plugin(code)),
            Err(error) => fault(ui, &error),
        }
    }

    fn told(&self, config: &Config, runtime: &Runtime) -> Result<(u8, String)> {
        let rules = self.rules();
        let limit = self.timeout.unwrap_or(TIMEOUT);
        runtime.block_on(|cx| async move {
            let check = self.kind.check(config)?;
            let inner = cx.with_timeout(limit);
            let outer = cx.with_timeout(limit.saturating_add(GRACE));
            let outcome = outer.run("check.plugin", async { Ok(check.run(&inner).await) }).await?;
            Ok(as_plugin(&outcome, &rules))
        })
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules: BTreeMap<&str, Rule> = BTreeMap::new();
        let limits = self.warning.iter().map(|limit| (limit, false));
        for (limit, is_critical) in limits.chain(self.critical.iter().map(|limit| (limit, true))) {
            let of = limit.of.as_deref().unwrap_or(self.kind.first());
            let rule = rules.entry(of).or_insert_with(|| Rule::on(of));
            let range = if is_critical { &mut rule.critical } else { &mut rule.warning };
            *range = Some(limit.range);
        }
        rules.into_values().collect()
    }
}

/// What could not be found out, as a plugin says it.
fn unknown(ui: &Ui, message: &str) -> Exit {
    let line: Vec<&str> =
        message.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let line = line.join(" ").replace('|', "/");
    ui.text(&format!("UNKNOWN - {line}\n"), Exit::Plugin(UNKNOWN))
}

/// A fault of this side, likewise: with the place where it is, if it has one.
pub(crate) fn fault(ui: &Ui, error: &Error) -> Exit {
    let faults = error.detail::<Diagnostics>();
    let first = faults.and_then(|faults| faults.iter().find(|fault| fault.severity == Severity::Error));
    match first {
        Some(fault) => unknown(ui, &fault.to_string()),
        None => unknown(ui, &error.to_string()),
    }
}

/// What clap says of a plugin's arguments, likewise; help is help.
pub(crate) fn usage(ui: &Ui, said: &clap::Error, arguments: &[OsString]) -> Exit {
    if !said.use_stderr() {
        return ui.clap(said, arguments);
    }
    let text = said.render().to_string();
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    unknown(ui, text.trim_start_matches("error: "))
}

/// Whether these arguments are those of a plugin, however wrong the rest of them is.
pub(crate) fn is_plugin(arguments: &[OsString]) -> bool {
    let mut words = Vec::new();
    let mut is_value = false;
    for argument in arguments.iter().skip(1) {
        let text = argument.to_string_lossy();
        if is_value {
            is_value = false;
        } else if text.starts_with('-') {
            is_value = ["--config", "--context", "--color", "--log-format"].contains(&text.as_ref());
        } else {
            words.push(text.into_owned());
        }
        if words.len() == 2 {
            break;
        }
    }
    words == ["check", "plugin"]
}
