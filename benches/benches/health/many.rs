//! 100,000 checks in one process.

use crate::ours::cx;
use crate::{once, runtime};
use async_trait::async_trait;
use purlin_benches::{Measured, cpu_time};
use purlin_core::{Cx, Endpoint, SimClock};
use purlin_health::checks::Tcp;
use purlin_health::{
    Cadence, Check, CheckKind, CheckOutcome, CheckSet, Evidence, Monitor, MonitorSettings, Status,
};
use purlin_testkit::NginxSettings;
use std::hint::black_box;
use std::io::{Error, Result};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::task::yield_now;

const MANY: usize = 100_000;
const REAL: usize = 2_000;
const INTERVAL: Duration = Duration::from_secs(10);
/// What a child of this program is asked for.
const ASKED: &str = "--many=";

/// A probe that costs nothing.
#[derive(Debug)]
struct NoOp;

#[async_trait]
impl Check for NoOp {
    fn kind(&self) -> CheckKind {
        CheckKind::from("noop")
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        CheckOutcome::Answered(Evidence::new(Status::Ok, "fine"))
    }
}

fn no_ops(checks: usize) -> CheckSet {
    (0..checks).fold(CheckSet::new(), |set, number| {
        set.add(format!("host{:05}.lon/{}", number / 10, number % 10), NoOp)
    })
}

fn settings(interval: Duration) -> MonitorSettings {
    MonitorSettings::new(Cadence::every(interval)).start_up(1_000_000).per_host(64)
}

pub(crate) fn run() -> Result<()> {
    memory();
    load()?;
    openmetrics()?;
    overload()
}

fn memory() {
    let what = "resident memory that one of 100,000 checks takes, name, state and 64 results included";
    let bytes = Measured::new("health.bytes_100k", what, "bytes").goal(700.0).rounds(1);
    bytes.run(|| ask("bytes").map_or(f64::NAN, |told| told[0]), None);
}

fn load() -> Result<()> {
    let what = "from the declaration to the first result of the last of 100,000 checks, on the wall clock";
    let start = Measured::new("health.start_100k", what, "s").goal(5.0);
    let what = "runs that 100,000 checks at 10 s beside 2,000 real ones left out in 20 s";
    let omitted = Measured::new("health.omitted_100k", what, "%").goal(0.5);
    let what = "highest resident memory of the process that does so";
    let memory = Measured::new("health.memory_100k", what, "MiB").goal(100.0);
    let all = [start, omitted, memory];
    if !all.iter().any(Measured::is_wanted) {
        return Ok(());
    }
    let Some(nginx) = NginxSettings::new().start().map_err(Error::other)? else { return Ok(()) };
    let told = ask(&format!("load {}", nginx.http()));
    for (measured, which) in all.into_iter().zip(0..) {
        measured.rounds(1).run(|| told.as_ref().map_or(f64::NAN, |told| told[which]), None);
    }
    Ok(())
}

fn openmetrics() -> Result<()> {
    let what = "the OpenMetrics text of 100,000 checks";
    let measured = Measured::new("health.openmetrics_100k", what, "ms").goal(150.0).rounds(7);
    if !measured.is_wanted() {
        return Ok(());
    }
    runtime()?.block_on(async {
        let monitor = Monitor::start(&cx(), no_ops(MANY), settings(INTERVAL)).await.map_err(Error::other)?;
        monitor.settled(&cx()).await.map_err(Error::other)?;
        let ours = || {
            let begun = cpu_time();
            let text = black_box(monitor.openmetrics());
            let spent = (cpu_time() - begun).as_secs_f64() * 1e3;
            if text.lines().count() > 4 * MANY { spent } else { f64::NAN }
        };
        measured.run(ours, None);
        monitor.shutdown(&cx()).await.map_err(Error::other)
    })
}

/// Ten times more than can be done is due.
fn overload() -> Result<()> {
    let what = "CPU for each finished run of a no-op check while far more are due than can run";
    let measured = Measured::new("health.overload", what, "us").goal_ratio(1.2).rounds(1);
    let measured = measured.peer("the same checks where the monitor keeps up");
    if !measured.is_wanted() {
        return Ok(());
    }
    let mut peer = once(|| busy(INTERVAL, false));
    measured.run(|| busy(Duration::from_millis(50), true), Some(&mut peer));
    Ok(())
}

