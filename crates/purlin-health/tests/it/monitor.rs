//! The monitor, on tokio's paused time: it jumps to the next timer whenever everybody waits.

use async_trait::async_trait;
use purlin_core::{Cx, Diagnostics, Error, ErrorKind};
use purlin_health::alarm::MemoryStore;
use purlin_health::fake::FakeCheck;
use purlin_health::{
    Cadence, Cause, Change, Check, CheckKind, CheckOutcome, CheckSet, CheckSpec, Evidence, Failure, Monitor,
    MonitorSettings, Phase, State, Status,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn fine() -> CheckOutcome {
    CheckOutcome::Answered(Evidence::new(Status::Ok, "fine"))
}

fn refused() -> CheckOutcome {
    CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "nobody listens"))
}

fn every_ten() -> Cadence {
    Cadence::every(10 * SECOND).confirm(2).over(5 * SECOND)
}

#[tokio::test(start_paused = true)]
async fn one_lost_packet_is_no_outage_and_two_are() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let check = FakeCheck::new(fine);
    let monitor = Monitor::start(&cx, CheckSet::new().add("app", check.clone()), every_ten()).await?;
    let mut changes = monitor.changes();
    for play in [fine, refused, fine, refused, refused, fine] {
        check.then(play);
    }
    let mut seen = Vec::new();
    while seen.len() < 6 {
        let Some(Change::Transition(change)) = changes.next().await else { break };
        seen.push((change.from, change.to, change.message.clone()));
    }
    let told = |from, to, line: &str| (from, to, line.to_owned());
    assert_eq!(
        seen,
        [
            told(State::Pending, State::Up, "fine"),
            told(State::Up, State::Suspect, "nobody listens"),
            told(State::Suspect, State::Up, "fine"),
            told(State::Up, State::Suspect, "nobody listens"),
            told(State::Suspect, State::Down, "nobody listens"),
            told(State::Down, State::Up, "fine"),
        ]
    );
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_prober_is_not_held_against_the_target() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let check = FakeCheck::new(|| CheckOutcome::Prober(Error::new(ErrorKind::Internal, "no descriptors")));
    check.then(fine);
    let monitor =
        Monitor::start(&cx, CheckSet::new().add("app", check.clone()), Cadence::every(SECOND)).await?;
    monitor.settled(&cx).await?;
    cx.sleep(20 * SECOND).await?;
    let app = monitor.get("app").ok_or_else(|| Error::new(ErrorKind::NotFound, "app"))?;
    assert_eq!((app.state, app.message.as_str()), (State::Up, "the prober failed: no descriptors"));
    // It says so by its age, and in the figures.
    assert!(app.is_stale && app.status == Status::Unknown && !app.is_up());
    assert!(monitor.stats().prober_faults >= 19);
    monitor.shutdown(&cx).await
}

