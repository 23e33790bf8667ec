//! Log lines on standard error, by `tracing`.

mod json;
mod text;

use crate::cli::Global;
use crate::config::{Environment, LogFormat};
use json::Json;
use purlin::{Error, ErrorKind, Result};
use text::LocalTime;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

/// Starts to log: warnings, or what the flags say, or what the filter of the environment says.
///
/// # Errors
/// [`ErrorKind::Invalid`] for a filter that is none.
pub(crate) fn start(global: &Global, format: LogFormat, environment: &Environment) -> Result<()> {
    let filter = match environment.log_filter() {
        Some(filter) => filter.parse::<Targets>().map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("the filter {filter:?} of the environment: {error}"))
                .with_operation("log.start")
        })?,
        None => told(level(global)),
    };
    // The spans of the libraries, as they end: where a call spent its time.
    let lines = fmt::layer().with_ansi(false).with_writer(std::io::stderr).with_span_events(FmtSpan::CLOSE);
    let lines = match format {
        LogFormat::Text => lines.compact().with_timer(LocalTime).with_filter(filter).boxed(),
        LogFormat::Json => lines.event_format(Json).with_filter(filter).boxed(),
    };
    // It is set once, by the only call of this function.
    let _ = tracing::subscriber::set_global_default(registry().with(lines));
    Ok(())
}

/// A driver calls each refusal an error, which the answer tells already.
fn told(level: LevelFilter) -> Targets {
    let drivers = if level >= LevelFilter::DEBUG { level } else { LevelFilter::OFF };
    Targets::new().with_default(level).with_target("tiberius", drivers)
}

fn level(global: &Global) -> LevelFilter {
    match (global.quiet, global.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, 2) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    }
}
