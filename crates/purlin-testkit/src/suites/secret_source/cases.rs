//! The cases.

use super::{SecretCapability, SecretHarness};
use crate::suites::{Finding, ensure};
use crate::{Canary, Capture, Leaks, count};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, Secret, SimClock};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// How often the leak case goes round, at least: enough that one leak a round is far from chance.
const ROUNDS: u32 = 10;
const LONG_ROUNDS: u32 = 100;

/// The limit of a call to a source that hangs, odd enough to be nobody else's, and as errors write it.
const LIMIT: Duration = Duration::from_secs(7);
const LIMIT_WORD: &str = "7s";

type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Secret<String>>> + Send + 'a>>;

pub(super) async fn yields_the_secret_each_time(harness: &dyn SecretHarness) -> Finding {
    let canary = harness.canary();
    let source = harness.source(canary.expose()).map_err(told)?;
    for round in 1..=2 {
        let secret = source.resolve(&Cx::background()).await.map_err(told)?;
        ensure(secret.expose() == canary.expose(), format!("another secret came in round {round}"))?;
    }
    Ok(())
}

pub(super) async fn serves_several_callers(harness: &dyn SecretHarness) -> Finding {
    let canary = harness.canary();
    let source = harness.source(canary.expose()).map_err(told)?;
    let (first, second) = (Cx::background(), Cx::background());
    let (mut first, mut second) = (source.resolve(&first), source.resolve(&second));
    // Both have begun before one is waited for.
    let begun = [poll_once(&mut first).await, poll_once(&mut second).await];
    for (answer, resolving) in begun.into_iter().zip([first, second]) {
        let secret = match answer {
            Some(answer) => answer,
            None => resolving.await,
        };
        ensure(secret.map_err(told)?.expose() == canary.expose(), "a caller got another secret")?;
    }
    Ok(())
}

pub(super) async fn takes_up_a_rotated_secret(harness: &dyn SecretHarness) -> Finding {
    let (old, new) = (Canary::new(), Canary::new());
    let source = harness.source(old.expose()).map_err(told)?;
    let before = source.resolve(&Cx::background()).await.map_err(told)?;
    harness.rotate(new.expose()).map_err(told)?;
    let after = source.resolve(&Cx::background()).await.map_err(told)?;
    ensure(before.expose() == old.expose(), "another secret came before the rotation")?;
    ensure(after.expose() != old.expose(), "the old secret came after the rotation")?;
    ensure(after.expose() == new.expose(), "neither the old nor the new secret came")
}

pub(super) async fn names_itself_when_broken(harness: &dyn SecretHarness) -> Finding {
    let broken = harness.broken(harness.canary().expose()).map_err(told)?;
    let Err(error) = broken.source.resolve(&Cx::background()).await else {
        return Err("a broken source yielded a secret".to_owned());
    };
    let text = format!("{error:#}");
    ensure(text.contains(&broken.named), format!("{:?} is not named in: {text}", broken.named))?;
    ensure(error.operation().is_some(), format!("no operation is named in: {text}"))?;
    ensure(error.kind() != ErrorKind::Internal, format!("no fault of the program: {text}"))?;
    ensure(error.outcome() == Outcome::NotSent, format!("nothing was sent, yet {:?}", error.outcome()))
}

/// On a simulated clock, so the suite's watchdog cannot be what ends it; that the error tells the call's limit shows
/// that it was no limit of the source's own.
pub(super) async fn ends_at_the_deadline(harness: &dyn SecretHarness) -> Finding {
    let source = harness.hanging().map_err(told)?;
    let clock = SimClock::new();
    let cx = Cx::background().with_clock(clock.clone()).with_timeout(LIMIT);
    let mut resolving = source.resolve(&cx);
    ensure(poll_once(&mut resolving).await.is_none(), "it did not hang")?;
    clock.advance(LIMIT / 2);
    ensure(poll_once(&mut resolving).await.is_none(), "it ended before the deadline")?;
    clock.advance(LIMIT / 2);
    let ended = resolving.await;
    harness.release();
    let error = expect_kind(ended, ErrorKind::Timeout)?;
    let text = told(error);
    ensure(text.contains(LIMIT_WORD), format!("no limit of {LIMIT_WORD}, the call's, is named in: {text}"))
}