/// Ignores every deadline, and tells when it is dropped.
#[derive(Debug, Default)]
struct Deaf(Arc<AtomicUsize>);

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Check for Deaf {
    fn kind(&self) -> CheckKind {
        "deaf".into()
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        let _told = Dropped(self.0.clone());
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_ignores_its_deadline_is_cut_off() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let dropped = Arc::new(AtomicUsize::new(0));
    let checks = CheckSet::new().add("deaf", Deaf(dropped.clone()));
    let monitor = Monitor::start(&cx, checks, Cadence::every(10 * SECOND).timeout(2 * SECOND)).await?;
    monitor.settled(&cx).await?;
    let deaf = monitor.get("deaf").ok_or_else(|| Error::new(ErrorKind::NotFound, "deaf"))?;
    assert_eq!((deaf.state, deaf.message.as_str()), (State::Down, "no answer within 2.05s"));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn dropping_the_monitor_ends_every_run() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let dropped = Arc::new(AtomicUsize::new(0));
    let checks = CheckSet::new().add("deaf", Deaf(dropped.clone()));
    let monitor = Monitor::start(&cx, checks, Cadence::every(100 * SECOND).timeout(90 * SECOND)).await?;
    while monitor.stats().running == 0 {
        cx.sleep(SECOND).await?;
    }
    drop(monitor);
    while dropped.load(Ordering::SeqCst) == 0 {
        cx.sleep(SECOND).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_what_runs_and_no_longer_than_it_may() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    for (limit, kind) in [(600 * SECOND, None), (SECOND, Some(ErrorKind::Timeout))] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let checks = CheckSet::new().add("deaf", Deaf(dropped.clone()));
        let monitor = Monitor::start(&cx, checks, Cadence::every(100 * SECOND).timeout(90 * SECOND)).await?;
        while monitor.stats().running == 0 {
            cx.sleep(SECOND).await?;
        }
        let ended = monitor.shutdown(&Cx::background().with_timeout(limit)).await;
        assert_eq!(ended.err().map(|error| error.kind()), kind);
        while dropped.load(Ordering::SeqCst) == 0 {
            cx.sleep(SECOND).await?;
        }
    }
    Ok(())
}

/// Panics each time.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl Check for Broken {
    fn kind(&self) -> CheckKind {
        "broken".into()
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        panic!("as the test wants it")
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_harms_no_other() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let well = FakeCheck::new(fine);
    let checks = CheckSet::new().add("broken", Broken).add("well", well.clone());
    let monitor = Monitor::start(&cx, checks, Cadence::every(SECOND)).await?;
    while well.runs() < 5 {
        cx.sleep(SECOND).await?;
    }
    let broken = monitor.get("broken").ok_or_else(|| Error::new(ErrorKind::NotFound, "broken"))?;
    assert_eq!(broken.state, State::Pending);
    assert!(broken.message.contains("the check of kind \"broken\" panicked"), "{}", broken.message);
    assert!(monitor.stats().prober_faults > 1);
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn a_report_is_good_for_its_time_to_live() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let checks =
        CheckSet::new().with(CheckSpec::passive("backup", 100 * SECOND)).add("app", FakeCheck::new(fine));
    let monitor = Monitor::start(&cx, checks, Cadence::every(SECOND)).await?;
    let backup = || monitor.get("backup").ok_or_else(|| Error::new(ErrorKind::NotFound, "backup"));
    cx.sleep(50 * SECOND).await?;
    assert_eq!((backup()?.state, backup()?.age, backup()?.is_stale), (State::Pending, None, false));
    monitor.report("backup", fine())?;
    cx.sleep(99 * SECOND).await?;
    assert_eq!(
        (backup()?.state, backup()?.status, backup()?.age),
        (State::Up, Status::Ok, Some(99 * SECOND))
    );
    cx.sleep(2 * SECOND).await?;
    assert_eq!((backup()?.status, backup()?.is_stale, backup()?.is_up()), (Status::Unknown, true, false));
    monitor.report("backup", refused())?;
    assert_eq!((backup()?.state, backup()?.message.as_str()), (State::Down, "nobody listens"));

    let fault =
        |id: &str| monitor.report(id, fine()).err().map(|error| (error.kind(), error.message().to_owned()));
    assert_eq!(fault("app"), Some((ErrorKind::Invalid, "the check \"app\" is not passive".into())));
    assert_eq!(fault("tape"), Some((ErrorKind::NotFound, "there is no check \"tape\"".into())));
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn while_every_reference_fails_nothing_is_confirmed() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(6_000 * SECOND);
    let gateway = FakeCheck::new(fine);
    let app = FakeCheck::new(fine);
    let checks =
        CheckSet::new().with(CheckSpec::new("gateway", gateway.clone()).reference()).add("app", app.clone());
    let monitor = Monitor::start(
        &cx,
        checks,
        Cadence::every(10 * SECOND).confirm(3).suspect_every(SECOND).timeout(SECOND),
    )
    .await?;
    monitor.settled(&cx).await?;
    gateway.always(refused);
    cx.sleep(20 * SECOND).await?;
    app.always(refused);
    cx.sleep(60 * SECOND).await?;
    let state = || monitor.get("app").map(|app| app.state);
    assert_eq!(state(), Some(State::Suspect));
    assert!(monitor.stats().ill >= 2);
    // With the network back, what is still down is down.
    gateway.always(fine);
    cx.sleep(60 * SECOND).await?;
    assert_eq!((state(), monitor.stats().ill), (Some(State::Down), 0));
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn a_probe_on_request_comes_before_its_time() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(7_200 * SECOND);
    let check = FakeCheck::new(fine);
    let monitor =
        Monitor::start(&cx, CheckSet::new().add("app", check.clone()), Cadence::every(3_600 * SECOND))
            .await?;
    monitor.settled(&cx).await?;
    monitor.probe_now("app")?;
    cx.sleep(SECOND).await?;
    assert_eq!(check.runs(), 2);
    assert_eq!(monitor.probe_now("none").err().map(|error| error.kind()), Some(ErrorKind::NotFound));
    monitor.shutdown(&cx).await
}

#[tokio::test]
async fn all_faults_of_a_set_are_told_at_once() {
    let slow = Cadence::every(SECOND).timeout(2 * SECOND);
    let checks = CheckSet::new()
        .add("app", FakeCheck::new(fine))
        .add("app", FakeCheck::new(fine))
        .with(CheckSpec::new("db", FakeCheck::new(fine)).cadence(slow));
    let error = Monitor::start(&Cx::background(), checks, every_ten()).await.err();
    let told: Vec<_> = error
        .iter()
        .filter_map(|error| error.detail::<Diagnostics>())
        .flat_map(Diagnostics::iter)
        .map(|fault| fault.code.to_string())
        .collect();
    assert_eq!(told, ["duplicate-check", "check-cadence"]);
}

/// A day of twenty checks: each moment is kept, and the places are spread.
#[tokio::test(start_paused = true)]
async fn a_day_passes_without_drift_or_omission() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(100_000 * SECOND);
    let check = FakeCheck::new(fine);
    let checks = (0..20).fold(CheckSet::new(), |checks, number| {
        checks.add(format!("check{number}"), check.on(format!("host{}", number % 7)))
    });
    let settings = MonitorSettings::new(Cadence::every(60 * SECOND)).shards(3);
    let monitor = Monitor::start(&cx, checks, settings).await?;
    cx.sleep(86_400 * SECOND).await?;
    let runs = monitor.stats().runs;
    assert!((20 * 1_440..=20 * 1_441).contains(&runs.offered), "{runs:?}");
    assert_eq!((runs.finished, runs.skipped.late, runs.skipped.overlap), (runs.offered, 0, 0));
    assert!(runs.lateness.quantile(1.0) <= Some(Duration::from_millis(16)), "{runs:?}");
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn a_single_round_runs_each_check_once_whatever_its_interval() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let (quick, other) = (FakeCheck::new(refused), FakeCheck::new(fine));
    let often = CheckSpec::new("quick", quick.clone()).cadence(Cadence::every(SECOND).confirm(2));
    let checks = CheckSet::new().with(often).add("other", other.clone());
    let settings = MonitorSettings::new(every_ten()).start_up(1).shards(1).single_round();
    let monitor = Monitor::start(&cx, checks, settings).await?;
    monitor.round(&cx).await?;
    monitor.probe_now("quick")?;
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!((quick.runs(), other.runs()), (1, 1));
    let state = |id: &str| monitor.get(id).map(|snapshot| snapshot.state);
    assert_eq!((state("quick"), state("other")), (Some(State::Suspect), Some(State::Up)));
    monitor.shutdown(&cx).await
}

