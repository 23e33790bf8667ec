//! `fleet deploy stats`

use super::keeper::{Found, Keeper};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::input::duration;
use crate::output::{Answer, Page, Ui, now};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Timestamp;
use purlin::core::units;
use purlin::deploy::{Ending, Record};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Show how often is deployed, how quickly, and how often that fails, from the journal
///
/// A run has failed that was taken back or needs a person. Lead time begins with `committed_at` of a deployment's `[source]`.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy stats", "the last 30 days"),
    ("deploy stats --last 365d --json", "a year, for a program"),
]))]
pub(crate) struct Stats {
    /// So far back, with a unit
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = limit)]
    last: Duration,
}

fn limit(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|fault| fault.message)
}

/// Figures of deploying often. Times are medians in seconds; null where nothing is known.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatsAnswer {
    /// How far back, in seconds.
    last_s: f64,
    /// How many runs have ended in that time.
    runs: u32,
    /// How many of them succeeded.
    succeeded: u32,
    /// Runs a week.
    per_week: f64,
    /// The part of runs that failed, from 0 to 1.
    change_failure_rate: Option<f64>,
    /// From the commit to the end of the run that brought it.
    lead_time_s: Option<f64>,
    /// From the end of a run that failed to that of the next one that succeeded.
    time_to_restore_s: Option<f64>,
    /// From the beginning of a run to its end.
    duration_s: Option<f64>,
    /// How often people had to say something, in a run on average.
    interventions_per_run: Option<f64>,
    /// The part of findings "change" and "no_change" that came true in runs that succeeded, from 0 to 1.
    plan_accuracy: Option<f64>,
    /// How many runs brought what had succeeded on other hosts before.
    rehearsed: u32,
}

/// A run that has ended.
struct Ended<'f> {
    found: &'f Found,
    ending: Ending,
    at: Timestamp,
}

impl<'f> Ended<'f> {
    fn of(found: &'f Found) -> Option<Self> {
        found.entries.iter().rev().find_map(|entry| match &entry.record {
            Record::Ended { ending, .. } => Some(Self { found, ending: *ending, at: entry.at }),
            _ => None,
        })
    }

    fn succeeded(&self) -> bool {
        self.ending == Ending::Succeeded
    }

    fn failed(&self) -> bool {
        matches!(self.ending, Ending::RolledBack | Ending::NeedsPerson)
    }

    fn interventions(&self) -> usize {
        let told = |record: &&Record| matches!(record, Record::Told { .. });
        self.found.entries.iter().map(|entry| &entry.record).filter(told).count()
    }

    /// How many findings were certain, and how many of those came true.
    fn accuracy(&self) -> (u32, u32) {
        let changed: BTreeSet<_> = self
            .found
            .entries
            .iter()
            .filter_map(|entry| match &entry.record {
                Record::Verified { host, step } => Some((host, step)),
                _ => None,
            })
            .collect();
        let mut all = (0, 0);
        for host in &self.found.plan.hosts {
            for found in &host.findings {
                let is_true = match found.finding.as_str() {
                    "change" => changed.contains(&(&host.name, &found.step)),
                    "no_change" => !changed.contains(&(&host.name, &found.step)),
                    _ => continue,
                };
                all = (all.0 + 1, all.1 + u32::from(is_true));
            }
        }
        all
    }

