//! What others fetch: OpenMetrics, health+json, one line of Nagios.

use super::record::View;
use super::samples::{Samples, head};
use super::{MonitorHandle, MonitorStats};
use crate::{State, Status};
use serde_json::{Map, json};
use std::fmt::Write as _;

impl MonitorHandle {
    /// Everything as OpenMetrics text 1.0.0, for a scraper: one sample of each family for each check, labelled with its
    /// name and what it is about, and the monitor's own figures. Content type
    /// `application/openmetrics-text; version=1.0.0; charset=utf-8`.
    pub fn openmetrics(&self) -> String {
        let now = self.hall.clock.now();
        let mut samples = Samples::with_capacity(self.hall.index.len());
        for station in &self.hall.stations {
            station.lock().views(now).for_each(|view| samples.add(&view));
        }
        let mut text = samples.text();
        own_figures(&mut text, &self.stats());
        text.push_str("# EOF\n");
        text
    }

    /// Everything as `application/health+json` (draft-inadarei-api-health-check-06, which has expired; Spring and others
    /// speak it): `pass`, `warn` or `fail` in all, and each check with the time of its last result.
    pub fn health_json(&self) -> String {
        let (now, wall) = (self.hall.clock.now(), self.hall.clock.timestamp());
        let mut worst = Status::Ok;
        let mut checks = Map::with_capacity(self.hall.index.len());
        for station in &self.hall.stations {
            for view in station.lock().views(now) {
                let said = said(&view);
                worst = worst.max(said);
                let mut entry = json!({
                    "componentId": view.record.subject().id,
                    "componentType": view.record.subject().kind,
                    "status": word(said),
                    "output": &*view.record.line,
                });
                if let (Some(age), Some(entry)) = (view.age, entry.as_object_mut()) {
                    entry.insert("time".into(), json!(wall.saturating_sub(age)));
                }
                checks.insert(view.record.id.to_string(), json!([entry]));
            }
        }
        json!({ "status": word(worst), "checks": checks }).to_string()
    }

    /// All checks as one line of a Nagios plugin, and its status: the worst of what is sure.
    pub fn plugin_line(&self) -> (Status, String) {
        let now = self.hall.clock.now();
        let (mut worst, mut well, mut bad) = (Status::Ok, 0u64, Vec::new());
        for station in &self.hall.stations {
            for view in station.lock().views(now) {
                let said = said(&view);
                worst = worst.max(said);
                match said {
                    Status::Ok => well += 1,
                    _ => bad.push(view.record.id.to_string()),
                }
            }
        }
        bad.sort_unstable();
        let total = self.hall.index.len();
        // What follows a bar would be read as performance data.
        bad.iter_mut().for_each(|id| *id = id.replace('|', "/"));
        let named = match bad.len() {
            0 => String::new(),
            1..=5 => format!(": {}", bad.join(", ")),
            more => format!(": {} and {} more", bad[..5].join(", "), more - 5),
        };
        (worst, format!("{worst} - {well} of {total} are well{named} | well={well};;;0;{total}"))
    }
}

/// What is sure of a check: a suspect is still as it was, one that is stale or pending is unknown.
fn said(view: &View<'_>) -> Status {
    match view.state {
        State::Pending => Status::Unknown,
        _ if view.is_stale => Status::Unknown,
        State::Up | State::Suspect => {
            if view.status == Status::Warning {
                Status::Warning
            } else {
                Status::Ok
            }
        }
        State::Down | State::Recovering => Status::Critical,
    }
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "pass",
        Status::Warning | Status::Unknown => "warn",
        Status::Critical => "fail",
    }
}

fn own_figures(text: &mut String, stats: &MonitorStats) {
    let runs = &stats.runs;
    for (name, help, value) in [
        ("purlin_runs_offered", "Runs that came to be due", runs.offered),
        ("purlin_runs_started", "Runs that began", runs.started),
        ("purlin_runs_finished", "Runs that ended", runs.finished),
        ("purlin_store_faults", "How often state could not be kept", stats.store_faults),
        ("purlin_prober_faults", "Runs in which the prober itself failed", stats.prober_faults),
    ] {
        head(text, name, "counter", help);
        let _ = writeln!(text, "{name}_total {value}");
    }
    head(text, "purlin_runs_skipped", "counter", "Runs that came to be due and never began");
    let _ = writeln!(text, "purlin_runs_skipped_total{{reason=\"late\"}} {}", runs.skipped.late);
    let _ = writeln!(text, "purlin_runs_skipped_total{{reason=\"overlap\"}} {}", runs.skipped.overlap);
    for (name, help, value) in [
        ("purlin_runs_running", "Runs under way", stats.running),
        ("purlin_notices_untold", "Notices that were not told yet to everybody", stats.untold),
        ("purlin_runs_waiting", "Runs that are due and wait for their turn", stats.waiting),
        ("purlin_monitor_ill", "How ill the monitor itself is, 0 to 8", usize::from(stats.ill)),
    ] {
        head(text, name, "gauge", help);
        let _ = writeln!(text, "{name} {value}");
    }
    lateness(text, stats);
}

fn lateness(text: &mut String, stats: &MonitorStats) {
    const NAME: &str = "purlin_run_lateness_seconds";
    let lateness = &stats.runs.lateness;
    head(text, NAME, "histogram", "How long after their due moment runs began");
    let mut below = 0;
    for (end, count) in lateness.buckets() {
        below += count;
        let end = end.map_or_else(|| "+Inf".to_owned(), |end| end.as_secs_f64().to_string());
        let _ = writeln!(text, "{NAME}_bucket{{le=\"{end}\"}} {below}");
    }
    let _ = writeln!(text, "{NAME}_sum {}", lateness.sum().as_secs_f64());
    let _ = writeln!(text, "{NAME}_count {}", lateness.count());
}
