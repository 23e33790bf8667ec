//! What a monitor tells, and what it does not, on tokio's paused time.

use async_trait::async_trait;
use purlin_core::{Clock, Cx, Error, ErrorKind, Result};
use purlin_health::alarm::{
    Acknowledgement, AlarmStore, Downtime, MemoryStore, Selection, StateDocument, Write,
};
use purlin_health::fake::FakeCheck;
use purlin_health::{
    Cadence, Cause, CheckOutcome, CheckSet, CheckSpec, Evidence, Failure, Monitor, MonitorSettings, Needs,
    Phase, Publisher, State, Status, Transition,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn fine() -> CheckOutcome {
    CheckOutcome::Answered(Evidence::new(Status::Ok, "fine"))
}

fn refused() -> CheckOutcome {
    CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "nobody listens"))
}

/// Writes down what it is told; fails for as long as it is broken.
#[derive(Debug, Clone, Default)]
struct Pager {
    told: Arc<Mutex<Vec<Transition>>>,
    is_broken: Arc<Mutex<bool>>,
    tries: Arc<Mutex<Vec<String>>>,
}

impl Pager {
    /// Who went where, in order.
    fn told(&self) -> Vec<(String, State)> {
        self.told.lock().unwrap().iter().map(|told| (told.check.to_string(), told.to)).collect()
    }

    fn set_broken(&self, is_broken: bool) {
        *self.is_broken.lock().unwrap() = is_broken;
    }
}

#[async_trait]
impl Publisher for Pager {
    fn name(&self) -> &str {
        "pager"
    }

    async fn publish(&self, _: &Cx, transition: &Transition) -> Result<()> {
        self.tries.lock().unwrap().push(transition.key.clone());
        if *self.is_broken.lock().unwrap() {
            return Err(Error::new(ErrorKind::Unavailable, "no network"));
        }
        self.told.lock().unwrap().push(transition.clone());
        Ok(())
    }
}

fn cx() -> Cx {
    Cx::background().with_timeout(100_000 * SECOND)
}

fn settings(pager: &Pager) -> MonitorSettings {
    let cadence = Cadence::every(10 * SECOND).confirm(2).suspect_every(2 * SECOND).timeout(2 * SECOND);
    MonitorSettings::new(cadence).publish(pager.clone())
}

fn down(id: &str) -> (String, State) {
    (id.to_owned(), State::Down)
}

fn up(id: &str) -> (String, State) {
    (id.to_owned(), State::Up)
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_once_and_its_end_once() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(fine));
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings(&pager)).await?;
    monitor.settled(&cx).await?;
    assert_eq!(pager.told(), []);
    for _ in 0..3 {
        app.always(refused);
        cx.sleep(60 * SECOND).await?;
        app.always(fine);
        cx.sleep(60 * SECOND).await?;
    }
    let once = || [down("app"), up("app")];
    assert_eq!(pager.told(), [once(), once(), once()].concat());
    let keys: std::collections::BTreeSet<_> = pager.tries.lock().unwrap().iter().cloned().collect();
    assert_eq!(keys.len(), 6);
    assert_eq!(monitor.stats().untold, 0);
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_is_told_later_and_is_a_fault_of_its_own() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(fine));
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings(&pager)).await?;
    monitor.settled(&cx).await?;
    pager.set_broken(true);
    app.always(refused);
    cx.sleep(300 * SECOND).await?;
    assert_eq!((pager.told(), monitor.stats().untold), (vec![], 2));
    let own = monitor.get("monitor/publisher pager").map(|check| (check.state, check.status));
    assert_eq!(own, Some((State::Down, Status::Critical)));
    pager.set_broken(false);
    cx.sleep(300 * SECOND).await?;
    // That it could not tell is told too, once it can.
    let own = "monitor/publisher pager";
    assert_eq!(pager.told(), [down("app"), down(own), up(own)]);
    let tries = pager.tries.lock().unwrap().clone();
    assert!(tries.iter().filter(|key| **key == tries[0]).count() > 2, "one key for all attempts: {tries:?}");
    monitor.shutdown(&cx).await
}

