//! Checks that run.

mod alarms;
mod desk;
mod drive;
mod hall;
mod index;
mod plan;
mod pull;
mod record;
mod samples;
mod shard;

use crate::alarm::{AlarmBook, StateDocument, Story};
use crate::{
    CheckId, CheckOutcome, CheckSet, CheckSpec, Group, Judgement, MonitorSettings, Past, RunCounts, Snapshot,
    Status, Transition,
};
use desk::Desk;
use drive::Station;
use hall::Hall;
use purlin_core::{Cx, Error, ErrorKind, Result, Subject, Timestamp};
use serde::Serialize;
use shard::Shard;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
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
/// let cx = Cx::background().with_timeout(Duration::from_secs(5));
/// let monitor = Monitor::start(&cx, checks, Cadence::every(Duration::from_millis(10))).await?;
///
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
    handle: MonitorHandle,
    drivers: JoinSet<()>,
    tellers: JoinSet<()>,
    keepers: JoinSet<()>,
}

/// What can be asked of a monitor and told to it, from anywhere; cheap to clone. It keeps nothing running: after the end of
/// its [`Monitor`] it shows how things stood then.
#[derive(Debug, Clone)]
pub struct MonitorHandle {
    hall: Arc<Hall>,
}

impl std::ops::Deref for Monitor {
    type Target = MonitorHandle;

    fn deref(&self) -> &MonitorHandle {
        &self.handle
    }
}

/// The check that says whether state can be kept.
const STORE: &str = "monitor/store";

/// The check that says whether a publisher can deliver.
fn publisher_check(name: &str) -> String {
    format!("monitor/publisher {name}")
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
    /// Notices that were not told yet to everybody.
    pub untold: usize,
    /// How often state could not be kept.
    pub store_faults: u64,
    /// How ill the monitor is, 0 to 8: it runs late, or none of its reference checks answers.
    pub ill: u8,
}

impl Monitor {
    /// Starts to run these checks. It wants to be called within a tokio runtime with its timer enabled, in which the
    /// checks then run. Where there is a [store](MonitorSettings::store) it goes on with what was kept there; outages that
    /// were told and whose checks are gone are told to be over.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: two checks of one name, a cadence that cannot be kept, needs that name an unknown check or
    /// go round in a circle; all of them at once, as [`Diagnostics`](purlin_core::Diagnostics). Those of the store.
    pub async fn start(cx: &Cx, checks: CheckSet, settings: impl Into<MonitorSettings>) -> Result<Self> {
        let settings = settings.into();
        let checks = with_own(checks, &settings);
        let mut kept = match &settings.store {
            Some(store) => cx.run("health.load", store.load(cx)).await?,
            None => StateDocument::default(),
        };
        let records = std::mem::take(&mut kept.checks);
        let gone: BTreeSet<_> = kept.alarms.keys().chain(records.keys()).cloned().collect();
        let plan = plan::plan(checks, &settings, records)?;
        let mut book = AlarmBook::load(kept, settings.publishers.iter().map(|publisher| publisher.name()));
        forget(
            &mut book,
            gone.iter().filter(|id| plan.find(id.as_str()).is_none()),
            settings.clock.timestamp(),
        );
        let spread = Duration::from_secs_f64(plan.index.len() as f64 / f64::from(settings.start_up.max(1)));
        let (changes, _) = broadcast::channel(BACKLOG);
        let stations =
            plan.shards.into_iter().map(|shard| Station::new(shard, settings.clock.clone())).collect();
        let desk = Desk::new(book, plan.web, settings.publishers, settings.store, settings.clock.clone());
        let hall =
            Arc::new(Hall { stations, index: plan.index, desk, changes, clock: settings.clock, spread });
        let (mut drivers, mut tellers, mut keepers) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        for which in 0..hall.desk.publishers.len() {
            tellers.spawn(desk::tell(hall.clone(), which));
        }
        keepers.spawn(desk::keep(hall.clone()));
        keepers.spawn(desk::mind(hall.clone()));
        for shard in 0..hall.stations.len() {
            drivers.spawn(drive::drive(hall.clone(), shard));
        }
        Ok(Self { handle: MonitorHandle { hall }, drivers, tellers, keepers })
    }

    /// Itself, for others to hold.
    pub fn handle(&self) -> MonitorHandle {
        self.handle.clone()
    }

    /// Begins no more runs, lets those under way end, tells what can be told, keeps what is to be kept, and ends.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it: what still ran then was cut off, and what was
    /// not told is told by the next monitor with the same store.
    pub async fn shutdown(mut self, cx: &Cx) -> Result<()> {
        let hall = self.handle.hall.clone();
        hall.stations.iter().for_each(Station::stop);
        cx.run("health.shutdown", async {
            while self.drivers.join_next().await.is_some() {}
            hall.desk.stop();
            while self.tellers.join_next().await.is_some() {}
            hall.desk.close();
            while self.keepers.join_next().await.is_some() {}
            Ok(())
        })
        .await
    }
}

impl MonitorHandle {
    /// What is known of a check; none where there is none of this name.
    pub fn get(&self, id: &str) -> Option<Snapshot> {
        let (station, seat) = self.hall.seat(id)?;
        let clock = &self.hall.clock;
        Some(station.lock().view(seat.job, clock.now()).snapshot(clock.timestamp()))
    }