    /// Whether the same had succeeded before, on none of these hosts.
    fn is_rehearsed(&self, others: &[Ended<'_>]) -> bool {
        let own: BTreeSet<_> = self.found.plan.hosts.iter().map(|host| &host.name).collect();
        others.iter().any(|other| {
            other.succeeded()
                && other.at < self.found.head.opened_at
                && other.found.plan.content == self.found.plan.content
                && other.found.plan.hosts.iter().all(|host| !own.contains(&host.name))
        })
    }
}

impl StatsAnswer {
    fn new(found: &[Found], last: Duration, now: Timestamp) -> Self {
        let mut all: Vec<Ended<'_>> = found.iter().filter_map(Ended::of).collect();
        all.sort_by_key(|run| run.at);
        let since = now.saturating_sub(last);
        let recent: Vec<&Ended<'_>> = all.iter().filter(|run| run.at >= since).collect();
        let count = |is: &dyn Fn(&Ended<'_>) -> bool| recent.iter().filter(|run| is(run)).count();
        let runs = recent.len();
        let committed = |run: &&Ended<'_>| Some(run.at.since(run.found.plan.origin.committed_at?));
        let restored = |run: &Ended<'_>| {
            let next = all.iter().find(|other| other.at > run.at && other.succeeded());
            next.map(|next| next.at.since(run.at))
        };
        let sums = recent.iter().filter(|run| run.succeeded()).map(|run| run.accuracy());
        let (certain, true_) = sums.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let weeks = last.as_secs_f64() / Duration::from_secs(7 * 24 * 3600).as_secs_f64();
        let interventions: usize = recent.iter().map(|run| run.interventions()).sum();
        Self {
            last_s: last.as_secs_f64(),
            runs: number(runs),
            succeeded: number(count(&|run| run.succeeded())),
            per_week: if weeks > 0.0 { f64::from(number(runs)) / weeks } else { 0.0 },
            change_failure_rate: part(count(&|run| run.failed()), runs),
            lead_time_s: median(
                recent.iter().copied().filter(|run| run.succeeded()).filter_map(|run| committed(&run)),
            ),
            time_to_restore_s: median(
                recent.iter().filter(|run| run.failed()).filter_map(|run| restored(run)),
            ),
            duration_s: median(recent.iter().map(|run| run.at.since(run.found.head.opened_at))),
            interventions_per_run: part(interventions, runs),
            plan_accuracy: (certain > 0).then(|| f64::from(true_) / f64::from(certain)),
            rehearsed: number(count(&|run| run.is_rehearsed(&all))),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn part(some: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| f64::from(number(some)) / f64::from(number(all)))
}

fn median(times: impl Iterator<Item = Duration>) -> Option<f64> {
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    times.get(times.len() / 2).map(Duration::as_secs_f64)
}

impl Answer for StatsAnswer {
    const NAME: &'static str = "deploy-stats";

    fn page(&self, page: &mut Page) {
        let none = || "not known".to_owned();
        let rate = |part: Option<f64>| part.map_or_else(none, |part| format!("{:.0} %", part * 100.0));
        let time = |seconds: Option<f64>| {
            seconds.map_or_else(none, |seconds| {
                units::duration::format(Duration::from_secs(
                    Duration::from_secs_f64(seconds.max(0.0)).as_secs(),
                ))
            })
        };
        let span = units::duration::format(Duration::from_secs_f64(self.last_s.max(0.0)));
        page.line(&format!("{} runs in {span}, {} succeeded", self.runs, self.succeeded));
        let interventions = self.interventions_per_run.map_or_else(none, |count| format!("{count:.1}"));
        for (name, value) in [
            ("a week", format!("{:.1}", self.per_week)),
            ("failed", rate(self.change_failure_rate)),
            ("lead time", time(self.lead_time_s)),
            ("restored in", time(self.time_to_restore_s)),
            ("a run takes", time(self.duration_s)),
            ("people said", interventions),
            ("plans right", rate(self.plan_accuracy)),
            ("rehearsed", self.rehearsed.to_string()),
        ] {
            page.field(name, &value);
        }
    }
}

impl Stats {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = runtime.block_on(|cx| async move {
            let keeper = Keeper::open(&cx, config).await?;
            let found = keeper.all(&cx).await;
            keeper.close(&cx).await;
            found
        })?;
        Ok(ui.answer(&StatsAnswer::new(&found, self.last, now()), Exit::Fine))
    }
}