/// A switch, a host behind it, an application on that.
fn tree(switch: &FakeCheck, host: &FakeCheck, app: &FakeCheck) -> CheckSet {
    CheckSet::new()
        .add("switch", switch.clone())
        .with(CheckSpec::new("host", host.clone()).needs(Needs::check("switch")))
        .with(CheckSpec::new("app", app.clone()).needs(Needs::check("host")))
}

#[tokio::test(start_paused = true)]
async fn behind_a_dead_parent_nobody_is_told_about_the_children() -> Result<()> {
    let (cx, pager) = (cx(), Pager::default());
    let (switch, host, app) = (FakeCheck::new(fine), FakeCheck::new(fine), FakeCheck::new(fine));
    let monitor = Monitor::start(&cx, tree(&switch, &host, &app), settings(&pager)).await?;
    monitor.settled(&cx).await?;
    // The order in which they notice must not matter, so it is tried at several moments of their rounds.
    for offset in 0..10 {
        pager.told.lock().unwrap().clear();
        cx.sleep(offset * SECOND).await?;
        for check in [&switch, &host, &app] {
            check.always(refused);
        }
        cx.sleep(120 * SECOND).await?;
        assert_eq!(pager.told(), [down("switch")], "after {offset} s");
        assert_eq!(monitor.get("app").map(|app| app.state), Some(State::Down));
        for check in [&switch, &host, &app] {
            check.always(fine);
        }
        // Long enough not to flap.
        cx.sleep(7_200 * SECOND).await?;
        assert_eq!(pager.told(), [down("switch"), up("switch")], "after {offset} s");
    }
    // With its parents well, the application is told.
    app.always(refused);
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told().last(), Some(&down("app")));
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_dies_in_between_loses_no_end_and_repeats_no_beginning() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(fine));
    let store: Arc<dyn AlarmStore> = Arc::new(MemoryStore::new());
    let checks = || CheckSet::new().add("app", app.clone()).with(CheckSpec::passive("backup", 600 * SECOND));
    let start = || Monitor::start(&cx, checks(), settings(&pager).store(store.clone()));
    let first = start().await?;
    first.settled(&cx).await?;
    first.report("backup", fine())?;
    app.always(refused);
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told(), [down("app")]);
    // Not shut down: gone.
    drop(first);
    cx.sleep(5_000 * SECOND).await?;
    let second = start().await?;
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told(), [down("app")]);
    // Its own absence makes no report stale.
    let backup = second.get("backup").map(|backup| (backup.state, backup.is_stale));
    assert_eq!(backup.map(|(state, _)| state), Some(State::Up));
    drop(second);
    app.always(fine);
    let third = start().await?;
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told(), [down("app"), up("app")]);
    let past = third.history("app").map(|past| past.len()).unwrap_or_default();
    assert!(past > 6, "{past} runs are remembered");
    third.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn an_outage_nobody_watches_any_more_is_told_to_be_over() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(refused));
    let store: Arc<dyn AlarmStore> = Arc::new(MemoryStore::new());
    let first =
        Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings(&pager).store(store.clone()))
            .await?;
    cx.sleep(60 * SECOND).await?;
    first.shutdown(&cx).await?;
    let second = Monitor::start(&cx, CheckSet::new(), settings(&pager).store(store.clone())).await?;
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told(), [down("app"), up("app")]);
    second.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn announced_work_is_not_told_unless_it_outlasts_itself() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(fine));
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings(&pager)).await?;
    monitor.settled(&cx).await?;
    let now = Clock::system().timestamp();
    let end = now.saturating_add(600 * SECOND);
    monitor.announce(Downtime::new("work", Selection::all(), (now, end), "ann", "new disk")?)?;
    app.always(refused);
    cx.sleep(300 * SECOND).await?;
    assert_eq!(pager.told(), []);
    assert!(monitor.alarm("app").is_some_and(|alarm| alarm.told.is_none()));
    monitor.end_downtime(&"work".into())?;
    cx.sleep(SECOND).await?;
    assert_eq!(pager.told(), [down("app")]);
    assert_eq!(monitor.end_downtime(&"work".into()).map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn who_takes_care_is_not_told_and_the_end_of_a_told_outage_is() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(refused));
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings(&pager)).await?;
    cx.sleep(60 * SECOND).await?;
    let by = || Acknowledgement::new("ann", "on it", Clock::system().timestamp());
    monitor.acknowledge("app", by())?;
    assert_eq!(monitor.acknowledge("none", by()).map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    app.always(fine);
    cx.sleep(60 * SECOND).await?;
    assert_eq!(pager.told(), [down("app"), up("app")]);
    monitor.shutdown(&cx).await
}

