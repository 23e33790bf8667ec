//! What a call through purlin-core costs when there is nothing to wait for.

use purlin_benches::{Measured, nanoseconds_each};
use purlin_core::policy::Rate;
use purlin_core::{Cx, Endpoint, Policy, Result};
use std::hint::black_box;
use std::pin::Pin;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const OPERATIONS: u32 = 200_000;

type Boxed = Pin<Box<dyn Future<Output = Result<u64>> + Send>>;

fn ready() -> Boxed {
    Box::pin(async { Ok(black_box(7)) })
}

fn main() -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    cx_run(&runtime);
    policy_run(&runtime);
    Ok(())
}

fn each<F: Future>(runtime: &Runtime, mut operation: impl FnMut() -> F) -> f64 {
    nanoseconds_each(OPERATIONS, || {
        runtime.block_on(async {
            for _ in 0..OPERATIONS {
                let _ = black_box(operation().await);
            }
        });
    })
}

fn cx_run(runtime: &Runtime) {
    let cx = Cx::background().with_timeout(Duration::from_secs(3600));
    let mut peer = || {
        each(runtime, || tokio::time::timeout(Duration::from_secs(3600), async { Ok::<_, ()>(black_box(7)) }))
    };
    Measured::new("core.cx_run", "`Cx::run` with a deadline around a ready future", "ns")
        .goal(150.0)
        .peer("tokio::time::timeout")
        .run(|| each(runtime, || cx.run("bench.call", async { Ok(black_box(7)) })), Some(&mut peer));
}

fn policy_run(runtime: &Runtime) {
    let cx = Cx::background().with_timeout(Duration::from_secs(3600));
    let Ok(endpoint) = Endpoint::new("db1.lon", 3306) else { return };
    let standard = Policy::standard().at(&endpoint);
    let mut peer = || {
        each(runtime, || {
            let retry = backon::ExponentialBuilder::default().with_jitter().with_max_times(3);
            backon::Retryable::retry(|| tokio::time::timeout(Duration::from_secs(10), ready()), retry)
        })
    };
    Measured::new(
        "core.policy_run",
        "`Policy::standard` (attempt timeout, retry, breaker) around a boxed ready future",
        "ns",
    )
    .goal(1000.0)
    .peer("backon around tokio::time::timeout: retry and timeout, no breaker, no budget")
    .run(|| each(runtime, || standard.run(&cx, |_| ready())), Some(&mut peer));

    let full =
        Policy::standard().concurrency(64).rate(Rate::per_second(u32::MAX).burst(u32::MAX)).at(&endpoint);
    Measured::new(
        "core.policy_run_full",
        "the same with a concurrency limit and a rate limit that never waits",
        "ns",
    )
    .goal(1000.0)
    .peer("a bare loop over the same boxed ready future: the physical limit")
    .run(|| each(runtime, || full.run(&cx, |_| ready())), Some(&mut || each(runtime, ready)));
}