    /// The last runs of a check, up to 64, the newest first; none where there is none of this name.
    pub fn history(&self, id: &str) -> Option<Vec<Past>> {
        let (station, seat) = self.hall.seat(id)?;
        Some(station.lock().record(seat.job).history.iter().collect())
    }

    /// What is known of every check, sorted by name.
    pub fn snapshot(&self) -> Vec<Snapshot> {
        let (now, wall) = (self.hall.clock.now(), self.hall.clock.timestamp());
        let mut all = Vec::with_capacity(self.hall.index.len());
        for station in &self.hall.stations {
            all.extend(station.lock().views(now).map(|view| view.snapshot(wall)));
        }
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// What comes to be believed from now on.
    pub fn changes(&self) -> Changes {
        Changes(self.hall.changes.subscribe())
    }

    /// Takes a report for a passive check. A report that is older than the last one changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no check of this name; [`ErrorKind::Invalid`] where the monitor runs it
    /// itself.
    pub fn report(&self, id: &str, outcome: CheckOutcome) -> Result<()> {
        let fault = |kind, message: String| Err(Error::new(kind, message).with_operation("health.report"));
        let Some((_, seat)) = self.hall.seat(id) else {
            return fault(ErrorKind::NotFound, format!("there is no check \"{}\"", id.escape_debug()));
        };
        match self.hall.report(seat, outcome) {
            true => Ok(()),
            false => fault(ErrorKind::Invalid, format!("the check \"{}\" is not passive", id.escape_debug())),
        }
    }

    /// Runs a check as soon as the limits allow, whatever its interval says.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no check of this name.
    pub fn probe_now(&self, id: &str) -> Result<()> {
        let Some((station, seat)) = self.hall.seat(id) else {
            let message = format!("there is no check \"{}\"", id.escape_debug());
            return Err(Error::new(ErrorKind::NotFound, message).with_operation("health.probe"));
        };
        station.pull(seat.job, None);
        Ok(())
    }

    /// Waits until it is sure of every check: up or down, none pending and none on the way.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it; a check that never ends or flaps may keep it
    /// from being sure.
    pub async fn settled(&self, cx: &Cx) -> Result<()> {
        cx.run("health.settle", async {
            for station in &self.hall.stations {
                station.until(Shard::is_settled).await;
            }
            Ok(())
        })
        .await
    }

    /// Waits until each check of a [single round](MonitorSettings::single_round) has run.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] and [`ErrorKind::Cancelled`] as `cx` has it; without a single round there is no other end.
    pub async fn round(&self, cx: &Cx) -> Result<()> {
        cx.run("health.round", async {
            for station in &self.hall.stations {
                station.until(Shard::is_round_over).await;
            }
            Ok(())
        })
        .await
    }

    /// How long it takes at most to be sure of every check from the start on, if none flaps and no run is late.
    pub fn decides_within(&self) -> Duration {
        let mut longest = Duration::ZERO;
        for station in &self.hall.stations {
            let shard = station.lock();
            let within = shard
                .records
                .iter()
                .filter(|record| record.check.is_some())
                .map(|record| record.pace.rules.decides_within(record.pace.cadence.timeout_in_force()));
            longest = within.fold(longest, Duration::max);
        }
        longest.saturating_add(self.hall.spread)
    }

    /// What it says about its own work.
    pub fn stats(&self) -> MonitorStats {
        let mut stats = MonitorStats::default();
        for station in &self.hall.stations {
            station.lock().add_to(&mut stats);
        }
        stats.untold = self.hall.desk.read(AlarmBook::waiting);
        stats.store_faults = self.hall.desk.store_faults();
        stats
    }

    /// What the checks of a group say together: see [`Group`].
    pub fn group(&self, group: Group) -> Judgement {
        let mut members = Vec::new();
        for station in &self.hall.stations {
            let shard = station.lock();
            members.extend(
                shard.records.iter().filter(|record| record.is_in(group)).map(|record| record.state()),
            );
        }
        group.judge(&members)
    }
}

/// Adds the checks of the monitor itself.
fn with_own(checks: CheckSet, settings: &MonitorSettings) -> CheckSet {
    let store = settings.store.iter().map(|_| STORE.to_owned());
    let publishers = settings.publishers.iter().map(|publisher| publisher_check(publisher.name()));
    store.chain(publishers).fold(checks, |checks, id| checks.with(CheckSpec::passive(id, Duration::MAX)))
}

/// Tells that outages are over which nobody watches any more.
fn forget<'a>(book: &mut AlarmBook, gone: impl Iterator<Item = &'a CheckId>, wall: Timestamp) {
    for id in gone {
        let subject = Subject::new("check", id.as_str());
        let story = Story::new(id, &subject, Status::Unknown, "it is not watched any more");
        // What is told is in the book's outbox.
        let _ = book.forget(&story, wall);
    }
}

/// What comes to be believed, as it happens.
#[derive(Debug)]
pub struct Changes(broadcast::Receiver<Box<Transition>>);

/// What a listener gets next.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Something else is believed of a check.
    Transition(Box<Transition>),
    /// The listener was too slow and lost so many; [`MonitorHandle::snapshot`] tells how things stand.
    Lost(u64),
}

impl Changes {
    /// The next one; none when the monitor has ended.
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(transition) => Some(Change::Transition(transition)),
            Err(broadcast::error::RecvError::Lagged(lost)) => Some(Change::Lost(lost)),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