/// Cannot write for as long as it is full.
#[derive(Debug, Default)]
struct Full(MemoryStore, Mutex<bool>);

#[async_trait]
impl AlarmStore for Full {
    async fn load(&self, cx: &Cx) -> Result<StateDocument> {
        self.0.load(cx).await
    }

    async fn commit(&self, cx: &Cx, writes: &[Write]) -> Result<()> {
        if *self.1.lock().unwrap() {
            return Err(Error::new(ErrorKind::Unavailable, "no space left on device"));
        }
        self.0.commit(cx, writes).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_not_told_and_says_so() -> Result<()> {
    let (cx, pager, app) = (cx(), Pager::default(), FakeCheck::new(fine));
    let store = Arc::new(Full::default());
    let settings = settings(&pager).store(store.clone());
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", app.clone()), settings).await?;
    monitor.settled(&cx).await?;
    cx.sleep(SECOND).await?;
    *store.1.lock().unwrap() = true;
    app.always(refused);
    cx.sleep(120 * SECOND).await?;
    assert_eq!(pager.told(), []);
    assert!(monitor.stats().store_faults > 2);
    let own = monitor.get("monitor/store").map(|own| (own.state, own.message));
    assert_eq!(own, Some((State::Down, "no space left on device".to_owned())));
    *store.1.lock().unwrap() = false;
    cx.sleep(120 * SECOND).await?;
    assert!(pager.told().contains(&down("app")), "{:?}", pager.told());
    monitor.shutdown(&cx).await
}

/// A disk that is full for as long as it is told, and what it was to write each time.
#[derive(Debug, Default)]
struct Watched(MemoryStore, Mutex<(bool, Vec<usize>)>);

#[async_trait]
impl AlarmStore for Watched {
    async fn load(&self, cx: &Cx) -> Result<StateDocument> {
        self.0.load(cx).await
    }

    async fn commit(&self, cx: &Cx, writes: &[Write]) -> Result<()> {
        let is_full = {
            let mut told = self.1.lock().unwrap();
            told.1.push(writes.len());
            told.0
        };
        if is_full {
            return Err(Error::new(ErrorKind::Unavailable, "no space left on device"));
        }
        self.0.commit(cx, writes).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_does_not_pile_up() -> Result<()> {
    let (cx, pager, store) = (cx(), Pager::default(), Arc::new(Watched::default()));
    store.1.lock().unwrap().0 = true;
    let checks = CheckSet::new().with(CheckSpec::passive("backup", 3600 * SECOND));
    let monitor = Monitor::start(&cx, checks, settings(&pager).store(store.clone())).await?;
    // Each report is to be kept, so that a restart knows how old it is.
    for _ in 0..2_000 {
        monitor.report("backup", fine())?;
        cx.sleep(SECOND).await?;
    }
    let most = store.1.lock().unwrap().1.iter().copied().max();
    // What came in the longest pause between two attempts, and the one thing on each of the two checks before it.
    assert!(most.is_some_and(|most| (2..=50).contains(&most)), "{most:?}");
    assert!(monitor.stats().store_faults > 20);

    store.1.lock().unwrap().0 = false;
    monitor.shutdown(&cx).await?;
    let kept = store.0.load(&cx).await?;
    assert!(kept.checks.contains_key("backup"), "{kept:?}");
    Ok(())
}