/// What was sure before a restart is sure after it: nobody waits for an answer that will not be news.
#[tokio::test(start_paused = true)]
async fn what_was_kept_as_sure_is_settled() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let store = Arc::new(MemoryStore::new());
    for _ in 0..2 {
        let checks = CheckSet::new().add("app", FakeCheck::new(refused));
        let settings = MonitorSettings::new(every_ten()).store(store.clone());
        let monitor = Monitor::start(&cx, checks, settings).await?;
        monitor.settled(&cx).await?;
        assert_eq!(monitor.get("app").map(|snapshot| snapshot.state), Some(State::Down));
        assert!(monitor.decides_within() >= 10 * SECOND);
        monitor.shutdown(&cx).await?;
    }
    Ok(())
}

/// A host that takes every connection and says nothing.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl Check for Silent {
    fn kind(&self) -> CheckKind {
        "silent".into()
    }

    fn target(&self) -> Option<&str> {
        Some("hole")
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let ended = cx.run("silent", std::future::pending::<purlin_core::Result<()>>()).await;
        assert!(ended.is_err());
        CheckOutcome::Failed(Failure::new(Phase::FirstByte, Cause::Timeout, "nothing came"))
    }
}

/// Its checks wait for each other, by the limit of runs for one host. That is no illness of the monitor, which would
/// confirm nothing then.
#[tokio::test(start_paused = true)]
async fn a_silent_host_is_down_however_many_of_its_checks_wait_for_their_turn() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(600 * SECOND);
    let all = |checks: CheckSet, number: usize| checks.add(format!("check{number}"), Silent);
    let checks = (0..20).fold(CheckSet::new(), all);
    let monitor = Monitor::start(&cx, checks, Cadence::every(SECOND).confirm(2)).await?;
    monitor.settled(&cx).await?;
    assert!(monitor.snapshot().iter().all(|check| check.state == State::Down));
    let stats = monitor.stats();
    assert!(stats.ill == 0 && stats.runs.skipped.late > 0, "{stats:?}");
    Ok(())
}
