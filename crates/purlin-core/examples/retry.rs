//! A flaky call cured by a retry, and a dead one that fails with its true cause.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_core::policy::Breaker;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Policy, Result, Retry};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(5));
    let policy = Policy::new()
        .attempt_timeout(Duration::from_secs(1))
        .retry(Retry::new(3).base(Duration::from_millis(20)))
        .breaker(Breaker::new(5));

    let flaky = policy.at(&Endpoint::new("web01.lon", 8080)?);
    let calls = AtomicU32::new(0);
    let answer = flaky.run(&cx, |_cx| async { answer_of_the_third(&calls) }).await?;
    println!("web01.lon answered {answer:?} on attempt {}", calls.load(Ordering::Relaxed));
    assert_eq!((answer, calls.load(Ordering::Relaxed)), ("200 OK", 3));

    let dead = policy.at(&Endpoint::new("web02.lon", 8080)?);
    let error = dead.run(&cx, |_cx| async { nobody_listens() }).await.err();
    println!("{}", error.as_ref().map(|error| format!("{error:#}")).unwrap_or_default());
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Refused), "the cause, not the retries");
    println!("{:?}", policy.stats());
    Ok(())
}

fn answer_of_the_third(calls: &AtomicU32) -> Result<&'static str> {
    match calls.fetch_add(1, Ordering::Relaxed) + 1 {
        1 => Err(Error::new(ErrorKind::Refused, "connection refused").with_operation("http.get")),
        2 => Err(Error::new(ErrorKind::Unavailable, "the server is starting")
            .with_operation("http.get")
            .with_outcome(purlin_core::Outcome::NotSent)),
        _ => Ok("200 OK"),
    }
}

fn nobody_listens() -> Result<()> {
    Err(Error::new(ErrorKind::Refused, "connection refused").with_operation("http.get"))
}