pub(super) async fn ends_when_cancelled(harness: &dyn SecretHarness) -> Finding {
    let source = harness.hanging().map_err(told)?;
    let (cx, canceller) = Cx::background().with_clock(SimClock::new()).cancellable();
    let mut resolving = source.resolve(&cx);
    ensure(poll_once(&mut resolving).await.is_none(), "it did not hang")?;
    canceller.cancel();
    let ended = resolving.await;
    harness.release();
    expect_kind(ended, ErrorKind::Cancelled).map(drop)
}

pub(super) async fn never_shows_the_secret(harness: &dyn SecretHarness) -> Finding {
    let canary = harness.canary();
    let capture = Capture::start();
    let source = harness.source(canary.expose()).map_err(told)?;
    let secret = source.resolve(&Cx::background()).await.map_err(told)?;
    let mut shown = vec![format!("{source:?}"), format!("{secret:?}")];
    if can(harness, SecretCapability::Breaks) {
        let broken = harness.broken(canary.expose()).map_err(told)?;
        shown.push(format!("{:?}", broken.source));
        if let Err(error) = broken.source.resolve(&Cx::background()).await {
            shown.push(format!("{error} {error:#} {error:?}"));
        }
    }
    shown.push(capture.text());
    let found = shown.iter().find_map(|text| canary.find(text));
    ensure(found.is_none(), format!("the secret is shown, {}", found.unwrap_or_default()))
}

pub(super) async fn leaves_nothing_behind(harness: &dyn SecretHarness) -> Finding {
    // What is made once and kept is made here.
    every_way(harness).await?;
    let leaks = Leaks::start().map_err(told)?;
    for _ in 0..count(ROUNDS, LONG_ROUNDS) {
        every_way(harness).await?;
    }
    leaks.check().map_err(told)
}

/// Ends a source in all the ways in which it can end.
async fn every_way(harness: &dyn SecretHarness) -> Finding {
    let canary = harness.canary();
    let source = harness.source(canary.expose()).map_err(told)?;
    source.resolve(&Cx::background()).await.map_err(told)?;
    // The call may end before anything has begun.
    drop(source.resolve(&Cx::background()));
    if can(harness, SecretCapability::Breaks) {
        let broken = harness.broken(canary.expose()).map_err(told)?;
        let failed = broken.source.resolve(&Cx::background()).await;
        ensure(failed.is_err(), "a broken source yielded a secret")?;
    }
    if can(harness, SecretCapability::Hangs) {
        ends_at_the_deadline(harness).await?;
        ends_when_cancelled(harness).await?;
        let hanging = harness.hanging().map_err(told)?;
        let cx = Cx::background();
        let mut dropped = hanging.resolve(&cx);
        ensure(poll_once(&mut dropped).await.is_none(), "it did not hang")?;
        drop(dropped);
        harness.release();
    }
    Ok(())
}

fn can(harness: &dyn SecretHarness, capability: SecretCapability) -> bool {
    harness.capabilities().contains(&capability)
}

fn expect_kind(ended: Result<Secret<String>>, kind: ErrorKind) -> std::result::Result<Error, String> {
    match ended {
        Ok(_) => Err("it yielded a secret after all".to_owned()),
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(format!("{kind} was expected, {error:?} came")),
    }
}

/// What it says now; none while it waits.
async fn poll_once(resolving: &mut Resolving<'_>) -> Option<Result<Secret<String>>> {
    poll_fn(|context| {
        Poll::Ready(match resolving.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

fn told(error: Error) -> String {
    format!("{error:#}")
}
