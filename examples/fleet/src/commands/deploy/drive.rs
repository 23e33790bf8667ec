//! Driving a run to where it ends or waits.

use super::event;
use super::keeper::Keeper;
use super::status::word;
use crate::app::NAME;
use crate::exit::Exit;
use crate::output::{Mood, Page, Tail, Ui};
use purlin::core::Diagnostic;
use purlin::deploy::{Deployer, Ending, RunReport};
use purlin::{Cx, Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells what happens while a run is driven, and then how it ended.
///
/// # Errors
/// Those of the run; that it was left at a signal.
pub(super) async fn drive<F>(
    cx: &Cx,
    ui: &Arc<Ui>,
    keeper: Keeper,
    leaves: bool,
    drive: impl FnOnce(Deployer) -> F,
) -> Result<Exit>
where
    F: Future<Output = Result<RunReport>>,
{
    let tail = Arc::new(Mutex::new(Some(Tail::start()?)));
    let (told, teller) = (tail.clone(), ui.clone());
    let deployer = keeper.deployer().on_entry(move |entry| {
        let mut tail = told.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(tail), Some(line)) = (tail.as_mut(), event::line(&teller, entry)) {
            // Whoever reads may leave; the run goes on.
            tail.tell(line);
        }
    });
    let deployer = if leaves { deployer.leave_when_waiting() } else { deployer };
    let driven = drive(deployer).await;
    keeper.close(cx).await;
    if let Some(tail) = tail.lock().unwrap_or_else(PoisonError::into_inner).take() {
        tail.finish();
    }
    ended(cx, ui, &driven?)
}

fn ended(cx: &Cx, ui: &Ui, report: &RunReport) -> Result<Exit> {
    let Some(ending) = report.ending else {
        let told =
            Diagnostic::warning("parked", format!("the run {} waits, and nobody drives it", report.run));
        let help = format!("go on with `{NAME} deploy resume {}`", report.run);
        ui.diagnostics(&[told.help(help)].into_iter().collect());
        if cx.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the run was left").with_operation("deploy.run"));
        }
        return Ok(Exit::NeedsPerson);
    };
    let exit = match ending {
        Ending::Succeeded => Exit::Fine,
        Ending::RolledBack | Ending::Stopped => Exit::No,
        _ => Exit::NeedsPerson,
    };
    if ui.is_json() {
        return Ok(exit);
    }
    let mut page = ui.page();
    show(&mut page, report, ending);
    Ok(ui.text(&page.into_text(), exit))
}

fn show(page: &mut Page, report: &RunReport, ending: Ending) {
    let why = if report.why.is_empty() { String::new() } else { format!(": {}", report.why) };
    page.heading(&format!("run {} {}{why}", report.run, word(ending)));
    let rows = report.hosts.iter().map(|host| {
        let state = if host.open.is_empty() { "settled" } else { "open" };
        let release = host.release.clone().unwrap_or_else(|| "not known".to_owned());
        [state.to_owned(), host.host.to_string(), release, host.open.join("; ")]
    });
    page.state_table(["STATE", "HOST", "RELEASE", "LEFT TO DO"], rows, |state| match state {
        "settled" => Mood::Good,
        _ => Mood::Bad,
    });
}
