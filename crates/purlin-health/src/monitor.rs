//! Checks that run.

mod drive;
mod plan;
mod pull;
mod record;
mod shard;

use crate::{CheckId, CheckOutcome, CheckSet, MonitorSettings, Past, RunCounts, Snapshot, Transition};
use drive::Station;
use plan::Seat;
use purlin_core::{Clock, Cx, Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// How many changes a slow listener may be behind before it is told that it lost some.
const BACKLOG: usize = 4096;

/// Runs checks and knows what is believed of them.
///
/// Dropping it ends every run at once; [`shutdown`](Self::shutdown) lets those under way come to their end.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::fake::FakeCheck;
/// use purlin_health::{Cadence, CheckSet, Evidence, Monitor, State, Status};
/// use std::time::Duration;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let app = FakeCheck::answering(Evidence::new(Status::Ok, "200 OK"));
/// let checks = CheckSet::new().add("app", app);
/// let monitor = Monitor::start(checks, Cadence::every(Duration::from_millis(10)))?;
///
/// let cx = Cx::background().with_timeout(Duration::from_secs(5));
/// monitor.settled(&cx).await?;
/// let app = monitor.get("app").ok_or("no such check")?;
/// assert_eq!((app.state, app.message.as_str()), (State::Up, "200 OK"));
/// monitor.shutdown(&cx).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Monitor {
    stations: Vec<Arc<Station>>,
    index: HashMap<CheckId, Seat>,
    changes: broadcast::Sender<Transition>,
    clock: Clock,
    tasks: JoinSet<()>,
}

/// What a monitor says about its own work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MonitorStats {
    /// The runs.
    pub runs: RunCounts,
    /// Runs under way.
    pub running: usize,
    /// Runs that are due and wait for their turn.
    pub waiting: usize,
    /// Runs in which the prober itself failed.
    pub prober_faults: u64,
    /// How ill the monitor is, 0 to 8: it runs late, or none of its reference checks answers.
    pub ill: u8,
}

impl Monitor {
    /// Starts to run these checks. It wants to be called within a tokio runtime with its timer enabled, in which the
    /// checks then run.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: two checks of one name, a cadence that cannot be kept, needs that name an unknown check or
    /// go round in a circle; all of them at once, as [`Diagnostics`](purlin_core::Diagnostics).
    pub fn start(checks: CheckSet, settings: impl Into<MonitorSettings>) -> Result<Self> {
        let settings = settings.into();
        let (changes, _) = broadcast::channel(BACKLOG);
        let plan = plan::plan(checks, &settings)?;
        let stations: Vec<_> = plan
            .shards
            .into_iter()
            .map(|shard| Arc::new(Station::new(shard, settings.clock.clone())))
            .collect();
        let mut tasks = JoinSet::new();
        for station in &stations {
            tasks.spawn(drive::drive(station.clone(), changes.clone()));
        }
        Ok(Self { stations, index: plan.index, changes, clock: settings.clock, tasks })
    }

    /// What is known of a check; none where there is none of this name.
    pub fn get(&self, id: &str) -> Option<Snapshot> {
        let (station, job) = self.seat(id)?;
        Some(station.lock().view(job, self.clock.now()).snapshot(self.clock.timestamp()))
    }

    /// The last runs of a check, up to 64, the newest first; none where there is none of this name.
    pub fn history(&self, id: &str) -> Option<Vec<Past>> {
        let (station, job) = self.seat(id)?;
        Some(station.lock().view(job, self.clock.now()).record.history.iter().collect())
    }

    /// What is known of every check, sorted by name.
    pub fn snapshot(&self) -> Vec<Snapshot> {
        let (now, wall) = (self.clock.now(), self.clock.timestamp());
        let mut all = Vec::with_capacity(self.index.len());
        for station in &self.stations {
            all.extend(station.lock().views(now).map(|view| view.snapshot(wall)));
        }
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// What comes to be believed from now on.
    pub fn changes(&self) -> Changes {
        Changes(self.changes.subscribe())
    }

    /// Takes a report for a passive check. A report that is older than the last one changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no check of this name; [`ErrorKind::Invalid`] where the monitor runs it
    /// itself.
    pub fn report(&self, id: &str, outcome: CheckOutcome) -> Result<()> {
        let fault = |kind, message: String| Err(Error::new(kind, message).with_operation("health.report"));
        let Some((station, job)) = self.seat(id) else {
            return fault(ErrorKind::NotFound, format!("there is no check \"{}\"", id.escape_debug()));
        };
        match station.report(job, outcome, &self.changes) {
            true => Ok(()),
            false => fault(ErrorKind::Invalid, format!("the check \"{}\" is not passive", id.escape_debug())),
        }
    }

    /// Runs a check as soon as the limits allow, whatever its interval says.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no check of this name.
    pub fn probe_now(&self, id: &str) -> Result<()> {
        let Some((station, job)) = self.seat(id) else {
            let message = format!("there is no check \"{}\"", id.escape_debug());
            return Err(Error::new(ErrorKind::NotFound, message).with_operation("health.probe"));
        };
        station.pull(job);
        Ok(())
    }

    /// Waits until it is sure of every check: up or down, none pending and none on the way.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it; a check that never ends or flaps may keep it
    /// from being sure.
    pub async fn settled(&self, cx: &Cx) -> Result<()> {
        cx.run("health.settle", async {
            for station in &self.stations {
                station.settled().await;
            }
            Ok(())
        })
        .await
    }

    fn seat(&self, id: &str) -> Option<(&Station, u32)> {
        let seat = self.index.get(id)?;
        Some((&*self.stations[seat.shard], seat.job))
    }

    /// What it says about its own work.
    pub fn stats(&self) -> MonitorStats {
        let mut stats = MonitorStats::default();
        for station in &self.stations {
            station.lock().add_to(&mut stats);
        }
        stats
    }

    /// Begins no more runs, lets those under way end, and ends.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it: what still ran then was cut off.
    pub async fn shutdown(mut self, cx: &Cx) -> Result<()> {
        self.stations.iter().for_each(|station| station.stop());
        let tasks = &mut self.tasks;
        cx.run("health.shutdown", async {
            while tasks.join_next().await.is_some() {}
            Ok(())
        })
        .await
    }
}

/// What comes to be believed, as it happens.
#[derive(Debug)]
pub struct Changes(broadcast::Receiver<Transition>);

/// What a listener gets next.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Something else is believed of a check.
    Transition(Box<Transition>),
    /// The listener was too slow and lost so many; [`Monitor::snapshot`] tells how things stand.
    Lost(u64),
}

impl Changes {
    /// The next one; none when the monitor has ended.
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(transition) => Some(Change::Transition(Box::new(transition))),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(Change::Lost(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
