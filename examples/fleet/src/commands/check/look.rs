//! A look: until it is sure, or one round.

use super::given::{Given, Loaded};
use super::row::{CheckAnswer, Row};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::Ui;
use purlin::core::Diagnostic;
use purlin::health::{Cadence, Monitor, MonitorSettings};
use purlin::{Cx, ErrorKind, Result};
use std::time::Duration;

/// Every check of a file has a cadence of its own; this is for none.
const INTERVAL: Duration = Duration::from_secs(60);

/// How long what still runs at the end may take to end.
const FAREWELL: Duration = Duration::from_millis(200);

/// Runs checks, tells nobody, keeps nothing, and says how they are.
pub(super) async fn look(cx: Cx, ui: &Ui, config: &Config, given: &Given, is_once: bool) -> Result<Exit> {
    let Loaded { checks, warnings, .. } = given.load(&cx, config).await?;
    ui.diagnostics(&warnings);
    let settings = MonitorSettings::new(Cadence::every(INTERVAL));
    let settings = if is_once { settings.single_round() } else { settings };
    let monitor = Monitor::start(&cx, checks, settings).await?;
    // What flaps is never sure; three times as long as it should take is long enough for the rest.
    let limit = monitor.decides_within().saturating_mul(3).max(Duration::from_secs(10));
    let bounded = cx.with_timeout(limit);
    let ended = if is_once { monitor.round(&bounded).await } else { monitor.settled(&bounded).await };
    if let Err(error) = &ended
        && (cx.is_cancelled() || error.kind() != ErrorKind::Timeout)
    {
        return ended.map(|()| Exit::Fine);
    }
    let checks: Vec<_> = monitor.snapshot().iter().map(Row::new).collect();
    // Whatever runs now says nothing any more.
    let _ = monitor.shutdown(&cx.detached().with_timeout(FAREWELL)).await;
    let all_up = checks.iter().all(Row::is_up);
    let exit = ui.answer(&CheckAnswer { all_up, checks }, if all_up { Exit::Fine } else { Exit::No });
    if ended.is_err() {
        let fault = Diagnostic::warning("not-sure", "not every check came to be sure");
        ui.diagnostics(&[fault.help("one that flaps never does; see its message")].into_iter().collect());
    }
    Ok(exit)
}