/// Microseconds of CPU for each finished run, over five seconds.
fn busy(interval: Duration, omits: bool) -> f64 {
    let runtime = runtime().expect("a runtime");
    runtime.block_on(async {
        let monitor =
            Monitor::start(&cx(), no_ops(MANY), settings(interval)).await.expect("checks that start");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (before, begun) = (monitor.stats().runs, cpu_time());
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (spent, after) = (cpu_time() - begun, monitor.stats().runs);
        drop(monitor);
        let runs = after.finished - before.finished;
        // What is left out is told, and only where something is.
        if (after.skipped.late > before.skipped.late) == omits {
            spent.as_secs_f64() * 1e6 / runs as f64
        } else {
            f64::NAN
        }
    })
}

pub(crate) fn asked() -> Option<String> {
    std::env::args().find_map(|word| word.strip_prefix(ASKED).map(str::to_owned))
}

/// What a child of this program says to that.
fn ask(kind: &str) -> Option<Vec<f64>> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program).arg(format!("{ASKED}{kind}")).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let told: Option<Vec<f64>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
    told.filter(|told| !told.is_empty())
}

#[expect(clippy::print_stdout, reason = "the answer of a child to the bench")]
pub(crate) fn child(kind: &str) -> Result<()> {
    let told = match kind.split_once(' ') {
        Some((_, address)) => runtime()?.block_on(loaded(address))?,
        None => vec![runtime()?.block_on(bytes_each())?],
    };
    told.iter().for_each(|figure| println!("{figure}"));
    Ok(())
}

/// On a clock that jumps, until each check has 64 results.
async fn bytes_each() -> Result<f64> {
    // The program's own pages are not the checks'.
    let (clock, before) = (SimClock::new(), resident("RssAnon:")?);
    let settings = MonitorSettings::new(Cadence::every(INTERVAL)).clock(clock.clone());
    let monitor = Monitor::start(&cx(), no_ops(MANY), settings).await.map_err(Error::other)?;
    // As it is on a real clock: one tick of the scheduler.
    let step = Duration::from_millis(10);
    for _ in 0..65 * INTERVAL.as_millis() / step.as_millis() {
        clock.advance(step);
        // The first turns wake the schedulers, the others run what is due.
        for turn in 0.. {
            let stats = monitor.stats();
            if turn > 3 && stats.running + stats.waiting == 0 {
                break;
            }
            yield_now().await;
        }
    }
    let has_all = |number: usize| {
        let id = format!("host{:05}.lon/{}", number / 10, number % 10);
        monitor.history(&id).is_some_and(|past| past.len() == 64)
    };
    let is_full = (0..MANY).step_by(997).all(has_all);
    let after = resident("RssAnon:")?;
    drop(monitor);
    Ok(if is_full { (after - before) * 1024.0 / MANY as f64 } else { f64::NAN })
}

/// Seconds to the last first result, percent of runs left out, MiB.
#[expect(clippy::disallowed_methods, reason = "how long a start takes is told by the wall clock")]
async fn loaded(address: &str) -> Result<Vec<f64>> {
    let endpoint = Endpoint::parse(address, None).map_err(Error::other)?;
    let begun = std::time::Instant::now();
    let real = |number| format!("real{number:04}/tcp");
    let set = (0..REAL).fold(no_ops(MANY), |set, number| set.add(real(number), Tcp::at(endpoint.clone())));
    let monitor = Monitor::start(&cx(), set, settings(INTERVAL)).await.map_err(Error::other)?;
    monitor.settled(&cx()).await.map_err(Error::other)?;
    let started = begun.elapsed();
    // The first round came at once; from the second on each check is at its own place.
    tokio::time::sleep(INTERVAL).await;
    let before = monitor.stats().runs;
    tokio::time::sleep(2 * INTERVAL).await;
    let (after, running) = (monitor.stats().runs, monitor.stats().running);
    let offered = after.offered - before.offered;
    let finished = after.finished - before.finished + running as u64;
    let expected = 2 * (MANY + REAL) as u64;
    let is_all_due = offered * 100 > expected * 98 && monitor.snapshot().iter().all(|check| check.is_up());
    let omitted = offered.saturating_sub(finished) as f64 * 100.0 / offered as f64;
    let memory = resident("VmHWM:")? / 1024.0;
    drop(monitor);
    Ok(vec![started.as_secs_f64(), if is_all_due { omitted } else { f64::NAN }, memory])
}

/// proc(5): resident sets, in KiB.
fn resident(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    number.ok_or_else(|| Error::other("no memory in /proc"))
}
