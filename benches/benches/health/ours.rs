//! A monitor at work.

use crate::runtime;
use purlin_benches::cpu_time;
use purlin_core::Cx;
use purlin_health::{Cadence, Check, CheckSet, CheckSpec, Monitor, MonitorSettings, State};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// How long it is watched, after the first runs.
const WATCHED: Duration = Duration::from_millis(1500);
/// What a scraper fetches meanwhile.
const SCRAPES: u32 = 3;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(600))
}

/// Milliseconds of CPU of this process for each run of so many checks, all of which must be well.
pub(crate) fn each_run(checks: usize, interval: Duration, make: impl Fn() -> Arc<dyn Check>) -> f64 {
    let runtime = runtime().expect("a runtime");
    runtime.block_on(async {
        let set = (0..checks).fold(CheckSet::new(), |set, number| {
            set.with(CheckSpec::shared(format!("host{:04}.lon/{number}", number / 10), make()))
        });
        let settings = MonitorSettings::new(Cadence::every(interval).confirm(5)).shards(1);
        let settings = settings.start_up(1_000_000).per_host(64).at_once(64);
        let monitor = Monitor::start(&cx(), set, settings).await.expect("checks that start");
        monitor.settled(&cx()).await.expect("checks that end");
        let (before, begun) = (monitor.stats().runs.finished, cpu_time());
        for _ in 0..SCRAPES {
            tokio::time::sleep(WATCHED / SCRAPES).await;
            black_box(monitor.openmetrics().len());
        }
        let (spent, runs) = (cpu_time() - begun, monitor.stats().runs.finished - before);
        // A machine with other work may let one run in thousands wait for too long.
        let all_are_up = monitor.snapshot().iter().all(|check| check.state != State::Down);
        monitor.shutdown(&cx()).await.expect("an end");
        let offered = checks as f64 * WATCHED.as_secs_f64() / interval.as_secs_f64();
        let enough = runs as f64 > offered / 2.0;
        if all_are_up && enough { spent.as_secs_f64() * 1e3 / runs as f64 } else { f64::NAN }
    })
}
